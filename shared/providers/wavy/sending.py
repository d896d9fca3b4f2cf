"""A message as Wavy's JSON, and Wavy's answer as a receipt or an error. Owns no HTTP and no retries.

Destinations of one request share the message, and contacts have parameters of their own: so each request has one.
Unverified against the live service. Options of the sender decide what public documents leave open:

- `style = "hsm"` (default): the legacy shape, which working clients were seen to send.
- `style = "template"`: the documented one. Its names for the body's parameters are in no public document: assumed is one
  list of texts, called by the option `body_parameters` (default `bodyParameters`). Assumed too is that a header's file is
  the object `element` with the three documented fields; that it is one or the other with `title`, the page says.
- `ttl_days`: 1 to 30, for how long Wavy goes on trying; without it Wavy's own 7.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api;
https://docs-pt.sinch.com/documentacao-tecnica-whatsapp/documentacao-tecnica-whatsapp/envio-de-mensagens for what is
free-form; the `hsm` shape from working public clients.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shared.ground.errors import Again, Disposition, OutcomeUnknown
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, Code
from shared.providers.messages import FreeMessage, MediaKind, OutgoingMedia, Receipt, TemplateMessage
from shared.providers.reading import identifier
from shared.providers.wavy.codes import (
    BAD_OPTION,
    BUTTONS,
    CODES,
    LONG_TITLE,
    NAMED,
    NO_HEADER,
    NO_NUMBER,
    NO_PREPARATION,
    NO_VIDEO,
    by_http_status,
)
from shared.providers.wavy.wire import Answer, ErrorAnswer, address, from_json

HSM, TEMPLATE = "hsm", "template"
BODY_PARAMETERS: Final = "bodyParameters"
TITLE_CHARACTERS: Final = 60
TTL_DAYS: Final = frozenset(str(days) for days in range(1, 31))
SENDERS: Final = 1_024  # of whom what is the same in every message is made once
# What a file is called whose name does not say: "Type of media (JPEG, MP3, PDF, etc.)".
TYPES: Final[Mapping[MediaKind, str]] = MappingProxyType(
    {MediaKind.IMAGE: "JPEG", MediaKind.VIDEO: "MP4", MediaKind.AUDIO: "MP3", MediaKind.DOCUMENT: "PDF"}
)
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{2,4})$")

Json = dict[str, object]


def template_request(account: Account, message: TemplateMessage, reference: str, _webhook_url: str) -> HttpRequest:
    """Where statuses go is configured at Wavy, by its support; they carry our reference back.

    *Raises*: TemplateUnusable for placeholders that are not numbers, for buttons with parameters, and for a header in the
    style `hsm`; Refused without a phone number; SenderUnusable for options that are not the documented ones.
    """
    if not all(name.isascii() and name.isdecimal() for name in message.parameters):
        raise NAMED.error()
    if message.buttons:
        raise BUTTONS.error()
    style = account.options.get("style", HSM)
    if style not in {HSM, TEMPLATE}:
        raise BAD_OPTION.error()
    return _request(account, message.to, reference, {style: _SHAPES[style](account, message)})


def _hsm(account: Account, message: TemplateMessage) -> Json:
    if message.header is not None:
        raise NO_HEADER.error()
    return {
        "namespace": account.secret("namespace"),
        "elementName": message.name,
        "languageCode": message.language,
        "languagePolicy": "DETERMINISTIC",
        "parameters": list(message.parameters.values()),
    }


def _template(account: Account, message: TemplateMessage) -> Json:
    shape: Json = {
        "namespace": account.secret("namespace"),
        "elementName": message.name,
        "languageCode": message.language,
    }
    if message.header is not None:
        shape["header"] = _header(message.header)
    if message.parameters:
        shape[account.options.get("body_parameters", BODY_PARAMETERS)] = list(message.parameters.values())
    return shape


_SHAPES: Final = {HSM: _hsm, TEMPLATE: _template}


def _header(header: OutgoingMedia | str) -> Json:
    """The caption is "name of media" there, and required."""
    if isinstance(header, OutgoingMedia):
        return {"element": _file(header, header.filename or _last_part(header.url))}
    if len(header) > TITLE_CHARACTERS:
        raise LONG_TITLE.error()
    return {"title": header}


def free_request(
    account: Account, message: FreeMessage, reference: str, _webhook_url: str, _prepared: str | None
) -> HttpRequest:
    """*Raises*: Refused for a video, which stands in templates' headers only, and without a phone number."""
    media = message.media
    if media is None:
        return _request(account, message.to, reference, {"messageText": message.text})
    if media.kind is MediaKind.VIDEO:
        raise NO_VIDEO.error()
    name = media.filename or "" if media.kind is MediaKind.DOCUMENT else ""
    return _request(account, message.to, reference, {media.kind.value: _file(media, message.text or name)})


def _file(media: OutgoingMedia, caption: str) -> Json:
    """type: of a header's file documented, of a free-form one assumed to be the same."""
    found = _EXTENSION.search(media.filename or "") or _EXTENSION.search(_last_part(media.url))
    kind = found[1].upper() if found else TYPES[media.kind]
    file: Json = {"url": media.url, "type": "JPEG" if kind == "JPG" else kind}
    return {**file, "caption": caption} if caption else file


def _last_part(url: str) -> str:
    return re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]


def _request(account: Account, to: str, reference: str, content: Json) -> HttpRequest:
    """*Raises*: Refused, SenderUnusable."""
    number = address(to)
    if number is None:
        raise NO_NUMBER.error()
    destination = {"correlationId": reference, "destination": number[1:], "recipientType": "individual"}
    body = {"destinations": [destination], "message": {**_ttl(account), **content}}
    url = f"{account.urls['api_base'].rstrip('/')}/v1/whatsapp/send"
    return HttpRequest("POST", url, headers_of(account), json.dumps(body, separators=(",", ":")).encode("ascii"))


def _ttl(account: Account) -> Json:
    days = account.options.get("ttl_days")
    if days is None:
        return {}
    if days not in TTL_DAYS:
        raise BAD_OPTION.error()
    return {"ttl": int(days)}


def headers_of(account: Account) -> Mapping[str, str]:
    """Of every request to Wavy."""
    return _headers(account.secret("username"), account.secret("authentication_token"))


@lru_cache(SENDERS)
def _headers(username: str, token: str) -> Mapping[str, str]:
    return MappingProxyType(
        {"UserName": username, "AuthenticationToken": token, "Content-Type": "application/json"}
    )  # fmt: skip


def preparation(_account: Account, _message: FreeMessage) -> None:
    """Wavy prepares nothing."""


def prepared(_response: HttpResponse) -> str:
    """Never asked. *Raises*: Refused."""
    raise NO_PREPARATION.error()


def receipt(response: HttpResponse) -> Receipt:
    """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses.

    The request's own id says that the request was read; that the message was accepted, the destination's id says.
    """
    if not response.is_success:
        raise verdict(response).error(retry_after_s(response))
    answer = from_json(Answer, response.body) or Answer()
    for one in answer.destinations:
        if found := identifier(one.id):
            return Receipt(found, address(one.destination))
    raise OutcomeUnknown(f"http-{response.status}", "success without a message id; it may have been accepted")


def verdict(response: HttpResponse) -> Code:
    """The status decides; `errorCode` explains a refusal, where it says more than the status again."""
    row = by_http_status(response.status)
    answer = from_json(ErrorAnswer, response.body)
    if answer is None or answer.error_code is None or answer.error_code == response.status:
        return row
    code = str(answer.error_code)
    if row.disposition is Disposition.REFUSED and code in CODES:
        return CODES[code]
    return replace(row, code=code)


def before_sending(row: Code) -> Code:
    """Of a question: what proves nothing about a message proves that nothing was answered."""
    if row.disposition is not Disposition.UNKNOWN:
        return row
    return replace(row, disposition=Disposition.NOT_ACCEPTED, again=Again.BACK_OFF)
