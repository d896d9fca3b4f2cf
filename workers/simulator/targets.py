"""A URL as a client gives it: what is called, and in its fragment how often again. Owns no URL and no calling.

The fragment is Twilio's invention. Here it works on every URL of a script, so that a test may ask any provider for more
patience than it has.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (rc, rp, rt)
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from workers.simulator.messages import CallbackTarget

MAX_RETRIES = 5
EVERYTHING = frozenset({"ct", "rt", "3xx", "4xx", "5xx"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a provider does unless it is asked for something else; the fields as in CallbackTarget."""

    retries: int
    retry_on: frozenset[str]
    within_s: float


def target_of(url: str, usual: Policy) -> CallbackTarget:
    called, _, fragment = url.partition("#")
    policy = policy_of(fragment, usual)
    return CallbackTarget(called, policy.retries, policy.retry_on, policy.within_s)


@lru_cache(maxsize=64)
def policy_of(fragment: str, usual: Policy) -> Policy:
    """rc: retries.  rp: after which results, or `all`.  rt: how many milliseconds an answer may take."""
    wishes = dict(parse_qsl(fragment))
    retries, within_ms = _count(wishes.get("rc")), _count(wishes.get("rt"))
    words = frozenset(wishes["rp"].split(",")) if "rp" in wishes else usual.retry_on
    return Policy(
        usual.retries if retries is None else min(retries, MAX_RETRIES),
        words | EVERYTHING if "all" in words else words,
        within_ms / 1_000 if within_ms else usual.within_s,
    )


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
