"""A message as Twilio's form, and Twilio's answer as a receipt or an error. Owns no HTTP and no retries.

Source: https://www.twilio.com/docs/messaging/api/message-resource;
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides for the status URL's fragment.
"""

import json
import re
from datetime import timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import CACHED_SENDERS, Account
from shared.providers.codes import UNCONFIRMED, make_doubt, require_success
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.providers.prebuilding import HOLE, Prebuilt, escape, prebuild, split_plus
from shared.providers.twilio.account import MESSAGING_SERVICE, build_account_url, build_headers
from shared.providers.twilio.codes import CODES, judge
from shared.providers.twilio.wire import WHATSAPP, MessageResource, parse_address
from shared.providers.wire import parse_json, parse_plain_json

REFERENCE_PARAMETER: Final = "ref"  # of the status URL's query, which Twilio keeps and signs
# Quirk(twilio) 5xx-is-not-repeated: it repeats no webhook that got a 5xx (page "connection overrides", 2026-11)
# So three more tries, after any failure. The fragment is an instruction to Twilio and no part of the URL that it calls.
RETRY_FRAGMENT: Final = "#rc=3&rp=all"
LONGEST_VALIDITY: Final = timedelta(
    seconds=36_000
)  # from 1 s on (page "message resource"); also what it takes if not told

_quote_cached = lru_cache(4 * CACHED_SENDERS)(quote_plus)
_QUOTED: Final = {code: quote_plus(chr(code)) for code in range(128)}
_UNQUOTED: Final = re.compile(r"[A-Za-z0-9_.~-]*")


def build_template(account: Account, message: TemplateMessage, reference: str, webhook_url: str) -> HttpRequest:
    """*Raises*: TemplateUnusable when the template has no ContentSid, its only name at Twilio; and for a header or buttons
    given apart: to Twilio they are variables of the content (a header's file is a plain URL), so they come among the
    parameters, under names that only the content knows.
    """
    plus, number = split_plus(message.to)
    names = tuple(message.parameters)
    prebuilt = _prebuild(account, message.provider_id, plus, names, webhook_url)
    if prebuilt is None or message.header is not None or message.buttons or _build_validity(message):
        return _build_anew(account, message, reference, webhook_url)
    values = [_quote(escape(value)) for value in message.parameters.values()]
    return prebuilt.fill([_quote(number), *values, _quote_twice(reference)])


@lru_cache(4 * CACHED_SENDERS)
def _prebuild(
    account: Account, provider_id: str | None, plus: str, names: tuple[str, ...], webhook_url: str
) -> Prebuilt | None:
    sample = TemplateMessage(plus + HOLE, "", "", provider_id, dict.fromkeys(names, HOLE))
    return prebuild(lambda: _build_anew(account, sample, HOLE, webhook_url), len(names) + 2)


def _build_anew(account: Account, message: TemplateMessage, reference: str, webhook_url: str) -> HttpRequest:
    if not message.provider_id:
        raise CODES.rows["21654"].to_error()
    if message.header is not None or message.buttons:
        raise CODES.rows["21656"].to_error()
    form = [
        f"To={quote_plus(WHATSAPP + message.to)}",
        _build_sender(account.address),
        f"ContentSid={_quote_cached(message.provider_id)}",
        *_build_variables(message),
        *_build_validity(message),
        f"StatusCallback={_build_status_url(webhook_url, reference)}",
    ]
    return _build_request(account, form)


def build_free(
    account: Account, message: FreeMessage, reference: str, webhook_url: str, prepared: str | None
) -> HttpRequest:
    """prepared: the ContentSid of a message with choices."""
    form = [f"To={quote_plus(WHATSAPP + message.to)}", _build_sender(account.address)]
    if prepared is not None:
        form.append(f"ContentSid={quote_plus(prepared)}")
    elif message.text:
        form.append(f"Body={quote_plus(message.text)}")
    if message.media is not None:
        form.append(f"MediaUrl={quote_plus(message.media.url)}")
    form.append(f"StatusCallback={_build_status_url(webhook_url, reference)}")
    return _build_request(account, form)


def _build_request(account: Account, form: list[str]) -> HttpRequest:
    url = f"{build_account_url(account)}/Messages.json"
    return HttpRequest("POST", url, build_headers(account), "&".join(form).encode("ascii"))


def _build_sender(address: str) -> str:
    if address.startswith(MESSAGING_SERVICE):
        return f"MessagingServiceSid={_quote_cached(address)}"
    return f"From={_quote_cached(WHATSAPP + address)}"


def _build_variables(message: TemplateMessage) -> tuple[str, ...]:
    if not message.parameters:
        return ()
    return (f"ContentVariables={quote_plus(json.dumps(dict(message.parameters)))}",)


def _build_validity(message: TemplateMessage) -> tuple[str, ...]:
    """None where Twilio's own validity, which is the longest that it takes, ends earlier."""
    if message.valid_for is None or message.valid_for >= LONGEST_VALIDITY:
        return ()
    return (f"ValidityPeriod={max(1, int(message.valid_for.total_seconds()))}",)


def _build_status_url(webhook_url: str, reference: str) -> str:
    """Quoted in pieces: everything but the reference is the same in every message."""
    separator = "&" if "?" in webhook_url else "?"
    head = _quote_cached(f"{webhook_url}{separator}{REFERENCE_PARAMETER}=")
    return f"{head}{_quote_twice(reference)}{_quote_cached(RETRY_FRAGMENT)}"


def _quote(text: str) -> str:
    """As `quote_plus`, in a third of its time for ASCII."""
    if not text.isascii():
        return quote_plus(text)
    if text.replace(" ", "").isalnum():
        return text.replace(" ", "+")
    return text.translate(_QUOTED)


def _quote_twice(reference: str) -> str:
    """As a value in a query that is a value in a form. Nothing in a reference of ours needs it."""
    return reference if _UNQUOTED.fullmatch(reference) else quote_plus(quote(reference, safe=""))


def read_receipt(response: HttpResponse) -> Receipt:
    """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses."""
    require_success(response, judge)
    message = parse_plain_json(MessageResource, response.body) or parse_json(MessageResource, response.body)
    if message is None:
        raise make_doubt(response, UNCONFIRMED)
    return Receipt(message.sid, parse_address(message.to) if isinstance(message.to, str) else None)
