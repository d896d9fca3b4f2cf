"""Catching up: events that a provider gives only on request, or may have failed to deliver, such as late statuses and
its own list of opt-outs. Owns the time of the last request.
"""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shared.ground.clock import Now
from shared.ground.ids import SenderId
from shared.inbound.routing import Routing
from shared.providers.client import ProviderClient
from shared.providers.events import ProviderEvent
from shared.senders.store import NumberStore

EVENTS_TOGETHER: Final = 500  # parsed in some milliseconds


@dataclass(frozen=True, slots=True)
class CatchingUp:
    clients: Mapping[SenderId, ProviderClient]
    routing: Routing
    numbers: NumberStore
    now: Now

    async def catch_up(self, sender: SenderId) -> int:
        """Fetch the events since the last time, apply them as those of webhooks, and return their number.

        If it is interrupted, the next call starts from the same time again.
        *Raises*: a leaf of SendError; BackendUnavailable.
        """
        client, now = self.clients[sender], self.now()
        events = iter(await client.poll(await self.numbers.polled_at(sender), now))
        count = 0
        while some := await asyncio.to_thread(_take, events):
            for event in some:
                await self.routing.route(client.dialect.name, sender, event)
            count += len(some)
        await self.numbers.record_poll(sender, now)
        return count


def _take(events: Iterator[ProviderEvent]) -> list[ProviderEvent]:
    """The next of them. In a thread, since parsing a long list would hold up the loop for seconds."""
    return list(itertools.islice(events, EVENTS_TOGETHER))
