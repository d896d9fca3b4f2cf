"""Reopening: a failure that may be tried again is told of a finished campaign, and the campaign goes on.

Owns what must be true before the ledger opens it (`settle.lua`): it is in the index of active campaigns, so that opt-outs
reach it from now on, and the opt-out that the contact sent while it was finished is in it. Each step may be repeated.
"""

from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ledger.states import CampaignState
from shared.ledger.store import Ledger
from shared.people.consenting import Consenting
from shared.people.contacts.store import ContactStore
from shared.people.merging import Merging


@dataclass(frozen=True, slots=True)
class Reopening:
    """*Raises* everywhere: BackendUnavailable."""

    campaigns: CampaignStore
    ledger: Ledger
    contacts: ContactStore
    consenting: Consenting
    merging: Merging

    async def prepare(self, campaign: Campaign, address: str) -> None:
        """Before the failure is settled. address: of the message's row.

        Also where the campaign goes on: another's failure may have opened it, and the opt-out of this contact came while it
        was finished.
        """
        if (await self.ledger.standing(campaign.id)).state is not CampaignState.CANCELLED:
            await self._admit_refusal(campaign, address)

    async def go_on(self, campaign: Campaign, address: str) -> None:
        """After it was settled: meanwhile the campaign may have finished, the janitor may have taken it off the index, and
        the contact may have refused. The next tick releases it.
        """
        await self._admit_refusal(campaign, address)

    async def _admit_refusal(self, campaign: Campaign, address: str) -> None:
        """The index is written first and consent is read second; an opt-out writes consent first and reads the index
        second: so one of them always sees the other.
        """
        await self.campaigns.activate(campaign)
        contact = await self.contacts.resolve(self.merging.id_of(campaign.tenant, address))
        await self.consenting.apply_to(campaign, contact)
