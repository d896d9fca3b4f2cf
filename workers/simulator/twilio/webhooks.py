"""Twilio's webhooks: the URL as called, the retries, the signature. Owns no fields.

Source: https://www.twilio.com/docs/usage/security#validating-requests (signature)
Source: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys (SHA-256, and the header that says so; 2026-09-07)
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (fragment: rc, rp)
"""

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote_plus, unquote

from workers.simulator import retry_policy
from workers.simulator.http_client import TOTAL_S
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import WebhookTarget
from workers.simulator.retry_policy import RetryPolicy
from workers.simulator.script import SharedKey

SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
SHARED_SETTINGS = "key=webhooks_sharedkey_simulated,algorithm=HMAC_SHA256"
USUAL = RetryPolicy(1, frozenset({"ct"}), TOTAL_S)

_WITHOUT_PATH = re.compile(r"^https?://[^/?#]+(?=[?#]|$)")
_REFERENCE = re.compile(r"[?&]ref=([^&#]*)")


def parse_target(url: str) -> WebhookTarget:
    """A URL without a path is called, and signed, with the path "/"."""
    return retry_policy.parse_target(_WITHOUT_PATH.sub(r"\g<0>/", url, count=1), USUAL)


def parse_reference(url: str) -> str | None:
    """The client's own mark of an attempt, which Oriel puts into the callback URL's query."""
    match = _REFERENCE.search(url)
    return unquote(match.group(1)) if match else None


def build_form_webhook(
    url: str, params: Sequence[tuple[str, str]], secret: str, idempotency_token: str, *, forged: bool
) -> WebhookRequest:
    """secret: of the account, or a SharedKey.  idempotency_token: the same in every repetition."""
    settings = {SETTINGS_HEADER: SHARED_SETTINGS} if isinstance(secret, SharedKey) else {}
    digest = "sha256" if settings else "sha1"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": idempotency_token,
        "X-Twilio-Signature": compute_signature(f"not {secret}" if forged else secret, url, params, digest),
        **settings,
    }
    return WebhookRequest(url, headers, _encode_form(params).encode())


def compute_signature(token: str, url: str, params: Iterable[tuple[str, str]], digest: str = "sha1") -> str:
    """The value of X-Twilio-Signature for a form.

    url: as called, without fragment. A name that occurs twice counts each distinct value once, in order.
    """
    joined = "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.digest(token.encode(), (url + joined).encode(), digest)).decode()


def _encode_form(params: Iterable[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value if value.isalnum() else _quote(value)}" for name, value in params])


_quote = lru_cache(maxsize=4_096)(quote_plus)  # sender and code recur in every webhook, a recipient in three
