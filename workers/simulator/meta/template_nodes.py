"""A template as a node of the Graph: id, status, components. Owns no approvals: the script has them, and news change them.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from workers.simulator.dialect import LookupContext
from workers.simulator.memory import Memory
from workers.simulator.meta.fields import NodeType
from workers.simulator.script import Script
from workers.simulator.template_catalogue import Template, TemplateButton, TemplateHeader

Json = dict[str, object]

TEMPLATE = NodeType(
    "WhatsAppMessageTemplate",
    ("name", "parameter_format", "components", "language", "status", "category", "id"),
    frozenset(
        {
            "quality_score", "rejected_reason", "previous_category", "correct_category", "sub_category",
            "library_template_name", "message_send_ttl_seconds", "cta_url_link_tracking_opted_out",
            "degrees_of_freedom_spec", "last_updated_time",
        }
    ),
)  # fmt: skip
RATED_AT_S = 1_767_225_600  # a script has no instant


def make_template_id(name: str, language: str) -> str:
    """The same in lists and in news."""
    digest = hashlib.blake2b(f"{name}\0{language}".encode(), digest_size=6).digest()
    return str(int.from_bytes(digest) + 10**15)


def find_status(script: Script, memory: Memory, name: str, language: str) -> str | None:
    """A template's status now; None for an unknown template."""
    template = script.find_template(name, language)
    return None if template is None else memory.template_statuses.get((name, language), template.status)


def find_template_node(context: LookupContext, template_id: str) -> Mapping[str, object] | None:
    return next((node for node in iterate_template_nodes(context) if node["id"] == template_id), None)


def iterate_template_nodes(context: LookupContext) -> Iterator[Mapping[str, object]]:
    """In the script's order, without templates that were never submitted."""
    for key, template in context.script.catalogue.items():
        if template.status != "unsubmitted":
            yield _build_node(key, template, context)


def is_positional(names: Sequence[str]) -> bool:
    return all(name.isdecimal() for name in names)


def _build_node(key: str, template: Template, context: LookupContext) -> Mapping[str, object]:
    name = template.name or key
    status = (find_status(context.script, context.memory, name, template.language) or template.status).upper()
    return {
        "id": make_template_id(name, template.language),
        "name": name,
        "language": template.language,
        "status": "PENDING" if status == "RECEIVED" else status,
        "category": template.category.upper(),
        "parameter_format": "POSITIONAL" if is_positional(template.names) else "NAMED",
        "components": list(_iterate_components(template)),
        "quality_score": {"score": template.quality.upper(), "date": RATED_AT_S},
        "rejected_reason": "INVALID_FORMAT" if status == "REJECTED" else "NONE",
    }


def _iterate_components(template: Template) -> Iterator[Json]:
    """Each placeholder with its example, as it was submitted."""
    if template.header is not None:
        yield {"type": "HEADER", "format": template.header.format.upper(), **_build_header(template.header)}
    yield {"type": "BODY", "text": template.body, **_build_examples("body_text", template.names)}
    if template.footer:
        yield {"type": "FOOTER", "text": template.footer}
    if template.limited_time_offer:
        yield {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Expiring offer!", "has_expiration": True}}
    if template.call_permission:
        yield {"type": "CALL_PERMISSION_REQUEST"}
    if template.carousel:
        yield {"type": "CAROUSEL", "cards": [{"components": [{"type": "HEADER", "format": "IMAGE"}]}]}
    if template.buttons:
        yield {"type": "BUTTONS", "buttons": [_build_button(button) for button in template.buttons]}


def _build_header(header: TemplateHeader) -> Json:
    if header.format == "text":
        return {"text": header.text, **_build_examples("header_text", header.names)}
    if header.format == "location":
        return {}
    return {"example": {"header_handle": ["https://example.com/sample"]}}


# Quirk(meta) examples-in-a-list-of-lists: those of a body, not those of a header (page "components", 2026-11)
def _build_examples(place: str, names: Sequence[str]) -> Json:
    if not names:
        return {}
    if not is_positional(names):
        samples = [{"param_name": name, "example": f"sample {name}"} for name in names]
        return {"example": {f"{place}_named_params": samples}}
    values = [f"sample {name}" for name in names]
    return {"example": {place: [values] if place == "body_text" else values}}


def _build_button(button: TemplateButton) -> Json:
    """Assumed: the phone number of a calling button, which a script does not have."""
    match button.type:
        case "url":
            example = {"example": ["https://example.com/sample"]} if button.is_filled else {}
            fields: Json = {"url": button.url, **example}
        case "phone_number":
            fields = {"phone_number": "+14155550199"}
        case "copy_code":
            fields = {"example": ["250FF"]}
        case "otp":
            # Quirk(meta) otp-as-url: the list shows a button for a one-time code as a link (in no document, 2026-11)
            link = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"
            return {"type": "URL", "text": button.text, "url": link, "example": [link]}
        case "flow":
            fields = {"flow_id": "100000000000009", "flow_action": "navigate", "navigate_screen": "START"}
        case "quick_reply" | "catalog" | "mpm":
            fields = {}
    return {"type": button.type.upper(), "text": button.text, **fields}
