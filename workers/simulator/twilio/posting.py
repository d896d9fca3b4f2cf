"""How Twilio calls a client: which URL, how often again, and signed. Owns no fields.

Source: https://www.twilio.com/docs/usage/security#validating-requests (signature)
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (fragment: rc, rp)
"""

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote_plus, unquote

from workers.simulator.messages import CallbackTarget
from workers.simulator.poster import TOTAL_S
from workers.simulator.provider import Callback
from workers.simulator.targets import Policy, target_of

USUAL = Policy(1, frozenset({"ct"}), TOTAL_S)

_WITHOUT_PATH = re.compile(r"^https?://[^/?#]+(?=[?#]|$)")
_REFERENCE = re.compile(r"[?&]ref=([^&#]*)")


def target(url: str) -> CallbackTarget:
    """The fragment is for Twilio, and no part of what it calls. Where there is no path, "/" is called: so it is signed."""
    return target_of(_WITHOUT_PATH.sub(r"\g<0>/", url, count=1), USUAL)


def reference(url: str) -> str | None:
    found = _REFERENCE.search(url)
    return unquote(found.group(1)) if found else None


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
