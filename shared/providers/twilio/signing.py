"""Twilio's signature: an HMAC of the URL and the form's fields. Owns no event.

Decision: the account's token signs with SHA-1. A webhook that a rule of Twilio's Webhooks configuration API covers is
signed by a SharedKey instead, and a header names the algorithm. The header decides the algorithm alone; every configured
secret is tried, tokens and shared keys alike, so that each can be rotated and a rule can be switched on at any time.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security;
https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys (2026-09-07);
github.com/twilio/twilio-python `twilio/request_validator.py` (9.13).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from shared.ground.errors import WebhookRejected
from shared.providers.account import Account
from shared.providers.events import RawWebhook
from shared.providers.signing import is_match, reject_handshake, require_match
from shared.providers.twilio.wire import find_parameter, parse_pairs_strictly

SIGNATURE_HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"  # `key=<SharedKey's id>,algorithm=HMAC_SHA256`
SHA1: Final = "HMAC_SHA1"
ALGORITHMS: Final = MappingProxyType({SHA1: hashlib.sha1, "HMAC_SHA256": hashlib.sha256})
BODY_HASH_PARAMETER: Final = "bodySHA256"
FORM: Final = "application/x-www-form-urlencoded"
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#]*?)(?P<port>:[0-9]+)?(?P<rest>[/?#].*)?", re.DOTALL)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}

answer_handshake = reject_handshake  # Twilio makes none


def authenticate(account: Account, webhook: RawWebhook) -> None:
    """*Raises*: WebhookRejected: `no-shared-key` where Twilio signed by a key and the sender has none."""
    settings = webhook.headers.get(SETTINGS_HEADER, "")
    shared_keys = account.secrets.get("shared_key", ())
    try:
        require_match(webhook.headers.get(SIGNATURE_HEADER, ""), _sign_with_each(account, webhook, settings))
    except WebhookRejected as rejected:
        if rejected.reason == "wrong" and settings and not shared_keys:
            raise WebhookRejected("no-shared-key") from None
        raise


def _sign_with_each(account: Account, webhook: RawWebhook, settings: str) -> Iterator[str]:
    """The signatures by every secret, of every spelling of the URL. *Raises*: WebhookRejected."""
    algorithm = find_algorithm(settings)
    if algorithm not in ALGORITHMS:
        raise WebhookRejected("unknown-algorithm")
    parameters = _join_signed_parameters(webhook)
    for secret in (*account.secrets["auth_token"], *account.secrets.get("shared_key", ())):
        for url in _spell(webhook.url):
            yield _sign(secret, url + parameters, algorithm)


# Quirk(twilio) algorithm-in-a-header: only a webhook that a SharedKey signed names one (twilio-python 9.13, 2026-11)
def find_algorithm(settings: str) -> str:
    """The algorithm that the settings header names, in capitals; without one, the token's.

    >>> find_algorithm("key=webhooks_sharedkey_1, algorithm = hmac_sha256"), find_algorithm(""), find_algorithm("key=1")
    ('HMAC_SHA256', 'HMAC_SHA1', 'HMAC_SHA1')
    """
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return SHA1


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


def _sign(secret: str, text: str, algorithm: str) -> str:
    digest = hmac.new(secret.encode(), text.encode("utf-8", "replace"), ALGORITHMS[algorithm]).digest()
    return base64.b64encode(digest).decode("ascii")


# Quirk(twilio) port-in-signature: it signs the URL now with and now without the port (twilio-python @306691e7, 2026-11)
def _spell(url: str) -> tuple[str, ...]:
    """The URL as it came, byte for byte, and with its port left out or its scheme's own port put in."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return (url,)
    port = "" if parts["port"] else _DEFAULT_PORTS[parts["scheme"]]
    return url, f"{parts['scheme']}://{parts['host']}{port}{parts['rest'] or ''}"
