"""Meta's list of templates. Owns no schedule and no store.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/… (components, template
management).
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.placeholders import PLACEHOLDER
from shared.providers.account import Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.meta.account import build_query
from shared.providers.meta.codes import judge
from shared.providers.meta.template_updates import CATEGORIES, NO_REASON, QUALITIES, STATUSES
from shared.providers.meta.wire.answers import Component, TemplateButton, TemplateList, TemplateResource
from shared.providers.meta.wire.values import parse_word
from shared.providers.templates import (
    CALL_PERMISSION,
    CAROUSEL,
    CATALOG,
    FLOW,
    NO_BODY,
    OFFER,
    STRICTEST,
    UNREADABLE,
    ListedButton,
    ListedTemplate,
    TemplatePage,
    digest_texts,
    name_unknown_part,
)
from shared.providers.wire import parse_json

PAGE_SIZE: Final = 100  # a template is a few KB, and the transport reads one MiB
FIELDS: Final = "id,name,language,status,category,quality_score,components,rejected_reason"
BUTTONS: Final[Mapping[str, str]] = MappingProxyType({"PHONE_NUMBER": "phone"})
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {"TEXT": "text", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document", "LOCATION": "location"}
)
COMPONENTS: Final = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
# A message without their values is refused (132012, 131008, 131009), so a template with one of them is not sent at all.
UNFILLABLE_COMPONENTS: Final[Mapping[str, str]] = MappingProxyType(
    {"CAROUSEL": CAROUSEL, "LIMITED_TIME_OFFER": OFFER, "CALL_PERMISSION_REQUEST": CALL_PERMISSION}
)
FILLABLE_BUTTONS: Final = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP", "VOICE_CALL"})
UNFILLABLE_BUTTONS: Final[Mapping[str, str]] = MappingProxyType(
    {"FLOW": FLOW, "CATALOG": CATALOG, "MPM": CATALOG, "SPM": CATALOG}
)
TAKING_BUTTONS: Final = frozenset({"QUICK_REPLY", "COPY_CODE"})
# Quirk(meta) otp-as-url: the list shows a button for a one-time code as a link of this kind (in no document, 2026-11)
OTP_LINK: Final = "https://www.whatsapp.com/otp/"
# These states are not for quality: the word tells a person what happened.
OUT_OF_USE: Final = frozenset({"ARCHIVED", "PENDING_DELETION", "DELETED"})


def build_page_request(account: Account, after: str | None) -> HttpRequest:
    """after: the cursor at the end of the page before."""
    cursor = {} if after is None else {"after": after}
    return build_query(account, "waba_id", "/message_templates", fields=FIELDS, limit=str(PAGE_SIZE), **cursor)


# Quirk(meta) cursor-behind-the-last: only `next` says that a page follows (page "paging", 2026-11)
def read_page(response: HttpResponse) -> TemplatePage:
    """*Raises*: a leaf of SendError."""
    require_success(response, judge)
    page = parse_json(TemplateList, response.body)
    if page is None or page.data is None:
        raise make_doubt(response, UNREADABLE)
    following = page.paging.cursors.after if page.paging.next else ""
    return TemplatePage(list_templates(page.data), following or None)


def list_templates(found: Sequence[TemplateResource]) -> Sequence[ListedTemplate]:
    """A template without a name or a language is left out."""
    return [_read_template(resource) for resource in found if resource.name and resource.language]


def _read_template(resource: TemplateResource) -> ListedTemplate:
    """The list has the same words for a status as the webhooks; with an unknown one the template waits."""
    parts = {part.type.upper(): part for part in reversed(resource.components)}
    header, buttons = parts.get("HEADER", Component()), parts.get("BUTTONS", Component()).buttons
    kind, status = HEADERS.get(header.format.upper()), resource.status.upper()
    return ListedTemplate(
        name=resource.name,
        language=resource.language,
        provider_id=resource.id or None,
        status=STATUSES.get(status, "pending"),
        category=CATEGORIES.get(resource.category.upper(), STRICTEST),
        body=parts.get("BODY", Component()).text or NO_BODY,
        quality=QUALITIES.get(resource.quality_score.score.upper()),
        header=kind,
        header_text=header.text if kind == "text" else "",
        buttons=tuple(map(_read_button, buttons)),
        reason=_find_reason(parse_word(resource.rejected_reason), status),
        unfillable=tuple(dict.fromkeys(_list_unfillable(resource.components, header, buttons))),
        fixed=digest_texts(parts.get("FOOTER", Component()).text, *(one.url or one.phone_number for one in buttons)),
    )


def _find_reason(rejected: str, status: str) -> str:
    if rejected not in {"", NO_REASON}:
        return rejected
    return status if status in OUT_OF_USE else ""


def _list_unfillable(
    components: Sequence[Component], header: Component, buttons: Sequence[TemplateButton]
) -> Iterator[str]:
    """A kind that we do not know is one of them: a message without its value would be refused for everybody."""
    for kind in [component.type.upper() for component in components]:
        if kind not in COMPONENTS:
            yield UNFILLABLE_COMPONENTS.get(kind) or name_unknown_part(parse_word(kind))
    if header.type and header.format.upper() not in HEADERS:
        yield name_unknown_part(parse_word(header.format.upper()))
    for kind in [button.type.upper() for button in buttons]:
        if kind not in FILLABLE_BUTTONS:
            yield UNFILLABLE_BUTTONS.get(kind) or name_unknown_part(parse_word(kind))


def _read_button(button: TemplateButton) -> ListedButton:
    """A quick reply takes its payload, a URL its end, a coupon its code. A one-time code is the body's."""
    kind = button.type.upper()
    if kind == "OTP" or button.url.startswith(OTP_LINK):
        return ListedButton("otp", button.text)
    takes = kind in TAKING_BUTTONS or (kind == "URL" and PLACEHOLDER.search(button.url) is not None)
    return ListedButton(BUTTONS.get(kind, kind.lower()), button.text, takes)
