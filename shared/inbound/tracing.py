"""Tracing: which job a status is about that came without our reference. Owns the search by the provider's id.

A service of the provider's that has a status address of its own, or an app between us and the provider, drops the
reference. What is left is the id that the answer to our request carried, and it proves the job as well.

Decision: no index of providers' ids, which would cost every contact some 30 B for what few senders need. The status names
its recipient, or the note of the send does; the recipient's jobs are few, and one of them has the id. A job whose answer
never came has none: such a status proves nothing about it, and its outcome stays unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.campaigns.store import MAX_CAMPAIGNS_SEARCHED, CampaignStore
from shared.ground.ids import Reference, SenderId
from shared.ledger.store import Ledger
from shared.people.merging import Merging
from shared.people.noting import Noting
from shared.providers.client import ProviderClient
from shared.providers.events import StatusReported


@dataclass(frozen=True, slots=True)
class Tracing:
    """reach: how long after its start a campaign's messages are found, as for contacts' answers."""

    campaigns: CampaignStore
    ledger: Ledger
    noting: Noting
    merging: Merging
    clients: Mapping[SenderId, ProviderClient]
    reach: timedelta

    async def trace(self, sender: SenderId, event: StatusReported) -> Reference | None:
        """The attempt that the provider knows by the event's id; None if no job of this sender has it.

        *Raises*: BackendUnavailable.
        """
        client = self.clients.get(sender)
        if client is None or not event.provider_message_id:
            return None
        addresses = event.addresses or await self._noted(sender, event.provider_message_id)
        campaigns = await self.campaigns.started_since(sender, event.at - self.reach, MAX_CAMPAIGNS_SEARCHED)
        for address in addresses:
            contact = await self.merging.contacts.resolve(self.merging.id_of(client.account.tenant, address))
            for campaign, job in (await self.ledger.find_in(campaigns, contact.ids)).items():
                known = job.provider_message_id
                if known and client.dialect.is_same_message(known, event.provider_message_id):
                    return Reference(campaign, job.ordinal, job.sent_attempt)
        return None

    async def _noted(self, sender: SenderId, message: str) -> tuple[str, ...]:
        address = await self.noting.find_recipient(sender, message)
        return () if address is None else (address,)
