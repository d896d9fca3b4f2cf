"""Twilio's list of templates: Content resources with their approvals. Owns no schedule and no store.

Source: github.com/twilio/twilio-oai `spec/json/twilio_content_v1.json` @d50069b4 (ContentAndApprovals), and
https://www.twilio.com/docs/content/content-types-overview for the types.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from structlog.stdlib import BoundLogger, get_logger

from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.placeholders import PLACEHOLDER
from shared.providers.account import Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.templates import (
    CALL_PERMISSION,
    NO_BODY,
    STRICTEST,
    UNREADABLE,
    ListedButton,
    ListedTemplate,
    TemplatePage,
    digest_texts,
    name_unknown_part,
)
from shared.providers.twilio.account import build_headers
from shared.providers.twilio.codes import judge
from shared.providers.twilio.wire import PAGE_SIZE, Approval, Content, Contents
from shared.providers.wire import parse_json

log: BoundLogger = get_logger(__name__)

# Quirk(twilio) unsubmitted-is-empty: an unsubmitted content has empty texts, not nulls (twilio-oai @d50069b4, 2026-11)
STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {word: word for word in ("approved", "pending", "rejected", "paused", "disabled", "unsubmitted", "received")}
)
# Quirk(twilio) transactional-is-utility: WhatsApp's word until 2023 (general knowledge, 2026-11)
CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "": "utility",
        "utility": "utility",
        "transactional": "utility",
        "authentication": "authentication",
        "marketing": "marketing",
    }
)
ONE_TIME_CODE: Final = "{{1}}"  # WhatsApp writes the text around it, and the content does not show it
BUTTONS: Final[Mapping[str, str]] = MappingProxyType({"phone_number": "phone"})
_REASON_CHARACTERS: Final = 200
AUTHENTICATION: Final = "whatsapp/authentication"
# Of a content with several types Twilio sends the first of these that the channel takes (page "content types overview").
TYPES: Final = (
    AUTHENTICATION, "whatsapp/flows", "twilio/flows", "twilio/catalog", "twilio/carousel", "whatsapp/card", "twilio/card",
    "twilio/call-to-action", "twilio/quick-reply", "twilio/media", "twilio/text",
)  # fmt: skip
# WhatsApp approves no template of these types: they are for an open conversation.
IN_SESSION: Final = frozenset({"twilio/list-picker", "twilio/location"})
_TYPE: Final = re.compile(r"[a-z]{1,20}/[a-z-]{1,40}")


def build_page_request(account: Account, after: str | None) -> HttpRequest:
    """after: `next_page_url` of the page before. Only its path counts: credentials go to the configured host alone."""
    path = f"/v1/ContentAndApprovals?PageSize={PAGE_SIZE}"
    if after is not None:
        path = "/" + after.split("://", 1)[-1].partition("/")[2]
    return HttpRequest("GET", account.get_base("content_base") + path, build_headers(account), b"")


def read_page(response: HttpResponse) -> TemplatePage:
    """*Raises*: a leaf of SendError."""
    require_success(response, judge)
    page = parse_json(Contents, response.body)
    if page is None:
        raise make_doubt(response, UNREADABLE)
    return TemplatePage(list_templates(page), page.meta.next_page_url)


def list_templates(page: Contents) -> Sequence[ListedTemplate]:
    """A template that cannot be read is left out, with a word in the log."""
    return [found for one in page.contents if (found := _try_to_read(one)) is not None]


def _try_to_read(one: object) -> ListedTemplate | None:
    """The parser takes values of nearly a thousand levels, and walking through so many exceeds Python's stack."""
    sid = ""
    try:
        content = Content.model_validate(one)
        sid = content.sid
        return _read_template(content)
    except (ValueError, RecursionError) as error:
        log.warning("template_left_out", content=sid, kind=type(error).__name__)
        return None


def _read_template(content: Content) -> ListedTemplate:
    """Never with a header: a content's file is fixed, or a variable of the content like any other."""
    approval = content.approval_requests
    kind = _find_type(content, approval)
    fields = content.types.get(kind)
    parts = fields if isinstance(fields, Mapping) else {}
    actions = [one for one in _read_list(parts.get("actions")) if isinstance(one, Mapping)]
    return ListedTemplate(
        name=approval.name or content.friendly_name or content.sid,
        language=content.language or "en",
        provider_id=content.sid,
        status=STATUSES.get(approval.status, "unsubmitted" if not approval.status else "pending"),
        category=CATEGORIES.get(approval.category.lower(), STRICTEST),
        body=ONE_TIME_CODE if kind == AUTHENTICATION else _read_body(parts),
        buttons=tuple(map(_read_button, actions)),
        reason=approval.rejection_reason[:_REASON_CHARACTERS],
        unfillable=tuple(_list_unfillable(kind, parts, actions)),
        fixed=digest_texts(kind, *_list_texts(parts)),
    )


def _find_type(content: Content, approval: Approval) -> str:
    """The type that is sent: the approval's; without one, the content's richest."""
    if approval.content_type:
        return approval.content_type
    return next((kind for kind in TYPES if kind in content.types), next(iter(content.types), ""))


def _list_unfillable(kind: str, parts: Mapping[str, object], actions: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """All other parts are filled by variables of the content, cards, products and flows included."""
    if not parts and kind:
        yield "an approval for a type that the content does not have"
    elif kind in IN_SESSION:
        yield "a type that opens no conversation"
    elif kind and kind not in TYPES:
        yield name_unknown_part(kind if _TYPE.fullmatch(kind) else "")
    if any(_read_text(action.get("type")).upper() == "VOICE_CALL_REQUEST" for action in actions):
        yield CALL_PERMISSION


def _list_texts(value: object) -> Iterator[str]:
    """Every text of a content, the fields in the order of their names."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _list_texts(one)
        case dict():
            for name in sorted(map(str, value)):
                yield from _list_texts(value.get(name))
        case _:
            return


def _read_body(parts: Mapping[str, object]) -> str:
    """The text, then the placeholders of other parts: at Twilio all are filled alike."""
    text = _read_text(parts.get("body")) or _read_text(parts.get("title"))
    elsewhere = " ".join(_read_text(value) for name, value in parts.items() if name != "body")
    missing = dict.fromkeys(found[0] for found in PLACEHOLDER.finditer(elsewhere) if found[0] not in text)
    return " ".join([text, *missing]).strip() or NO_BODY


def _read_text(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return " ".join(_read_text(one) for one in value)
        case dict():
            return " ".join(_read_text(one) for one in value.values())
        case _:
            return ""


def _read_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _read_button(action: Mapping[str, object]) -> ListedButton:
    kind = _read_text(action.get("type")).lower() or "quick_reply"
    return ListedButton(BUTTONS.get(kind, kind), _read_text(action.get("title")))
