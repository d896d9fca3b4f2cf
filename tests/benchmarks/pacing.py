"""Sending at a number's rate, watched for some seconds. Owns the window; the measures own installations and figures."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.configuration import Sender
from tests.benchmarks.course import Provider
from tests.benchmarks.installation import Running
from tests.benchmarks.machine import processor_s, spent_s
from tests.benchmarks.message import base, person

RAMP_S = 1.5  # until every loop has found its pace
PARCELS_S = 2.0  # of sending that is left when the window ends, so that nobody is short of work in it


@dataclass(frozen=True)
class Window:
    """messages: accepted in it. seconds: its length. spent: seconds of processor time by process.

    senders: address → what the provider saw of it over the whole turn (`Provider.summary`).
    """

    messages: float
    seconds: float
    spent: Mapping[str, float]
    senders: Mapping[str, Mapping[str, Any]]

    @property
    def us_each(self) -> float:
        """Processor time a message, all processes and the store."""
        return sum(self.spent.values()) * 1e6 / self.messages


async def watch(running: Running, provider: Provider, senders: Sequence[Sender], seconds: float, first: int) -> Window:
    """Each sender writes to people of its own for so long, of which the middle is the window. first: the first person."""
    campaigns = []
    for sender in senders:
        rows = round(sender.rate * (RAMP_S + seconds + PARCELS_S))
        people = base(person(number) for number in range(first, first + rows))
        campaigns.append(await running.admitted(sender.name, people, rows))
        first += rows
    await provider.reset()
    await asyncio.gather(*(running.start(campaign) for campaign in campaigns))
    await provider.until(round(RAMP_S * sum(sender.rate for sender in senders)))
    window = await _window(running, provider, seconds)
    for campaign in campaigns:
        await running.cancel(campaign)
    summary = await provider.summary()
    if summary["duplicates"]:
        raise RuntimeError(f"{summary['duplicates']} contacts were written to again")
    return Window(*window, {sender.address: summary["senders"][sender.address] for sender in senders})


async def _window(running: Running, provider: Provider, seconds: float) -> tuple[float, float, dict[str, float]]:
    before, began, counted = processor_s(running.pids), time.monotonic(), await provider.count()
    await asyncio.sleep(seconds)
    after, ended, recounted = processor_s(running.pids), time.monotonic(), await provider.count()
    return recounted["requests"] - counted["requests"], ended - began, spent_s(before, after)
