"""A message as Meta's JSON, and Meta's answer as a receipt or an error. Owns no HTTP and no retries.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (2026-04-23);
for `recipient` and the limits, github.com/nyaruka/courier `handlers/meta/whatsapp/` @350e9350; for the endpoint of
marketing templates …/whatsapp/marketing-messages/ (2026-09-21).
"""

import json
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.placeholders import is_number
from shared.providers.account import CACHED_SENDERS, Account
from shared.providers.codes import UNCONFIRMED, make_doubt, require_success
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    FreeMessage,
    MediaKind,
    OutgoingMedia,
    OutgoingPlace,
    Receipt,
    TemplateMessage,
)
from shared.providers.meta.account import build_base, build_headers, is_version_valid
from shared.providers.meta.codes import BAD_ENDPOINT, BAD_VERSION, CODES, judge
from shared.providers.meta.wire.answers import Answer, AnsweredContact, AnsweredMessage, PlainAnswer
from shared.providers.meta.wire.values import parse_address
from shared.providers.prebuilding import HOLE, Prebuilt, escape, prebuild, split_plus
from shared.providers.wire import Json, collect_addresses, parse_id, parse_json, parse_plain_json

PAUSED: Final = "paused"
NO_MESSAGE: Final = AnsweredMessage()
NO_CONTACT: Final = AnsweredContact()
MARKETING: Final = "marketing"
MESSAGES, MARKETING_MESSAGES = ENDPOINTS = ("messages", "marketing_messages")

# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


def build_template(account: Account, message: TemplateMessage, reference: str, _webhook_url: str) -> HttpRequest:
    """The app configures the address for statuses; they carry our reference back.

    A marketing template goes to the Marketing Messages API, unless the sender's option `marketing_endpoint` says otherwise.
    *Raises*: SenderUnusable for an option that is not a version; TemplateUnusable for one that is not an endpoint.
    """
    plus, number = split_plus(message.to)
    names = tuple(message.parameters)
    prebuilt = _prebuild(account, message.name, message.language, message.category, plus, names)
    if prebuilt is None or message.header is not None or message.buttons:
        return _build_anew(account, message, reference)
    return prebuilt.fill(map(escape, (number, reference, *message.parameters.values())))


@lru_cache(4 * CACHED_SENDERS)
def _prebuild(
    account: Account, name: str, language: str, category: str, plus: str, names: tuple[str, ...]
) -> Prebuilt | None:
    sample = TemplateMessage(plus + HOLE, name, language, None, dict.fromkeys(names, HOLE), category=category)
    return prebuild(lambda: _build_anew(account, sample, HOLE), len(names) + 2)


def _build_anew(account: Account, message: TemplateMessage, reference: str) -> HttpRequest:
    template: Json = {"name": message.name, "language": {"code": message.language}}
    if components := _build_components(message):
        template["components"] = components
    return _build_request(account, message.to, reference, {}, "template", template, _find_endpoint(account, message))


def _find_endpoint(account: Account, message: TemplateMessage) -> str:
    if message.category != MARKETING:
        return MESSAGES
    endpoint = account.options.get("marketing_endpoint", MARKETING_MESSAGES)
    if endpoint not in ENDPOINTS:
        raise BAD_ENDPOINT.to_error()
    return endpoint


def _build_components(message: TemplateMessage) -> list[Json]:
    """Empty for a template without variables: then the whole list is left out."""
    components: list[Json] = []
    if message.header is not None:
        components.append({"type": "header", "parameters": [_build_header(message, message.header)]})
    if message.parameters:
        body = [_build_parameter(name, text) for name, text in message.parameters.items()]
        components.append({"type": "body", "parameters": body})
    return [*components, *map(_build_button, message.buttons)]


def _build_parameter(name: str, text: str) -> Json:
    """Numbered placeholders are filled by their order, others by their name."""
    if is_number(name):
        return {"type": "text", "text": text}
    return {"type": "text", "parameter_name": name, "text": text}


def _build_header(message: TemplateMessage, header: OutgoingMedia | OutgoingPlace | str) -> Json:
    match header:
        case OutgoingMedia():
            return {"type": header.kind.value, header.kind.value: _build_file(header, "")}
        case OutgoingPlace():
            place = {"latitude": header.latitude, "longitude": header.longitude}
            return {"type": "location", "location": {**place, "name": header.name, "address": header.address}}
        case str():
            return _build_parameter(message.header_name or "1", header)


# Quirk(meta) index-as-text: a text in the documents, a number in working code (page "send", 2026-04)
def _build_button(button: ButtonParameter) -> Json:
    match button.kind:
        case ButtonKind.QUICK_REPLY:
            parameter: Json = {"type": "payload", "payload": button.value}
        case ButtonKind.URL:
            parameter = {"type": "text", "text": button.value}
        case ButtonKind.COPY_CODE:
            parameter = {"type": "coupon_code", "coupon_code": button.value}
    place = {"type": "button", "sub_type": button.kind.value, "index": str(button.index)}
    return {**place, "parameters": [parameter]}


# ── free form ───────────────────────────────────────────────────────────────────────────────────────────────────────


def build_free(
    account: Account, message: FreeMessage, reference: str, _webhook_url: str, _prepared: str | None
) -> HttpRequest:
    """*Raises*: SenderUnusable for an option that is not a version."""
    context: Json = {} if message.reply_to is None else {"context": {"message_id": message.reply_to}}
    kind, content = _build_content(message)
    return _build_request(account, message.to, reference, context, kind, content)


def _build_content(message: FreeMessage) -> tuple[str, Json]:
    """The message's type, and the object of that name."""
    if message.media is not None:
        return message.media.kind.value, _build_file(message.media, message.text)
    if message.choices:
        return "interactive", _build_interactive(message)
    return "text", {"preview_url": False, "body": message.text}


def _build_file(media: OutgoingMedia, caption: str) -> Json:
    """A sound has no caption, and only a document has a name."""
    file: Json = {"link": media.url}
    if caption and media.kind is not MediaKind.AUDIO:
        file["caption"] = caption
    if media.filename and media.kind is MediaKind.DOCUMENT:
        file["filename"] = media.filename
    return file


def _build_interactive(message: FreeMessage) -> Json:
    if message.list_button is None:
        buttons = [{"type": "reply", "reply": {"id": choice.id, "title": choice.title}} for choice in message.choices]
        return {"type": "button", "body": {"text": message.text}, "action": {"buttons": buttons}}
    rows = [
        {"id": choice.id, "title": choice.title, **({"description": choice.description} if choice.description else {})}
        for choice in message.choices
    ]
    action = {"button": message.list_button, "sections": [{"rows": rows}]}  # a single section needs no title
    return {"type": "list", "body": {"text": message.text}, "action": action}


# ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(meta) country-without-plus: without `+` it may put the business's own country before it (page "send", 2026-04)
def _build_request(
    account: Account, to: str, reference: str, context: Json, kind: str, content: Json, endpoint: str = MESSAGES
) -> HttpRequest:
    """to: a number keeps its `+`, without which Meta may put the business's own country before it."""
    if not is_version_valid(account):
        raise BAD_VERSION.to_error()
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to" if to.startswith("+") else "recipient": to,
        **context,
        "type": kind,
        "biz_opaque_callback_data": reference,
        kind: content,
    }
    url = f"{build_base(account)}/{quote(account.get_secret('phone_number_id'), safe='')}/{endpoint}"
    return HttpRequest("POST", url, build_headers(account), json.dumps(body, separators=(",", ":")).encode("ascii"))


# Quirk(meta) paused-with-200: a success whose template is paused does not leave (page "send", 2026-04)
def read_receipt(response: HttpResponse) -> Receipt:
    """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses.

    A message that is held for a quality assessment is accepted: it leaves or fails later, and a status reports which. A
    message whose template is paused (a template's `message_status`, of pacing) does not leave, and neither would the next.
    """
    require_success(response, judge)
    answer = parse_plain_json(PlainAnswer, response.body) or parse_json(Answer, response.body) or Answer()
    message = next(iter(answer.messages), NO_MESSAGE)
    if message.message_status.lower() == PAUSED:
        raise CODES.rows["132015"].to_error()
    if not parse_id(message.id):
        raise make_doubt(response, UNCONFIRMED)
    contact = next(iter(answer.contacts), NO_CONTACT)
    names = collect_addresses(parse_address, contact.wa_id, contact.user_id, contact.parent_user_id)
    return Receipt(message.id, names[0] if names else None, names[1:])
