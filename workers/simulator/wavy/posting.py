"""Wavy's posts: several records in one body, and an answer within 200 ms or all of it again. Owns no record.

Assumed: how often again; nobody says.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Webhooks"
"""

import json
from collections.abc import Mapping, Sequence

from workers.simulator.messages import CallbackTarget
from workers.simulator.plain import posted
from workers.simulator.provider import Callback
from workers.simulator.targets import EVERYTHING, Policy, target_of

USUAL = Policy(5, EVERYTHING, 0.2)
CLIENT = {"customerId": 42, "subAccountId": 1291, "userId": 1}  # made up


def target(url: str) -> CallbackTarget:
    return target_of(url, USUAL)


def batch(url: str, record: Mapping[str, object], *, forged: bool) -> Callback:
    return posted(url, {"total": 1, "data": [record], "clientInfo": CLIENT}, forged=forged)


def together(callbacks: Sequence[Callback]) -> Callback:
    records = [record for callback in callbacks for record in json.loads(callback.body)["data"]]
    return posted(callbacks[0].url, {"total": len(records), "data": records, "clientInfo": CLIENT}, forged=False)
