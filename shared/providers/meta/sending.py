"""A message as Meta's JSON, and Meta's answer as a receipt or an error. Owns no HTTP and no retries.

Options of the sender: `api_version`, of the Graph API (default v25.0).

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (2026-04-23);
for `recipient` and the limits, github.com/nyaruka/courier `handlers/meta/whatsapp/` @350e9350.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from shared.ground.errors import Again, Disposition, OutcomeUnknown
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, Code
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    FreeMessage,
    MediaKind,
    OutgoingMedia,
    Receipt,
    TemplateMessage,
)
from shared.providers.meta.codes import BAD_VERSION, CODES, NO_PREPARATION, by_http_status
from shared.providers.meta.wire import Answer, AnsweredMessage, ErrorAnswer, addresses
from shared.providers.reading import from_json, identifier

API_VERSION: Final = "v25.0"
PAUSED: Final = "paused"
SENDERS: Final = 1_024  # of whom what is the same in every message is made once
_VERSION: Final = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")

Json = dict[str, object]

# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def template_request(account: Account, message: TemplateMessage, reference: str, _webhook_url: str) -> HttpRequest:
    """Where statuses go is configured in the app; they carry our reference back.

    *Raises*: SenderUnusable for an option that is not a version.
    """
    template: Json = {"name": message.name, "language": {"code": message.language}}
    if components := _components(message):
        template["components"] = components
    return _request(account, message.to, reference, {}, "template", template)


def _components(message: TemplateMessage) -> list[Json]:
    """None for a template without variables: then the whole list is left out."""
    components: list[Json] = []
    if message.header is not None:
        components.append({"type": "header", "parameters": [_header(message, message.header)]})
    if message.parameters:
        body = [_parameter(name, text) for name, text in message.parameters.items()]
        components.append({"type": "body", "parameters": body})
    return [*components, *(_button(one) for one in message.buttons)]


def _parameter(name: str, text: str) -> Json:
    """Numbered placeholders are filled by their order, others by their name."""
    if _is_number(name):
        return {"type": "text", "text": text}
    return {"type": "text", "parameter_name": name, "text": text}


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()


def _header(message: TemplateMessage, header: OutgoingMedia | str) -> Json:
    if isinstance(header, OutgoingMedia):
        return {"type": header.kind.value, header.kind.value: _file(header, "")}
    return _parameter(message.header_name or "1", header)


def _button(one: ButtonParameter) -> Json:
    match one.kind:
        case ButtonKind.QUICK_REPLY:
            parameter: Json = {"type": "payload", "payload": one.value}
        case ButtonKind.URL:
            parameter = {"type": "text", "text": one.value}
    return {"type": "button", "sub_type": one.kind.value, "index": str(one.index), "parameters": [parameter]}


def free_request(
    account: Account, message: FreeMessage, reference: str, _webhook_url: str, _prepared: str | None
) -> HttpRequest:
    """*Raises*: SenderUnusable for an option that is not a version."""
    context: Json = {} if message.reply_to is None else {"context": {"message_id": message.reply_to}}
    if message.media is not None:
        return _request(
            account, message.to, reference, context, message.media.kind.value, _file(message.media, message.text)
        )
    if message.choices:
        return _request(account, message.to, reference, context, "interactive", _interactive(message))
    text: Json = {"preview_url": False, "body": message.text}
    return _request(account, message.to, reference, context, "text", text)


def _file(media: OutgoingMedia, caption: str) -> Json:
    """A sound has no caption, and only a document has a name."""
    file: Json = {"link": media.url}
    if caption and media.kind is not MediaKind.AUDIO:
        file["caption"] = caption
    if media.filename and media.kind is MediaKind.DOCUMENT:
        file["filename"] = media.filename
    return file


def _interactive(message: FreeMessage) -> Json:
    if message.list_button is None:
        buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in message.choices]
        return {"type": "button", "body": {"text": message.text}, "action": {"buttons": buttons}}
    rows = [
        {"id": one.id, "title": one.title, **({"description": one.description} if one.description else {})}
        for one in message.choices
    ]
    action = {"button": message.list_button, "sections": [{"rows": rows}]}  # a single section needs no title
    return {"type": "list", "body": {"text": message.text}, "action": action}


def _request(account: Account, to: str, reference: str, context: Json, kind: str, content: Json) -> HttpRequest:
    """to: a number keeps its `+`, without which Meta may put the business's own country before it."""
    if not _VERSION.fullmatch(account.options.get("api_version", API_VERSION)):
        raise BAD_VERSION.error()
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to" if to.startswith("+") else "recipient": to,
        **context,
        "type": kind,
        "biz_opaque_callback_data": reference,
        kind: content,
    }
    url = f"{base_of(account)}/{quote(account.secret('phone_number_id'), safe='')}/messages"
    return HttpRequest("POST", url, headers_of(account), json.dumps(body, separators=(",", ":")).encode("ascii"))


def preparation(_account: Account, _message: FreeMessage) -> None:
    """Meta prepares nothing."""


def prepared(_response: HttpResponse) -> str:
    """Never asked. *Raises*: Refused."""
    raise NO_PREPARATION.error()


# ── what every request has ──────────────────────────────────────────────────────────────────────────────────────────


def base_of(account: Account) -> str:
    """The Graph API in the version that is configured."""
    return _base(account.urls["api_base"], account.options.get("api_version", API_VERSION))


@lru_cache(SENDERS)
def _base(api_base: str, version: str) -> str:
    return f"{api_base.rstrip('/')}/{quote(version, safe='')}"


def headers_of(account: Account) -> Mapping[str, str]:
    return _headers(account.secret("access_token"))


@lru_cache(SENDERS)
def _headers(token: str) -> Mapping[str, str]:
    return MappingProxyType({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def receipt(response: HttpResponse) -> Receipt:
    """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses.

    A message that is held for a quality assessment is accepted: it leaves or fails later, and a status says which. One
    whose template is paused does not leave (a template's `message_status`, of pacing), and neither would the next.
    """
    if not response.is_success:
        raise verdict(response).error(retry_after_s(response))
    answer = from_json(Answer, response.body) or Answer()
    message = next(iter(answer.messages), AnsweredMessage())
    if message.message_status.lower() == PAUSED:
        raise CODES["132015"].error()
    if not identifier(message.id):
        raise OutcomeUnknown(f"http-{response.status}", "success without a message id; it may have been accepted")
    called = [name for one in answer.contacts[:1] for name in addresses(one.wa_id, one.user_id)]
    return Receipt(message.id, next(iter(called), None))


def verdict(response: HttpResponse) -> Code:
    """Meta's code decides, within what the status allows: 429 is always throttling, 5xx never proves anything."""
    by_status = by_http_status(response.status)
    code = code_of(response)
    if code is None:
        return by_status
    row = CODES.get(code, replace(by_status, code=code))
    if by_status.throttles:
        said_so = row.disposition is Disposition.NOT_ACCEPTED
        return replace(row, throttles=True) if said_so else replace(by_status, code=row.code)
    if by_status.disposition is Disposition.UNKNOWN:
        return replace(row, disposition=Disposition.UNKNOWN, again=Again.NEVER)
    return row


def code_of(response: HttpResponse) -> str | None:
    answer = from_json(ErrorAnswer, response.body)
    return None if answer is None or answer.error.code is None else str(answer.error.code)
