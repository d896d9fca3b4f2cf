"""Hey's webhooks: sent once. No source shows a repetition, so there is none, unless the URL's fragment asks for it."""

from workers.simulator import retry_policy
from workers.simulator.http_client import TOTAL_S
from workers.simulator.messages import WebhookTarget
from workers.simulator.retry_policy import RetryPolicy

USUAL = RetryPolicy(0, frozenset({"ct"}), TOTAL_S)


def parse_target(url: str) -> WebhookTarget:
    return retry_policy.parse_target(url, USUAL)
