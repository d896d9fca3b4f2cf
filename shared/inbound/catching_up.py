"""Catching up: events that a provider gives only on request, or may have failed to deliver, such as late statuses and
its own list of opt-outs. Owns the time of the last request.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.ground.clock import Now
from shared.ground.ids import SenderId
from shared.inbound.routing import Routing
from shared.providers.client import ProviderClient
from shared.senders.store import NumberStore


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
        events = await client.poll(await self.numbers.polled_at(sender), now)
        for event in events:
            await self.routing.route(client.dialect.name, sender, event)
        await self.numbers.record_poll(sender, now)
        return len(events)
