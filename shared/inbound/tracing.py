"""Tracing: which job a status is about that came without our reference. Owns the search by the provider's id.

A service of the provider's that has a status address of its own, or an app between us and the provider, drops the
reference. What is left is the id that the answer to our request carried, and it proves the job as well.

Decision: no index of providers' ids beside the note of each send (`people.recipients`), which says to whom it went; that
contact's jobs are few, and one of them has the id. An id that is not noted is no message of ours: one question. Where
contacts' answers name no message (Wavy, Hey) nothing is noted, and the reference rides in the message itself. A job whose
answer never came has no id: such a status proves nothing about it, and its outcome stays unknown.
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
        """The attempt that the provider knows by the event's id; None if no job has it.

        sender: whose webhook it was; one URL may carry the statuses of all numbers of an account.
        *Raises*: BackendUnavailable.
        """
        speaker = self.clients.get(sender)
        if speaker is None or not event.provider_message_id:
            return None
        owners = (one for one, client in self.clients.items() if one != sender and speaker.may_speak_for(client))
        for owner in (sender, *owners):
            address = await self.noting.find_recipient(owner, event.provider_message_id)
            if address is not None:
                return await self._find_attempt(owner, address, event)
        return None

    async def _find_attempt(self, sender: SenderId, address: str, event: StatusReported) -> Reference | None:
        """address: as it stands in the job's row."""
        client = self.clients[sender]
        contact = self.merging.id_of(client.account.tenant, address)
        campaigns = await self.campaigns.started_since(sender, event.at - self.reach, MAX_CAMPAIGNS_SEARCHED)
        for campaign, job in (await self.ledger.find_in(campaigns, [contact])).items():
            known = job.provider_message_id
            if known and client.dialect.is_same_message(known, event.provider_message_id):
                return Reference(campaign, job.ordinal, job.sent_attempt)
        return None
