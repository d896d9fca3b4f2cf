"""Wavy's webhooks: several records in one body, repeated unless the response comes within 200 ms. Owns no record.

Assumed: the number of repetitions, which is not documented.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Webhooks"
"""

import json
from collections.abc import Mapping, Sequence

from workers.simulator import retry_policy
from workers.simulator.http_values import WebhookRequest
from workers.simulator.messages import WebhookTarget
from workers.simulator.retry_policy import EVERY_FAILURE, RetryPolicy
from workers.simulator.unsigned_json import build_json_webhook

USUAL = RetryPolicy(5, EVERY_FAILURE, 0.2)
CLIENT = {"customerId": 42, "subAccountId": 1291, "userId": 1}  # made up


def parse_target(url: str) -> WebhookTarget:
    return retry_policy.parse_target(url, USUAL)


def build_webhook(url: str, record: Mapping[str, object], *, forged: bool) -> WebhookRequest:
    return _build_batch(url, [record], forged=forged)


def combine(requests: Sequence[WebhookRequest]) -> WebhookRequest:
    records = [record for request in requests for record in json.loads(request.body)["data"]]
    return _build_batch(requests[0].url, records, forged=False)


def _build_batch(url: str, records: Sequence[Mapping[str, object]], *, forged: bool) -> WebhookRequest:
    return build_json_webhook(url, {"total": len(records), "data": records, "clientInfo": CLIENT}, forged=forged)
