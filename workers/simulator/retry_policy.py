"""The retry policy of a webhook URL: the provider's usual one, changed by the URL's fragment. Owns no calling.

Twilio invented the fragment. Here it works on every URL of a script, so that a test may give any provider more retries
or more time.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (rc, rp, rt)
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from workers.simulator.http_values import parse_count
from workers.simulator.messages import WebhookTarget
from workers.simulator.script import Script

MAX_RETRIES = 5
EVERY_FAILURE = frozenset({"ct", "rt", "3xx", "4xx", "5xx"})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The fields as in WebhookTarget."""

    retries: int
    retry_on: frozenset[str]
    within_s: float


def parse_target(url: str, usual: RetryPolicy) -> WebhookTarget:
    """usual: the provider's policy without a fragment."""
    called, _, fragment = url.partition("#")
    policy = parse_policy(fragment, usual)
    return WebhookTarget(called, policy.retries, policy.retry_on, policy.within_s)


def find_status_target(script: Script, provider: str, account: str, usual: RetryPolicy) -> WebhookTarget | None:
    """The target of an account's statuses for a provider whose requests name none; None if the script has no URL."""
    url = script.find_status_url(provider, account)
    return None if url is None else parse_target(url, usual)


@lru_cache(maxsize=64)
def parse_policy(fragment: str, usual: RetryPolicy) -> RetryPolicy:
    """rc: retries.  rp: the results to repeat, or `all`.  rt: milliseconds that a response may take."""
    overrides = dict(parse_qsl(fragment))
    retries, within_ms = parse_count(overrides.get("rc")), parse_count(overrides.get("rt"))
    words = frozenset(overrides["rp"].split(",")) if "rp" in overrides else usual.retry_on
    return RetryPolicy(
        usual.retries if retries is None else min(retries, MAX_RETRIES),
        words | EVERY_FAILURE if "all" in words else words,
        within_ms / 1_000 if within_ms else usual.within_s,
    )
