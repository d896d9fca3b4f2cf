"""Braking: a template, a sender or credentials that cannot be used stop what would go on failing, with the reason.

Owns which campaigns an error stops. Only their state changes here; `mark.lua` refuses jobs of a paused campaign.
"""

from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import Again, Conflict, Disposition, SendError
from shared.ground.ids import CampaignId, contact_id
from shared.ground.keys import PAGE_ROWS
from shared.ground.phone import canonical
from shared.ledger.pages import unpack
from shared.ledger.states import Move
from shared.ledger.store import Ledger
from shared.people.consenting import Consenting, Refusal
from shared.people.contacts.store import ContactStore, Known

BY = "oriel"


@dataclass(frozen=True, slots=True)
class Braking:
    campaigns: CampaignStore
    ledger: Ledger
    contacts: ContactStore
    consenting: Consenting
    secret: bytes
    now: Now

    async def consider(self, campaign: Campaign, ordinal: int, error: SendError) -> None:
        """What an error means beyond its job. Safe to repeat."""
        match error.disposition:
            case Disposition.TEMPLATE_UNUSABLE:
                await self._pause([campaign.id], f"template-unusable:{error.code}")
            case Disposition.SENDER_UNUSABLE:
                await self._pause(await self._of_sender(campaign), f"sender-unusable:{error.code}")
            case Disposition.SUPPRESS:
                await self._stop(campaign, ordinal, error)
            case Disposition.NOT_ACCEPTED if error.again is Again.NEXT_DAY:
                await self._pause(await self._of_sender(campaign), f"daily-limit:{error.code}")
            case Disposition.REFUSED | Disposition.NOT_ACCEPTED | Disposition.UNKNOWN:
                pass

    async def _of_sender(self, campaign: Campaign) -> list[CampaignId]:
        return [other for other, sender in (await self.campaigns.active()).items() if sender == campaign.sender]

    async def _pause(self, campaigns: list[CampaignId], reason: str) -> None:
        for campaign in campaigns:
            try:
                if await self.ledger.control(campaign, Move.PAUSE, BY, reason):
                    telemetry.PAUSES.labels(reason.partition(":")[0]).inc()
            except Conflict:
                continue  # it ended by itself meanwhile: there is nothing left to stop

    async def _stop(self, campaign: Campaign, ordinal: int, error: SendError) -> None:
        """The contact refused us at the provider."""
        page = await self.ledger.page(campaign.id, ordinal // PAGE_ROWS)
        if page is None:
            return  # its retention has passed
        address = unpack(page)[ordinal % PAGE_ROWS].address
        contact = contact_id(self.secret, campaign.tenant, canonical(address))
        known = await self.contacts.resolve(contact)
        names = Known(known.contact, {contact: address, **known.addresses})
        await self.consenting.refuse(campaign.tenant, names, Refusal(f"provider:{error.code}", self.now(), error.scope))
