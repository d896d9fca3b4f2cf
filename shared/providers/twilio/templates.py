"""Twilio's templates and what else can be asked without sending. Owns no schedule and no store.

Source: github.com/twilio/twilio-oai `spec/json/twilio_content_v1.json` @d50069b4 (ContentAndApprovals), and
https://www.twilio.com/docs/content/content-types-overview for the types.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from pydantic import Field

from shared.ground.errors import OutcomeUnknown, SendError
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, Finding, ListedButton, ListedTemplate, Probe, TemplatePage
from shared.providers.reading import Part
from shared.providers.twilio import number
from shared.providers.twilio.sending import headers_of, verdict
from shared.providers.twilio.wire import from_json

PAGE_SIZE: Final = 500
STATUSES: Final[Mapping[str, str]] = {
    word: word for word in ("approved", "pending", "rejected", "paused", "disabled", "unsubmitted", "received")
}
# What consent is judged by; an unknown word is judged as the strictest. `transactional` was WhatsApp's word until 2023.
CATEGORIES: Final[Mapping[str, str]] = {
    "utility": "utility", "transactional": "utility", "": "utility", "authentication": "authentication",
    "marketing": "marketing",
}  # fmt: skip
BUTTONS: Final[Mapping[str, str]] = {"phone_number": "phone"}
_PLACEHOLDER = re.compile(r"\{\{\s*[^{}\s]+\s*\}\}")


class Approval(Part):
    name: str = ""
    category: str = ""
    status: str = ""
    rejection_reason: str | None = None


class Content(Part):
    sid: str = Field(pattern="^HX[0-9a-zA-Z]{1,62}$")
    friendly_name: str = ""
    language: str = ""
    types: Mapping[str, object] = {}
    approval_requests: Approval | None = None


class Meta(Part):
    next_page_url: str | None = None


class Contents(Part):
    contents: Sequence[object] = ()
    meta: Meta = Meta()


def templates_request(account: Account, after: str | None) -> HttpRequest:
    """after: `next_page_url` of the page before. Its host is Twilio's own word: we go to where we are configured."""
    path = f"/v1/ContentAndApprovals?PageSize={PAGE_SIZE}"
    if after is not None:
        path = "/" + after.split("://", 1)[-1].partition("/")[2]
    return HttpRequest("GET", account.urls["content_base"].rstrip("/") + path, headers_of(account), b"")


def templates_page(response: HttpResponse) -> TemplatePage:
    """*Raises*: a leaf of SendError."""
    if not response.is_success:
        raise verdict(response).error(retry_after_s(response))
    page = from_json(Contents, response.body)
    if page is None:
        raise OutcomeUnknown(f"http-{response.status}", "the list of templates cannot be read")
    found = [_listed(content) for one in page.contents if (content := _content(one)) is not None]
    return TemplatePage(found, page.meta.next_page_url)


def _content(one: object) -> Content | None:
    try:
        return Content.model_validate(one)
    except ValueError:
        return None


def _listed(content: Content) -> ListedTemplate:
    """Never with a header: a content's file is fixed, or a variable of the content like any other."""
    approval = content.approval_requests or Approval()
    fields = next(iter(content.types.values()), {})
    parts = fields if isinstance(fields, Mapping) else {}
    return ListedTemplate(
        name=approval.name or content.friendly_name or content.sid,
        language=content.language or "en",
        provider_id=content.sid,
        status=STATUSES.get(approval.status, "unsubmitted" if not approval.status else "pending"),
        category=CATEGORIES.get(approval.category.lower(), "marketing"),
        body=_body(parts),
        buttons=tuple(_button(one) for one in _list(parts.get("actions")) if isinstance(one, Mapping)),
        reason=(approval.rejection_reason or "")[:200],
    )


def _body(parts: Mapping[str, object]) -> str:
    """The text, and behind it the variables that stand elsewhere: at Twilio they are filled alike."""
    text = _text(parts.get("body")) or _text(parts.get("title"))
    elsewhere = " ".join(_text(value) for name, value in parts.items() if name != "body")
    missing = dict.fromkeys(one for one in _PLACEHOLDER.findall(elsewhere) if one not in text)
    return " ".join([text, *missing]).strip() or "…"


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return " ".join(_text(one) for one in value)
        case dict():
            return " ".join(_text(one) for one in value.values())
        case _:
            return ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _button(action: Mapping[str, object]) -> ListedButton:
    kind = _text(action.get("type")).lower() or "quick_reply"
    return ListedButton(BUTTONS.get(kind, kind), _text(action.get("title")))


# ── asked without sending ───────────────────────────────────────────────────────────────────────────────────────────


class AccountResource(Part):
    friendly_name: str = ""
    status: str = ""


CREDENTIALS, NUMBER, TEMPLATES = "credentials", "number", "templates"


def probes(account: Account) -> Sequence[Probe]:
    sid = quote(account.secret("account_sid"), safe="")
    url = f"{account.urls['api_base'].rstrip('/')}/2010-04-01/Accounts/{sid}.json"
    numbers = number.request(account)
    return (
        Probe(CREDENTIALS, HttpRequest("GET", url, headers_of(account), b"")),
        *(() if numbers is None else (Probe(NUMBER, numbers),)),
        Probe(TEMPLATES, templates_request(account, None)),
    )


def finding(account: Account, probe: str, response: HttpResponse) -> Finding:
    if not response.is_success:
        row = verdict(response)
        return Finding(probe, False, f"Twilio refuses ({row.code}): {row.gloss}. {_remedy(account)}")
    match probe:
        case "credentials":
            return _of_account(from_json(AccountResource, response.body) or AccountResource())
        case "number":
            return _of_number(account, response)
        case _:
            return _of_templates(_enabled(response))


def _remedy(account: Account) -> str:
    return f"Check {'api_key and api_secret' if 'api_key' in account.secrets else 'account_sid and auth_token'}."


def _of_account(found: AccountResource) -> Finding:
    return Finding(CREDENTIALS, found.status == "active", f"The account is {found.status or 'of an unknown state'}.")


def _of_number(account: Account, response: HttpResponse) -> Finding:
    try:
        found = number.number(account, response)
    except SendError:
        return Finding(NUMBER, False, "Twilio's list of numbers cannot be read. Check messaging_base.")
    if wrong := number.complaints(account, found):
        return Finding(NUMBER, False, " ".join(wrong))
    told = "" if found is None else number.details(found)
    return Finding(NUMBER, True, f"The number is online: {told}.")


def _of_templates(enabled: int) -> Finding:
    said = f"{enabled} of the account's templates on this page are approved."
    return Finding(
        TEMPLATES, enabled > 0, said if enabled else "No template is approved: none can start a conversation."
    )


def _enabled(response: HttpResponse) -> int:
    page = from_json(Contents, response.body) or Contents()
    listed = [_listed(content) for one in page.contents if (content := _content(one)) is not None]
    return sum(template.status == "approved" for template in listed)
