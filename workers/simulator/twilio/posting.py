"""How Twilio calls a client: which URL, how often again, and signed. Owns no fields.

Source: https://www.twilio.com/docs/usage/security#validating-requests (signature)
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (fragment: rc, rp)
"""

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote_plus, unquote

from workers.simulator.messages import CallbackTarget
from workers.simulator.provider import Callback

DEFAULT_RETRIES, MAX_RETRIES = 1, 5

_REFERENCE = re.compile(r"[?&]ref=([^&]*)")


def target(url: str) -> CallbackTarget:
    """The fragment is for Twilio, and no part of what it calls."""
    called, _, fragment = url.partition("#")
    found = _REFERENCE.search(called)
    reference = unquote(found.group(1)) if found else None
    retries, retry_on = _retry_policy(fragment)
    return CallbackTarget(called, reference, retries, retry_on)


@lru_cache(maxsize=64)
def _retry_policy(fragment: str) -> tuple[int, frozenset[str]]:
    wishes = dict(parse_qsl(fragment))
    count = wishes.get("rc", "")
    retries = min(int(count), MAX_RETRIES) if count.isascii() and count.isdigit() else DEFAULT_RETRIES
    words = frozenset(wishes.get("rp", "ct").split(","))
    return retries, words | {"ct", "rt", "4xx", "5xx"} if "all" in words else words


def signed(url: str, params: Sequence[tuple[str, str]], secret: str, once: str, *, forged: bool) -> Callback:
    """A form to the client. once: the same in every repetition."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": once,
        "X-Twilio-Signature": signature(f"not {secret}" if forged else secret, url, params),
    }
    return Callback(url, headers, _urlencoded(params).encode())


def signature(token: str, url: str, params: Iterable[tuple[str, str]]) -> str:
    """The value of X-Twilio-Signature for a form.

    url: as called, without fragment. A name that occurs twice counts each distinct value once, in order.
    """
    glued = "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.digest(token.encode(), (url + glued).encode(), "sha1")).decode()


def _urlencoded(params: Iterable[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value if value.isalnum() else _quoted(value)}" for name, value in params])


_quoted = lru_cache(maxsize=4_096)(quote_plus)  # the same sender and code in every callback, a recipient in three
