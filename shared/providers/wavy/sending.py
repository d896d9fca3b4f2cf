"""A message as Wavy's JSON, and Wavy's answer as a receipt or an error. Owns no HTTP and no retries.

The destinations of one request share the message, and contacts have parameters of their own, so each request has one.
Unverified against the live service. Options of the sender decide the points that public documents leave open:

- `style = "hsm"` (default): the legacy shape, which working clients send.
- `style = "template"`: the documented one. Its names for the body's parameters are in no public document: assumed is one
  list of texts, named by the option `body_parameters` (default `bodyParameters`). Assumed too is that a header's file is
  the object `element` with the three documented fields; the page says that a header has either `element` or `title`.
- `ttl_days`: 1 to 30, the days for which Wavy tries to deliver; without it Wavy's own 7.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api;
https://docs-pt.sinch.com/documentacao-tecnica-whatsapp/documentacao-tecnica-whatsapp/envio-de-mensagens for messages of
free form; the `hsm` shape from working public clients.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.placeholders import is_number
from shared.providers.account import CACHED_SENDERS, Account
from shared.providers.codes import UNCONFIRMED, make_doubt, require_success
from shared.providers.messages import FreeMessage, MediaKind, OutgoingMedia, OutgoingPlace, Receipt, TemplateMessage
from shared.providers.prebuilding import HOLE, Prebuilt, escape, prebuild
from shared.providers.wavy.account import build_headers
from shared.providers.wavy.codes import (
    BAD_OPTION,
    BUTTONS,
    LONG_TITLE,
    NAMED,
    NO_HEADER,
    NO_NUMBER,
    NO_PLACE,
    NO_VIDEO,
    judge,
)
from shared.providers.wavy.wire import Answer, PlainAnswer, parse_json
from shared.providers.wire import Json, parse_id, parse_number, parse_plain_json

HSM, TEMPLATE = "hsm", "template"
BODY_PARAMETERS: Final = "bodyParameters"
TITLE_CHARACTERS: Final = 60
TTL_DAYS: Final = frozenset(str(days) for days in range(1, 31))
# The type of a file whose name does not show it: "Type of media (JPEG, MP3, PDF, etc.)".
TYPES: Final[Mapping[MediaKind, str]] = MappingProxyType(
    {MediaKind.IMAGE: "JPEG", MediaKind.VIDEO: "MP4", MediaKind.AUDIO: "MP3", MediaKind.DOCUMENT: "PDF"}
)
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{2,4})$")

# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


def build_template(account: Account, message: TemplateMessage, reference: str, _webhook_url: str) -> HttpRequest:
    """Wavy's support configures the address for statuses; they carry our reference back.

    *Raises*: TemplateUnusable for placeholders that are not numbers, for buttons with parameters, for a header that is a
    place, and for any header in the style `hsm`; Refused without a phone number; SenderUnusable for options that are not
    the documented ones.
    """
    number = parse_number(message.to)
    prebuilt = _prebuild(account, message.name, message.language, tuple(message.parameters))
    if prebuilt is None or number is None or message.header is not None or message.buttons:
        return _build_request(account, number, reference, _build_content(account, message))
    return prebuilt.fill(map(escape, (reference, number[1:], *message.parameters.values())))


@lru_cache(4 * CACHED_SENDERS)
def _prebuild(account: Account, name: str, language: str, names: tuple[str, ...]) -> Prebuilt | None:
    sample = TemplateMessage("", name, language, None, dict.fromkeys(names, HOLE))
    return prebuild(lambda: _build_request(account, f"+{HOLE}", HOLE, _build_content(account, sample)), len(names) + 2)


def _build_content(account: Account, message: TemplateMessage) -> Json:
    if not all(map(is_number, message.parameters)):
        raise NAMED.to_error()
    if message.buttons:
        raise BUTTONS.to_error()
    style = account.options.get("style", HSM)
    if style not in {HSM, TEMPLATE}:
        raise BAD_OPTION.to_error()
    return {style: _SHAPES[style](account, message)}


def _build_hsm(account: Account, message: TemplateMessage) -> Json:
    if message.header is not None:
        raise NO_HEADER.to_error()
    return {
        **_name_template(account, message),
        "languagePolicy": "DETERMINISTIC",
        "parameters": list(message.parameters.values()),
    }


def _build_documented(account: Account, message: TemplateMessage) -> Json:
    shape = _name_template(account, message)
    if message.header is not None:
        shape["header"] = _build_header(message.header)
    if message.parameters:
        shape[account.options.get("body_parameters", BODY_PARAMETERS)] = list(message.parameters.values())
    return shape


_SHAPES: Final = {HSM: _build_hsm, TEMPLATE: _build_documented}


def _name_template(account: Account, message: TemplateMessage) -> Json:
    return {
        "namespace": account.get_secret("namespace"),
        "elementName": message.name,
        "languageCode": message.language,
    }


def _build_header(header: OutgoingMedia | OutgoingPlace | str) -> Json:
    """A file's caption is "name of media" there, and required."""
    if isinstance(header, OutgoingPlace):
        raise NO_PLACE.to_error()
    if isinstance(header, OutgoingMedia):
        return {"element": _build_file(header, header.filename or _find_last_part(header.url))}
    if len(header) > TITLE_CHARACTERS:
        raise LONG_TITLE.to_error()
    return {"title": header}


# ── free form ───────────────────────────────────────────────────────────────────────────────────────────────────────


def build_free(
    account: Account, message: FreeMessage, reference: str, _webhook_url: str, _prepared: str | None
) -> HttpRequest:
    """*Raises*: Refused for a video, which stands in templates' headers only, and without a phone number."""
    media = message.media
    if media is None:
        return _build_request(account, parse_number(message.to), reference, {"messageText": message.text})
    if media.kind is MediaKind.VIDEO:
        raise NO_VIDEO.to_error()
    name = media.filename or "" if media.kind is MediaKind.DOCUMENT else ""
    file = _build_file(media, message.text or name)
    return _build_request(account, parse_number(message.to), reference, {media.kind.value: file})


# ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _build_file(media: OutgoingMedia, caption: str) -> Json:
    """type: documented for a header's file, assumed for a free-form one."""
    found = _EXTENSION.search(media.filename or "") or _EXTENSION.search(_find_last_part(media.url))
    kind = found[1].upper() if found else TYPES[media.kind]
    file: Json = {"url": media.url, "type": "JPEG" if kind == "JPG" else kind}
    return {**file, "caption": caption} if caption else file


def _find_last_part(url: str) -> str:
    return re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]


def _build_request(account: Account, number: str | None, reference: str, content: Json) -> HttpRequest:
    """number: with its `+`; None where the recipient has none. *Raises*: Refused, SenderUnusable."""
    if number is None:
        raise NO_NUMBER.to_error()
    destination = {"correlationId": reference, "destination": number[1:], "recipientType": "individual"}
    body = {"destinations": [destination], "message": {**_build_ttl(account), **content}}
    url = f"{account.get_base()}/v1/whatsapp/send"
    return HttpRequest("POST", url, build_headers(account), json.dumps(body, separators=(",", ":")).encode("ascii"))


def _build_ttl(account: Account) -> Json:
    days = account.options.get("ttl_days")
    if days is None:
        return {}
    if days not in TTL_DAYS:
        raise BAD_OPTION.to_error()
    return {"ttl": int(days)}


def read_receipt(response: HttpResponse) -> Receipt:
    """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses.

    The request's own id shows that the request was read; only the destination's id shows that the message was accepted.
    """
    require_success(response, judge)
    answer = parse_plain_json(PlainAnswer, response.body) or parse_json(Answer, response.body) or Answer()
    for destination in answer.destinations:
        if message_id := parse_id(destination.id):
            return Receipt(message_id, parse_number(destination.destination))
    raise make_doubt(response, UNCONFIRMED)
