"""The list of the account's templates, in pages, as a client asks for it. Owns no approvals: those are the script's, and
the news'.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management;
https://developers.facebook.com/docs/graph-api/results for the pages.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal
from workers.simulator.meta.access import fault_at_account
from workers.simulator.meta.codes import PARAMETER, refusal, refused
from workers.simulator.meta.fields import Kind, asked_for, selected
from workers.simulator.provider import Answer, Arrival, Desk, json_answer
from workers.simulator.script import Script, Template, TemplateButton, TemplateHeader

Json = dict[str, object]

KIND = Kind(
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
PAGE, MOST = 25, 1_000
RATED_AT_S = 1_767_225_600  # a script does not say when
FILTERS: Mapping[str, Callable[[Mapping[str, object], str], bool]] = {
    "name": lambda node, wanted: wanted in str(node["name"]),
    "language": lambda node, wanted: node["language"] in wanted.split(","),
    "status": lambda node, wanted: node["status"] in wanted.split(","),
    "category": lambda node, wanted: node["category"] in wanted.split(","),
}
PARAMETERS = frozenset({"fields", "limit", "after", "before", "summary", *FILTERS})


def show_list(arrival: Arrival, desk: Desk) -> Answer:
    trouble = fault_at_account(arrival, desk.script)
    if trouble is not None:
        return refused(trouble)
    asked, limit = asked_for(arrival, KIND), _limit(arrival)
    if isinstance(asked, Refusal):
        return refused(asked)
    start = _start(arrival)
    if limit is None or start is None or not arrival.query.keys() <= PARAMETERS:
        return refused(refusal(PARAMETER, "Invalid parameter"))
    found = [node for node in nodes(desk) if _is_wanted(node, arrival.query)]
    page = [selected(node, asked) for node in found[start : start + limit]]
    summary = {"summary": _summary(desk, len(found))} if "summary" in arrival.query else {}
    return json_answer(200, {"data": page, **_paging(arrival, start, limit, len(found)), **summary})


def _summary(desk: Desk, total: int) -> Json:
    return {
        "total_count": total,
        "message_template_count": sum(1 for _ in nodes(desk)),
        "message_template_limit": 250,
        "are_translations_complete": False,
    }


def find(desk: Desk, template_id: str) -> Mapping[str, object] | None:
    return next((node for node in nodes(desk) if node["id"] == template_id), None)


def id_of(name: str, language: str) -> str:
    """The same in a list and in news."""
    digest = hashlib.blake2b(f"{name}\0{language}".encode(), digest_size=6).digest()
    return str(int.from_bytes(digest) + 10**15)


def standing(script: Script, memory: Memory, name: str, language: str) -> str | None:
    """What a template is by now; None where there is none."""
    template = script.template(name, language)
    return None if template is None else memory.approvals.get((name, language), template.status)


def nodes(desk: Desk) -> Iterator[Mapping[str, object]]:
    """In the script's order. What was never submitted is nowhere."""
    for key, template in desk.script.catalogue.items():
        if template.status != "unsubmitted":
            yield _node(key, template, desk)


def _node(key: str, template: Template, desk: Desk) -> Mapping[str, object]:
    name = template.name or key
    status = (standing(desk.script, desk.memory, name, template.language) or template.status).upper()
    return {
        "id": id_of(name, template.language),
        "name": name,
        "language": template.language,
        "status": "PENDING" if status == "RECEIVED" else status,
        "category": template.category.upper(),
        "parameter_format": "POSITIONAL" if is_positional(template.names) else "NAMED",
        "components": list(_components(template)),
        "quality_score": {"score": template.quality.upper(), "date": RATED_AT_S},
        "rejected_reason": "INVALID_FORMAT" if status == "REJECTED" else "NONE",
    }


def _components(template: Template) -> Iterator[Json]:
    """With examples wherever something is to be filled, as they were submitted."""
    if template.header is not None:
        yield {"type": "HEADER", "format": template.header.format.upper(), **_header(template.header)}
    yield {"type": "BODY", "text": template.body, **_examples("body_text", template.names)}
    if template.footer:
        yield {"type": "FOOTER", "text": template.footer}
    if template.buttons:
        yield {"type": "BUTTONS", "buttons": [_button(button) for button in template.buttons]}


def _header(header: TemplateHeader) -> Json:
    if header.format == "text":
        return {"text": header.text, **_examples("header_text", header.names)}
    return {"example": {"header_handle": ["https://example.com/sample"]}}


def _examples(place: str, names: Sequence[str]) -> Json:
    """Quirk(meta): those of a body are a list in a list, those of a header are not."""
    if not names:
        return {}
    if not is_positional(names):
        samples = [{"param_name": name, "example": f"sample {name}"} for name in names]
        return {"example": {f"{place}_named_params": samples}}
    values = [f"sample {name}" for name in names]
    return {"example": {place: [values] if place == "body_text" else values}}


def is_positional(names: Sequence[str]) -> bool:
    return all(name.isdecimal() for name in names)


def _button(button: TemplateButton) -> Json:
    """Assumed: whom a button calls, which no script says."""
    match button.type:
        case "url":
            example = {"example": ["https://example.com/sample"]} if button.is_filled else {}
            more: Json = {"url": button.url, **example}
        case "phone_number":
            more = {"phone_number": "+14155550199"}
        case "copy_code":
            more = {"example": ["250FF"]}
        case "quick_reply":
            more = {}
    return {"type": button.type.upper(), "text": button.text, **more}


def _is_wanted(node: Mapping[str, object], query: Mapping[str, str]) -> bool:
    return all(fits(node, query[name]) for name, fits in FILTERS.items() if name in query)


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _limit(arrival: Arrival) -> int | None:
    text = arrival.query.get("limit", str(PAGE))
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) <= MOST else None


def _start(arrival: Arrival) -> int | None:
    """Where the page before ended."""
    try:
        return int(base64.b64decode(arrival.query["after"], validate=True)) if "after" in arrival.query else 0
    except ValueError:
        return None


def _cursor(place: int) -> str:
    return base64.b64encode(str(place).encode()).decode()


def _paging(arrival: Arrival, start: int, limit: int, total: int) -> Json:
    """Quirk(meta): a page's last cursor is there even where nothing follows; `next` alone says that something does."""
    end = min(start + limit, total)
    if start >= end:
        return {}
    cursors = {"before": _cursor(start), "after": _cursor(end)}
    if end == total:
        return {"paging": {"cursors": cursors}}
    query = urlencode({**arrival.query, "limit": limit, "after": cursors["after"]})
    path = f"{arrival.path['version']}/{arrival.path['node']}/message_templates"
    return {"paging": {"cursors": cursors, "next": f"http://{arrival.headers.get('Host', '')}/{path}?{query}"}}
