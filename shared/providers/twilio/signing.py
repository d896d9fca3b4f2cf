"""Twilio's signature: an HMAC of the URL and the form's fields. Owns no event.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security;
github.com/twilio/twilio-python `twilio/request_validator.py` @306691e7.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Final

from shared.ground.errors import WebhookRejected
from shared.providers.account import Account
from shared.providers.events import RawWebhook
from shared.providers.signing import is_match, reject_handshake, require_match
from shared.providers.twilio.wire import find_parameter, parse_pairs_strictly

SIGNATURE_HEADER: Final = "x-twilio-signature"
BODY_HASH_PARAMETER: Final = "bodySHA256"
FORM: Final = "application/x-www-form-urlencoded"
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#]*?)(?P<port>:[0-9]+)?(?P<rest>[/?#].*)?", re.DOTALL)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}

answer_handshake = reject_handshake  # Twilio makes none


def authenticate(account: Account, webhook: RawWebhook) -> None:
    """*Raises*: WebhookRejected."""
    require_match(webhook.headers.get(SIGNATURE_HEADER, ""), _sign_with_each(account, webhook))


def _sign_with_each(account: Account, webhook: RawWebhook) -> Iterator[str]:
    """The signatures by every token, of every spelling of the URL. *Raises*: WebhookRejected."""
    parameters = _join_signed_parameters(webhook)
    for token in account.secrets["auth_token"]:
        for url in _spell(webhook.url):
            yield _sign(token, url + parameters)


# Quirk(twilio) repeated-fields-signed-once: distinct values count, sorted (twilio-python @306691e7, 2026-11)
def _join_signed_parameters(webhook: RawWebhook) -> str:
    """The text behind the URL under the signature: a form's fields, or nothing where the URL itself signs the body."""
    body_hash = find_parameter(webhook.query, BODY_HASH_PARAMETER)
    if body_hash is not None and FORM not in webhook.headers.get("content-type", ""):
        if not is_match(body_hash.lower(), [hashlib.sha256(webhook.body).hexdigest()]):
            raise WebhookRejected("wrong")
        return ""
    fields = parse_pairs_strictly(webhook.body)
    if fields is None:
        raise WebhookRejected("malformed")
    return "".join(name + value for name, value in sorted(set(fields)))  # of a repeated field, distinct values


def _sign(token: str, text: str) -> str:
    digest = hmac.new(token.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode("ascii")


# Quirk(twilio) port-in-signature: it signs the URL now with and now without the port (twilio-python @306691e7, 2026-11)
def _spell(url: str) -> tuple[str, ...]:
    """The URL as it came, byte for byte, and with its port left out or its scheme's own port put in."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return (url,)
    port = "" if parts["port"] else _DEFAULT_PORTS[parts["scheme"]]
    return url, f"{parts['scheme']}://{parts['host']}{port}{parts['rest'] or ''}"
