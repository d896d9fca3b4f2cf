"""A message as Hey's Direct API takes it, and its answer as a receipt or an error. Owns no HTTP and no retries.

Unverified against the live service. A working client shows the path, the header, `text`, `partnerUser` and `idMessageHey`,
and takes 200 for success without reading the answer. Assumed, because a call for templates is not public: the path without
a session, `massive`, `proactive`, `hsm` and the meaning of every other status.

Decision: every assumed name is configuration, in the sender's `options`:

    send_path       /{channel}/{platform_id}/{client_id}     behind the domain
    namespace       of the templates; without it the field is left out
    field_massive, field_proactive, field_hsm, field_namespace, field_element_name, field_language_code,
    field_parameters                                         Hey's name of each field; an empty one leaves the field out
    partner_user, partner_names, partner_last_names          the author whom Hey's panel shows

Source: github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/models/provider/heynow.py` @b716e664.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.placeholders import is_number
from shared.providers.account import CACHED_SENDERS, Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.hey.account import build_headers, find_base
from shared.providers.hey.codes import BAD_PATH, NAMED, PARTS, judge
from shared.providers.hey.wire import Answer, PlainAnswer
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.prebuilding import HOLE, Prebuilt, escape, prebuild
from shared.providers.wire import Json, parse_id, parse_json, parse_plain_json

SEND_PATH: Final = "/{channel}/{platform_id}/{client_id}"
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "massive": "massive",
        "proactive": "proactive",
        "hsm": "hsm",
        "namespace": "namespace",
        "element_name": "elementName",
        "language_code": "languageCode",
        "parameters": "parameters",
    }
)
ALREADY_ACCEPTED: Final = 409


def build_template(account: Account, message: TemplateMessage, reference: str, _webhook_url: str) -> HttpRequest:
    """Hey Now sets the address for statuses.

    *Raises*: TemplateUnusable for a header, buttons or names, which have no place among numbered parameters;
    SenderUnusable for a path without a recipient.
    """
    prebuilt = _prebuild(account, message.name, message.language, tuple(message.parameters))
    recipient = _quote_recipient(message.to)
    if prebuilt is None or message.header is not None or message.buttons or not recipient:
        return _build_anew(account, message, reference)
    texts = map(escape, (reference, *message.parameters.values()))
    return prebuilt.fill(texts, prebuilt.url.replace(HOLE, recipient))


@lru_cache(4 * CACHED_SENDERS)
def _prebuild(account: Account, name: str, language: str, names: tuple[str, ...]) -> Prebuilt | None:
    sample = TemplateMessage(HOLE, name, language, None, dict.fromkeys(names, HOLE))
    return prebuild(lambda: _build_anew(account, sample, HOLE), len(names) + 1, holes_in_url=1)


def _build_anew(account: Account, message: TemplateMessage, reference: str) -> HttpRequest:
    if message.header is not None or message.buttons:
        raise PARTS.to_error()
    if not all(map(is_number, message.parameters)):
        raise NAMED.to_error()
    namespace = account.options.get("namespace", "")
    hsm = {
        **({"namespace": namespace} if namespace else {}),
        "element_name": message.name,
        "language_code": message.language,
        "parameters": list(message.parameters.values()),
    }
    campaign = {"massive": True, "proactive": True, "hsm": _rename(account, hsm)}
    return _build_request(account, message.to, {**_build_body(account, reference), **_rename(account, campaign)})


def build_free(
    account: Account, message: FreeMessage, reference: str, _webhook_url: str, _prepared: str | None
) -> HttpRequest:
    """The conversation's session, as its last webhook names it, stands behind the path. *Raises*: SenderUnusable."""
    body = {"text": message.text, **_build_body(account, reference)}
    return _build_request(account, message.to, body, message.thread)


def _build_body(account: Account, reference: str) -> Json:
    """The fields of every message."""
    user = {
        "id": account.options.get("partner_user", account.sender),
        "names": account.options.get("partner_names", "Oriel"),
        "lastNames": account.options.get("partner_last_names", ""),
    }
    return {"partnerUser": user, "idMessageHey": reference}


def _rename(account: Account, fields: Mapping[str, object]) -> Json:
    """The fields under the names that are configured."""
    names = {field: account.options.get(f"field_{field}", FIELDS[field]) for field in fields}
    return {names[field]: value for field, value in fields.items() if names[field]}


def _build_request(account: Account, to: str, body: Mapping[str, object], session: str | None = None) -> HttpRequest:
    return HttpRequest("POST", _build_url(account, to, session), build_headers(account), json.dumps(body).encode())


def _build_url(account: Account, to: str, session: str | None) -> str:
    """*Raises*: SenderUnusable for a path without a recipient."""
    path = account.options.get("send_path", SEND_PATH)
    if "{client_id}" not in path:
        raise BAD_PATH.to_error()
    names = {
        "channel": quote(account.get_secret("channel"), safe=""),
        "platform_id": quote(account.get_secret("platform_id"), safe=""),
        "client_id": _quote_recipient(to),
    }
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    behind = f"/{quote(session, safe='')}" if session else ""
    return f"{find_base(account)}/{path.strip('/')}{behind}"


def _quote_recipient(to: str) -> str:
    """Without the `+` of a number."""
    client_id = to.removeprefix("+")
    return client_id if client_id.isascii() and client_id.isalnum() else quote(client_id, safe="")


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


def read_receipt(response: HttpResponse) -> Receipt:
    """The status decides, since no body is known; an id that is not in the answer comes by webhook.

    409 means that a message with this `idMessageHey` exists already, which can only be this one.
    *Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses.
    """
    if response.status != ALREADY_ACCEPTED:
        require_success(response, judge)
    if response.body.lstrip()[:1] == b"<":  # a web page: the domain is wrong, or a proxy answers in its place
        raise make_doubt(response, "success by a page and not by an API; it may have been accepted")
    answer = parse_plain_json(PlainAnswer, response.body) or parse_json(Answer, response.body) or Answer()
    if answer.success is False:  # the Client API's way of saying no
        raise make_doubt(response, "an answer that contradicts its status; it may have been accepted")
    return Receipt(parse_id(answer.id_message))
