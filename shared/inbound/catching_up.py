"""Catching up: what a provider tells only when it is asked, or may have failed to tell: what became of messages that nobody
confirmed, who has refused on a list of its own. Owns when it was asked last.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.ground.clock import Now
from shared.ground.ids import SenderId
from shared.inbound.receiving import Receiving
from shared.providers.client import ProviderClient
from shared.senders.store import NumberStore


@dataclass(frozen=True, slots=True)
class CatchingUp:
    clients: Mapping[SenderId, ProviderClient]
    receiving: Receiving
    numbers: NumberStore
    now: Now

    async def catch_up(self, sender: SenderId) -> int:
        """How many events there were; told as if by webhook. Interrupted, it is asked again from where it began.

        *Raises*: a leaf of SendError; BackendUnavailable.
        """
        client, now = self.clients[sender], self.now()
        events = await client.news(await self.numbers.asked_at(sender), now)
        for event in events:
            await self.receiving.told(client.dialect.name, sender, event)
        await self.numbers.asked(sender, now)
        return len(events)
