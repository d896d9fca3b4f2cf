"""How long people wait while a number is busy at 1,000/s: an agent's reply, an opt-out by word, a pause.

Owns what a wait is: from the moment of the call to what the provider, or whoever asks the API, sees of it.
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import webhooks
from tests.benchmarks.configuration import configuration, senders
from tests.benchmarks.figures import Figure
from tests.benchmarks.installation import Running, up
from tests.benchmarks.message import base, person
from tests.benchmarks.plan import Plan

RATE = 1_000
(BUSY,) = senders((RATE,))
REPLIES, OPT_OUTS = 100, 40  # a round
REPLY_EVERY_S, OPT_OUT_EVERY_S = 0.05, 0.1
RAMP_S, REST_S = 2.0, 6.0  # until every loop has found its pace; of sending beyond what is measured
SILENT_S = 2.0  # after which a pause has had its effect
CAMPAIGN_S = RAMP_S + REPLIES * REPLY_EVERY_S + OPT_OUTS * OPT_OUT_EVERY_S + REST_S
GIVEN_UP_S = 10.0
LOOK_AGAIN_S = 0.01
ANSWERING = 1_500_000  # the first of those who have a conversation; a round's base begins far below


@dataclass(frozen=True)
class Waits:
    """Seconds, of one round. pause: from the order to the last message that the provider got."""

    replies: Sequence[float]
    opt_outs: Sequence[float]
    pause: float


async def measure(plan: Plan) -> list[Figure]:
    found = []
    async with up(plan.trees[0], plan.new_folder("waits"), configuration(plan.provider.url, (BUSY,))) as running:
        await _begin_conversations(running)
        for number in range(plan.rounds):
            waits = await _round(plan, running, number)
            found.append(waits)
            told = f"a reply {middle(waits.replies) * 1e3:.0f} ms, an opt-out {middle(waits.opt_outs) * 1e3:.0f} ms"
            plan.say(f"round {number + 1} of {plan.rounds}: {told}, a pause {waits.pause * 1e3:.0f} ms")
    return figures(found)


def figures(found: Sequence[Waits]) -> list[Figure]:
    """The middle and the worst of a hundred replies, the worst of a hundred opt-outs, and the pause; a value a round."""
    return [
        Figure("reply at 1,000/s, median", [middle(one.replies) * 1e3 for one in found], "ms"),
        Figure("reply at 1,000/s, 99th percentile", [percentile(one.replies, 0.99) * 1e3 for one in found], "ms"),
        Figure("opt-out by word, 99th percentile", [percentile(one.opt_outs, 0.99) for one in found], "s"),
        Figure("pause to silence", [one.pause for one in found], "s"),
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank: a value that was measured. share: 0 … 1."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def middle(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


# ── a round ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _begin_conversations(running: Running) -> None:
    """As many people as get replies write to us."""
    for number in range(ANSWERING, ANSWERING + REPLIES):
        await webhooks.write(running, BUSY, person(number).phone, "Hello")
    for number in range(ANSWERING, ANSWERING + REPLIES):
        await _until_open(running, person(number).phone)


async def _until_open(running: Running, phone: str) -> None:
    contact = await running.contact(BUSY.name, phone)
    deadline = time.monotonic() + GIVEN_UP_S
    while not (await running.get(f"/v1/sessions/{BUSY.name}/{contact}")).get("open"):
        _in_time(deadline, "no conversation was opened")
        await asyncio.sleep(LOOK_AGAIN_S)


async def _round(plan: Plan, running: Running, number: int) -> Waits:
    rows = round(RATE * CAMPAIGN_S)
    first = number * rows
    campaign = await running.admitted(BUSY.name, base(person(first + row) for row in range(rows)), rows)
    await plan.provider.reset()
    await running.start(campaign)
    await plan.provider.until(round(RATE * RAMP_S))
    replies = await _replies(plan, running, number)
    opt_outs = await _opt_outs(running, first + rows)
    pause = await _pause(plan, running, campaign)
    await running.cancel(campaign)
    return Waits(replies, opt_outs, pause)


async def _replies(plan: Plan, running: Running, number: int) -> list[float]:
    asked = {}
    for place in range(REPLIES):
        text = f"Reply {number}-{place}"
        asked[text] = time.time()
        await running.post("/v1/replies", sender=BUSY.name, contact=person(ANSWERING + place).phone, text=text)
        await asyncio.sleep(max(0.0, asked[text] + REPLY_EVERY_S - time.time()))
    deadline = time.monotonic() + GIVEN_UP_S
    while len(seen := await plan.provider.texts()) < REPLIES:
        _in_time(deadline, f"{len(seen)} of {REPLIES} replies came")
        await asyncio.sleep(REPLY_EVERY_S)
    return [seen[text] - at for text, at in asked.items()]


async def _opt_outs(running: Running, behind: int) -> list[float]:
    """The last people of the base, whose turn has not come. behind: the number behind the last one."""
    waits = []
    for number in range(behind - OPT_OUTS, behind):
        phone = person(number).phone
        contact = await running.contact(BUSY.name, phone)
        began = time.monotonic()
        await webhooks.write(running, BUSY, phone, "STOP")
        while not _has_refused(await running.get(f"/v1/contacts/{contact}")):
            _in_time(began + GIVEN_UP_S, "an opt-out was not heard")
            await asyncio.sleep(LOOK_AGAIN_S)
        waits.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, began + OPT_OUT_EVERY_S - time.monotonic()))
    return waits


def _has_refused(contact: Mapping[str, Any]) -> bool:
    return any(consent["kind"] == "opt_out" for consent in contact["consents"])


async def _pause(plan: Plan, running: Running, campaign: str) -> float:
    asked = time.time()
    await running.pause(campaign)
    await asyncio.sleep(SILENT_S)
    last = (await plan.provider.count())["last_at"]
    if last < asked - 1.0:
        raise RuntimeError("nothing was being sent when the pause came")
    return max(0.0, last - asked)


def _in_time(deadline: float, otherwise: str) -> None:
    """*Raises*: RuntimeError, when it is later."""
    if time.monotonic() > deadline:
        raise RuntimeError(f"{otherwise} in {GIVEN_UP_S:.0f} s")
