"""Meta's webhooks: signed over the raw bytes, many changes in one body, repeated until the client answers with a 2xx.

Assumed: the pause before a repetition and the time for a response; the documents only say that repetitions become rarer
for seven days. Slashes are escaped as in Meta's other products, so that a client that verifies anything but the raw
bytes is noticed.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
(signature, up to 1,000 updates, repetitions; 2026-04-21)
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workers.simulator import retry_policy
from workers.simulator.http_client import TOTAL_S
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import WebhookTarget
from workers.simulator.retry_policy import EVERY_FAILURE, RetryPolicy

USUAL = RetryPolicy(5, EVERY_FAILURE, TOTAL_S)


def parse_target(url: str) -> WebhookTarget:
    return retry_policy.parse_target(url, USUAL)


def build_signed_webhook(
    url: str, entries: Sequence[Mapping[str, object]], secret: str, *, forged: bool
) -> WebhookRequest:
    """*Shape*: ASCII JSON; other characters are escaped."""
    key = f"not {secret}" if forged else secret
    content = {"object": "whatsapp_business_account", "entry": entries}
    body = json.dumps(content, separators=(",", ":")).replace("/", r"\/").encode("ascii")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": f"sha256={hmac.digest(key.encode(), body, 'sha256').hex()}",
    }
    return WebhookRequest(url, headers, body, key)


def combine(requests: Sequence[WebhookRequest]) -> WebhookRequest:
    """Signed with the first request's secret: forgeries are only combined with forgeries."""
    entries = [entry for request in requests for entry in json.loads(request.body)["entry"]]
    return build_signed_webhook(requests[0].url, list(_merge_entries(entries)), requests[0].secret, forged=False)


def _merge_entries(entries: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """An entry with an instant stays alone; the others of one account become one entry."""
    merged: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if "time" in entry:
            yield entry
        else:
            into = merged.setdefault(entry["id"], {"id": entry["id"], "changes": []})
            for change in entry["changes"]:
                _merge_change(into["changes"], change)
    yield from merged.values()


def _merge_change(changes: list[dict[str, Any]], change: dict[str, Any]) -> None:
    """Into the change of the same number and field, or as a new change behind the others."""
    into = next((one for one in changes if _find_topic(one) == _find_topic(change)), None)
    if into is None:
        changes.append(change)
        return
    for name, part in change["value"].items():
        if isinstance(part, list):
            items = into["value"].setdefault(name, [])
            items.extend(item for item in part if name != "contacts" or item not in items)


def _find_topic(change: Mapping[str, Any]) -> tuple[str, object]:
    return change["field"], change["value"]["metadata"]
