"""A message as Hey's Direct API takes it, and its answer as a receipt or an error. Owns no HTTP and no retries.

Unverified against the live service. Known from a working client: the path, the header, `text`, `partnerUser` and
`idMessageHey`, and that it takes 200 for success without reading the answer. Assumed, because a call for templates is not
public: the path without a session, `massive`, `proactive`, `hsm` and what every other status means.

Decision: what is assumed is configuration. Each can be set in the sender's `options`:

    send_path       /{channel}/{platform_id}/{client_id}     behind the domain
    namespace       of the templates; without it, none is said
    field_massive, field_proactive, field_hsm, field_namespace, field_element_name, field_language_code,
    field_parameters                                         their name for each; an empty one leaves the field out
    partner_user, partner_names, partner_last_names          who their panel says has written

Source: github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/models/provider/heynow.py` @b716e664.
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from shared.ground.errors import NotAccepted, OutcomeUnknown, SenderUnusable, TemplateUnusable
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account
from shared.providers.hey.codes import by_http_status
from shared.providers.hey.wire import Answer
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.reading import from_json, identifier

SEND_PATH: Final = "/{channel}/{platform_id}/{client_id}"
FIELDS: Final[Mapping[str, str]] = {
    "massive": "massive",
    "proactive": "proactive",
    "hsm": "hsm",
    "namespace": "namespace",
    "element_name": "elementName",
    "language_code": "languageCode",
    "parameters": "parameters",
}
ALREADY_ACCEPTED: Final = 409


def template_request(account: Account, message: TemplateMessage, reference: str, _webhook_url: str) -> HttpRequest:
    """Where statuses go is set at Hey. *Raises*: TemplateUnusable for what has no place among numbered parameters."""
    if message.header is not None or message.buttons:
        raise TemplateUnusable("hsm-parts", "Hey takes no header and no buttons of a template")
    if not all(name.isascii() and name.isdecimal() for name in message.parameters):
        raise TemplateUnusable("hsm-names", "Hey takes a template's parameters by their number only")
    namespace = account.options.get("namespace", "")
    hsm = {
        **({"namespace": namespace} if namespace else {}),
        "element_name": message.name,
        "language_code": message.language,
        "parameters": list(message.parameters.values()),
    }
    campaign = {"massive": True, "proactive": True, "hsm": _named(account, hsm)}
    return _request(account, message.to, {**_base(account, reference), **_named(account, campaign)})


def free_request(
    account: Account, message: FreeMessage, reference: str, _webhook_url: str, _prepared: str | None
) -> HttpRequest:
    """In the conversation's own session, as its last webhook named it: behind the path, where there is one."""
    body = {"text": message.text, **_base(account, reference)}
    return _request(account, message.to, body, message.thread)


def preparation(_account: Account, _message: FreeMessage) -> HttpRequest | None:
    """Nothing has to be."""
    return None


def prepared(response: HttpResponse) -> str:
    """Hey is never asked. *Raises*: NotAccepted."""
    raise NotAccepted(f"http-{response.status}", "Hey prepares nothing; nothing was sent")


def _base(account: Account, reference: str) -> dict[str, object]:
    user = {
        "id": account.options.get("partner_user", account.sender),
        "names": account.options.get("partner_names", "Oriel"),
        "lastNames": account.options.get("partner_last_names", ""),
    }
    return {"partnerUser": user, "idMessageHey": reference}


def _named(account: Account, fields: Mapping[str, object]) -> dict[str, object]:
    """Under the names that the service, as configured, gives them."""
    names = {field: account.options.get(f"field_{field}", FIELDS[field]) for field in fields}
    return {names[field]: value for field, value in fields.items() if names[field]}


def _request(account: Account, to: str, body: Mapping[str, object], session: str | None = None) -> HttpRequest:
    headers = {
        "partner-token": account.secret("partner_token"),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    return HttpRequest("POST", _url(account, to, session), headers, json.dumps(body).encode())


def _url(account: Account, to: str, session: str | None) -> str:
    """*Raises*: SenderUnusable for a path in which nobody is written to."""
    path = account.options.get("send_path", SEND_PATH)
    if "{client_id}" not in path:
        raise SenderUnusable("send-path", "the option send_path has no {client_id}; nothing was sent")
    names = {
        "channel": account.secret("channel"),
        "platform_id": account.secret("platform_id"),
        "client_id": to.removeprefix("+"),
    }
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    behind = f"/{quote(session, safe='')}" if session else ""
    return f"{_domain(account)}/{path.strip('/')}{behind}"


def _domain(account: Account) -> str:
    """uContact's Domain, with its scheme or without; an api_base that was configured goes before it."""
    base = account.urls.get("api_base") or account.secret("domain")
    return (base if "://" in base else f"https://{base}").rstrip("/")


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


def receipt(response: HttpResponse) -> Receipt:
    """The status decides, since no body is known; the message's id comes by webhook if it does not come here.

    409 says that a message with this `idMessageHey` is there already, which can only be this one.
    *Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses.
    """
    if not response.is_success and response.status != ALREADY_ACCEPTED:
        raise by_http_status(response.status).error(retry_after_s(response))
    if response.body.lstrip()[:1] == b"<":  # somebody's web page: the domain is wrong, or something stands before it
        raise OutcomeUnknown(
            f"http-{response.status}", "success by a page and not by an API; it may have been accepted"
        )
    answer = from_json(Answer, response.body) or Answer()
    if answer.success is False:  # the Client API's way of saying no
        raise OutcomeUnknown(
            f"http-{response.status}", "an answer that contradicts its status; it may have been accepted"
        )
    return Receipt(identifier(answer.id_message))
