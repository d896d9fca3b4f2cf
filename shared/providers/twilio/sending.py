"""A template message as Twilio's form, and Twilio's answer as a receipt or an error. Owns no HTTP and no retries.

Source: https://www.twilio.com/docs/messaging/api/message-resource;
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides for the status URL's fragment.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, quote_plus

from shared.ground.errors import Again, Disposition, NotAccepted, OutcomeUnknown
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, Code
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.twilio.codes import CODES, by_http_status
from shared.providers.twilio.wire import WHATSAPP, ContentResource, ErrorAnswer, MessageResource, from_json

REFERENCE_PARAMETER: Final = "ref"  # of the status URL's query, which Twilio keeps and signs
# Quirk(twilio): by default a webhook that we answer with 5xx is not repeated. Three more tries, after any failure.
# The fragment is Twilio's instruction and no part of the URL that it calls.
RETRY_FRAGMENT: Final = "#rc=3&rp=all"
MESSAGING_SERVICE: Final = "MG"
CONTENT_LANGUAGE: Final = "en"  # of what is written by hand: Twilio asks for one, and WhatsApp does not look at it
UNPREPARED: Final = "the choices could not be prepared; nothing was sent"
SENDERS: Final = 1_024  # of whom what is the same in every message is made once

_quoted = lru_cache(4 * SENDERS)(quote_plus)


def template_request(account: Account, message: TemplateMessage, reference: str, webhook_url: str) -> HttpRequest:
    """*Raises*: TemplateUnusable when the template has no ContentSid: Twilio knows templates by nothing else. Also for a
    header or buttons given apart: to Twilio they are variables of the content (a header's file is a plain URL), so they
    come among the parameters, under names that only the content knows.
    """
    if not message.provider_id:
        raise CODES["21654"].error()
    if message.header is not None or message.buttons:
        raise CODES["21656"].error()
    form = [
        f"To={quote_plus(WHATSAPP + message.to)}",
        _sender(account.address),
        f"ContentSid={_quoted(message.provider_id)}",
        *_variables(message),
        f"StatusCallback={_status_url(webhook_url, reference)}",
    ]
    url = _messages_url(account.urls["api_base"], account.secret("account_sid"))
    return HttpRequest("POST", url, _headers(_user_and_password(account)), "&".join(form).encode("ascii"))


def free_request(
    account: Account, message: FreeMessage, reference: str, webhook_url: str, prepared: str | None
) -> HttpRequest:
    """prepared: the ContentSid of a message with choices."""
    form = [f"To={quote_plus(WHATSAPP + message.to)}", _sender(account.address)]
    if prepared is not None:
        form.append(f"ContentSid={quote_plus(prepared)}")
    elif message.text:
        form.append(f"Body={quote_plus(message.text)}")
    if message.media is not None:
        form.append(f"MediaUrl={quote_plus(message.media.url)}")
    form.append(f"StatusCallback={_status_url(webhook_url, reference)}")
    url = _messages_url(account.urls["api_base"], account.secret("account_sid"))
    return HttpRequest("POST", url, _headers(_user_and_password(account)), "&".join(form).encode("ascii"))


def preparation(account: Account, message: FreeMessage) -> HttpRequest | None:
    """Choices are a content of their own, which inside a window needs no approval."""
    if not message.choices:
        return None
    types = _quick_replies(message) if message.list_button is None else _list_picker(message, message.list_button)
    name = "oriel_" + hashlib.sha256(json.dumps(types).encode()).hexdigest()[:32]
    body = {"friendly_name": name, "language": CONTENT_LANGUAGE, "variables": {}, "types": types}
    headers = {**_headers(_user_and_password(account)), "Content-Type": "application/json"}
    url = f"{account.urls['content_base'].rstrip('/')}/v1/Content"
    return HttpRequest("POST", url, headers, json.dumps(body).encode())


def _quick_replies(message: FreeMessage) -> dict[str, object]:
    actions = [{"title": one.title, "id": one.id} for one in message.choices]
    return {"twilio/quick-reply": {"body": message.text, "actions": actions}}


def _list_picker(message: FreeMessage, button: str) -> dict[str, object]:
    items = [{"item": one.title, "id": one.id, "description": one.description} for one in message.choices]
    return {"twilio/list-picker": {"body": message.text, "button": button, "items": items}}


def prepared(response: HttpResponse) -> str:
    """The ContentSid. *Raises*: a leaf of SendError, never OutcomeUnknown."""
    if not response.is_success:
        raise _before_sending(verdict(response)).error(retry_after_s(response))
    made = from_json(ContentResource, response.body)
    if made is None:
        raise NotAccepted(f"http-{response.status}", UNPREPARED, Again.BACK_OFF)
    return made.sid


def _before_sending(row: Code) -> Code:
    """What proves nothing about a message that has left proves that one which has not was not accepted."""
    if row.disposition is not Disposition.UNKNOWN:
        return row
    return replace(row, gloss=UNPREPARED, disposition=Disposition.NOT_ACCEPTED, again=Again.BACK_OFF)


def receipt(response: HttpResponse) -> Receipt:
    """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses."""
    if not response.is_success:
        raise verdict(response).error(retry_after_s(response))
    message = from_json(MessageResource, response.body)
    if message is None:
        raise OutcomeUnknown(f"http-{response.status}", "success without a message id; it may have been accepted")
    recipient = message.to.removeprefix(WHATSAPP) if isinstance(message.to, str) else ""
    return Receipt(message.sid, recipient or None)


def verdict(response: HttpResponse) -> Code:
    """Twilio's code decides, within what the status allows: 429 is always throttling, 5xx never proves anything."""
    by_status = by_http_status(response.status)
    answer = from_json(ErrorAnswer, response.body)
    if answer is None:
        return by_status
    row = CODES.get(str(answer.code), replace(by_status, code=str(answer.code)))
    if by_status.throttles:
        said_so = row.disposition is Disposition.NOT_ACCEPTED
        return replace(row, throttles=True) if said_so else replace(by_status, code=row.code)
    if by_status.disposition is Disposition.UNKNOWN:
        return replace(row, disposition=Disposition.UNKNOWN, again=Again.NEVER)
    return row


@lru_cache(SENDERS)
def _messages_url(api_base: str, account_sid: str) -> str:
    return f"{api_base.rstrip('/')}/2010-04-01/Accounts/{quote(account_sid, safe='')}/Messages.json"


@lru_cache(SENDERS)
def _headers(user_and_password: str) -> Mapping[str, str]:
    headers = {
        "Authorization": "Basic " + base64.b64encode(user_and_password.encode()).decode("ascii"),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    return MappingProxyType(headers)


def headers_of(account: Account) -> Mapping[str, str]:
    """Of every request to Twilio."""
    return _headers(_user_and_password(account))


def _user_and_password(account: Account) -> str:
    """An API key where there is one: it can be revoked alone. Else the account itself."""
    if account.secrets.get("api_key") and account.secrets.get("api_secret"):
        return f"{account.secret('api_key')}:{account.secret('api_secret')}"
    return f"{account.secret('account_sid')}:{account.secret('auth_token')}"


def _sender(address: str) -> str:
    if address.startswith(MESSAGING_SERVICE):
        return f"MessagingServiceSid={_quoted(address)}"
    return f"From={_quoted(WHATSAPP + address)}"


def _variables(message: TemplateMessage) -> tuple[str, ...]:
    """A header's file and a button's suffix are variables of the content like any other, under names of its own."""
    if not message.parameters:
        return ()
    return (f"ContentVariables={quote_plus(json.dumps(dict(message.parameters)))}",)


def _status_url(webhook_url: str, reference: str) -> str:
    """Quoted in pieces: all but the reference is the same in every message."""
    separator = "&" if "?" in webhook_url else "?"
    head = _quoted(f"{webhook_url}{separator}{REFERENCE_PARAMETER}=")
    return f"{head}{quote_plus(quote(reference, safe=''))}{_quoted(RETRY_FRAGMENT)}"
