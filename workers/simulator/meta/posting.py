"""How Meta calls a client: signed over the raw bytes, many things in one body, again and again where it is not taken.

Assumed: how soon again, and how long an answer may take; the documents only say that repetitions become rarer for seven
days. A slash is written as Meta's other products write it, so that whoever signs anything but the raw bytes is found out.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
(signature, up to 1,000 updates, repetitions; 2026-04-21)
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workers.simulator.messages import CallbackTarget
from workers.simulator.poster import TOTAL_S
from workers.simulator.provider import Callback
from workers.simulator.targets import EVERYTHING, Policy, target_of

USUAL = Policy(5, EVERYTHING, TOTAL_S)


def target(url: str) -> CallbackTarget:
    return target_of(url, USUAL)


def signed(url: str, entries: Sequence[Mapping[str, object]], secret: str, *, forged: bool) -> Callback:
    """JSON to the client. *Shape*: ASCII; what is not is escaped."""
    key = f"not {secret}" if forged else secret
    whole = {"object": "whatsapp_business_account", "entry": entries}
    body = json.dumps(whole, separators=(",", ":")).replace("/", r"\/").encode("ascii")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": f"sha256={hmac.digest(key.encode(), body, 'sha256').hex()}",
    }
    return Callback(url, headers, body, key)


def together(callbacks: Sequence[Callback]) -> Callback:
    """Signed as they were: forgeries never come with anything else."""
    entries = [entry for callback in callbacks for entry in json.loads(callback.body)["entry"]]
    return signed(callbacks[0].url, list(_gathered(entries)), callbacks[0].secret, forged=False)


def _gathered(entries: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What has a time is an entry of its own; of the rest, those of one account are one."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if "time" in entry:
            yield entry
        else:
            whole = found.setdefault(entry["id"], {"id": entry["id"], "changes": []})
            for change in entry["changes"]:
                _add(whole["changes"], change)
    yield from found.values()


def _add(changes: list[dict[str, Any]], change: dict[str, Any]) -> None:
    """To what is told already of the same number in the same field, or after everything else."""
    alike = (one for one in changes if _about(one) == _about(change))
    whole = next(alike, None)
    if whole is None:
        changes.append(change)
        return
    for name, part in change["value"].items():
        if isinstance(part, list):
            kept = whole["value"].setdefault(name, [])
            kept.extend(one for one in part if name != "contacts" or one not in kept)


def _about(change: Mapping[str, Any]) -> tuple[str, object]:
    return change["field"], change["value"]["metadata"]
