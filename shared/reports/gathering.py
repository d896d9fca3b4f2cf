"""Gathering: all that is known of one contact, from every store, in one dossier. Reads only.

Owns who may have it: somebody of whom nothing is this tenant's is not found.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.campaigns.store import MAX_CAMPAIGNS_SEARCHED, CampaignStore
from shared.conversations.interactions.model import Interaction
from shared.conversations.interactions.store import InteractionStore
from shared.ground.errors import NotFound
from shared.ground.ids import InteractionId, SenderId, TenantId, UploadId
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Standing
from shared.ledger.store import Ledger
from shared.ledger.uploads import RowVerdict, UploadStore
from shared.people.consent.model import ConsentRecord
from shared.people.consent.store import ConsentStore
from shared.people.contacts.store import Identity
from shared.people.sessions.model import Session
from shared.people.sessions.store import SessionStore
from shared.reports.reporting import Place, Reported, Reporting
from shared.templates.pins import Pins
from shared.templates.registry import TemplateRegistry
from shared.templates.store import PinStore


@dataclass(frozen=True, slots=True)
class Placed:
    """A contact's job in one campaign, and what decides about it. category: of the campaign's template; None where it is
    not certain.
    """

    place: Place
    standing: Standing
    category: str | None

    @property
    def campaign(self) -> Campaign:
        return self.place.campaign

    @property
    def reported(self) -> Reported:
        return self.place.reported

    @property
    def is_planned(self) -> bool:
        return self.reported.job.ordinal // PAGE_ROWS < self.standing.planned


@dataclass(frozen=True, slots=True)
class Told:
    """The newest row about a contact that became no new contact of a campaign: rejected, a duplicate, or a replacement."""

    campaign: Campaign
    upload: UploadId
    verdict: RowVerdict


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one contact. records: its consents that count, by field; history: all there were, by time.

    sessions: of every sender of the tenant. jobs: newest campaign first. interactions: the newest of each conversation.
    rows: of bases, that became no new contact; newest campaign first.
    """

    contact: Identity
    records: Mapping[str, ConsentRecord]
    history: Sequence[ConsentRecord]
    sessions: Mapping[SenderId, Session]
    jobs: Sequence[Placed]
    interactions: Sequence[Interaction]
    rows: Sequence[Told] = ()


@dataclass(frozen=True, slots=True)
class Gathering:
    campaigns: CampaignStore
    ledger: Ledger
    reporting: Reporting
    consent: ConsentStore
    sessions: SessionStore
    interactions: InteractionStore
    templates: TemplateRegistry
    pins: PinStore
    senders: Mapping[SenderId, TenantId]
    uploads: UploadStore

    async def dossier(self, tenant: TenantId, contact: Identity, is_proven: bool) -> Dossier:
        """is_proven: that it is this tenant's; else a place in one of its campaigns, or a row for it, has to prove it.

        *Raises*: NotFound for somebody of whom nothing is known, or nothing that is this tenant's.
        """
        campaigns = await self.campaigns.newest(tenant, None, MAX_CAMPAIGNS_SEARCHED)
        jobs, rows = await self._jobs(campaigns, contact), await self._rows(campaigns, contact)
        if not jobs and not rows and not is_proven:
            raise _unknown()
        (records,) = await self.consent.of([contact.contact])
        sessions = await self._sessions(tenant, contact)
        interactions = await self._interactions(tenant, contact)
        has_written = any(session.is_open for session in sessions.values()) or interactions
        if not (jobs or rows or records or has_written):
            raise _unknown()
        history = await self.consent.history(contact.contact)
        return Dossier(contact, records, history, sessions, jobs, interactions, rows)

    async def _rows(self, campaigns: Sequence[Campaign], contact: Identity) -> list[Told]:
        found = await self.uploads.verdicts_on([campaign.id for campaign in campaigns], contact.ids)
        return [
            Told(campaign, found[campaign.id].upload, found[campaign.id].verdict)
            for campaign in campaigns
            if campaign.id in found
        ]

    async def _jobs(self, campaigns: Sequence[Campaign], contact: Identity) -> list[Placed]:
        places = await self.reporting.jobs_of(campaigns, contact.ids)
        standings = await self.ledger.standings([place.campaign.id for place in places]) if places else []
        pins = await self.pins.of_many(place.campaign.id for place in places)
        return [
            Placed(place, standing, self._category(place.campaign, pins[place.campaign.id]))
            for place, standing in zip(places, standings, strict=True)
        ]

    def _category(self, campaign: Campaign, pins: Pins) -> str | None:
        return self.templates.category(campaign.sender, campaign.template_name, campaign.template_language, pins)

    async def _sessions(self, tenant: TenantId, contact: Identity) -> Mapping[SenderId, Session]:
        mine = [sender for sender, owner in self.senders.items() if owner == tenant]
        found = await asyncio.gather(*(self.sessions.get(contact.contact, sender) for sender in mine))
        return dict(zip(mine, found, strict=True))

    async def _interactions(self, tenant: TenantId, contact: Identity) -> list[Interaction]:
        found = [await self._interaction(one) for one in await self.interactions.of(*contact.ids)]
        mine = [one for one in found if one is not None and one.about.tenant == tenant]
        return sorted(mine, key=lambda one: one.updated_at, reverse=True)

    async def _interaction(self, interaction: InteractionId) -> Interaction | None:
        try:
            return await self.interactions.get(interaction)
        except NotFound:
            return None  # its retention has passed


def _unknown() -> NotFound:
    return NotFound(
        "contact-not-found",
        "Nothing is known of this contact: it is in no campaign, no consent of it is recorded, and it has not written.",
    )
