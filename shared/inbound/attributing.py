"""Attributing: which campaign a contact's message answers. Owns the order of the evidence.

First the message that it answers, as the provider names it; else the newest campaign of the sender that had written to
this contact by then; else none, and the message belongs to the sender. The answer is found once for each event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.campaigns.model import Campaign
from shared.campaigns.store import MAX_CAMPAIGNS_SEARCHED, CampaignStore
from shared.ground.clock import MAX_CLOCK_SKEW
from shared.ground.errors import NotFound
from shared.ground.ids import CampaignId, EventId, Reference, SenderId, read_reference
from shared.ground.keys import PAGE_ROWS
from shared.inbound.journal.heard import NOTHING, Heard, HeardStore
from shared.ledger.model import JobRecord
from shared.ledger.pages import JobRow, unpack
from shared.ledger.states import JobState
from shared.ledger.store import Ledger
from shared.people.contacts.store import Identity
from shared.providers.client import ProviderClient
from shared.providers.events import MessageReceived

WRITTEN_TO = frozenset(
    {
        JobState.SENDING,
        JobState.ACCEPTED,
        JobState.DELIVERED,
        JobState.READ,
        JobState.UNCONFIRMED,
    }
)

Same = Callable[[str, str], bool]
"""Whether two ids of a provider name one message."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The job that a message answers. row: the contact's row of the base, with the dialer's own columns.

    to_the_question: False if the message names another message of ours, such as an agent's reply; then it is no answer
    to the campaign's template.
    """

    campaign: Campaign
    job: JobRecord
    row: JobRow
    to_the_question: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a contact's message carries. reply_to: provider's id of our message. reference: our own reference, verified."""

    at: datetime
    reply_to: str | None = None
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class Attributing:
    """reach: how long after its start a campaign may be answered."""

    campaigns: CampaignStore
    ledger: Ledger
    heard: HeardStore
    secret: bytes
    reach: timedelta

    async def attribute(
        self, client: ProviderClient, contact: Identity, message: MessageReceived, event: EventId, heard: Heard
    ) -> Attribution | None:
        """The job that was answered; None if none was. Found once: an event that comes again answers the same campaign,
        whichever has written to the contact since. *Raises*: BackendUnavailable.
        """
        reference = read_reference(self.secret, message.reference) if message.reference else None
        named = reference if isinstance(reference, Reference) else None
        evidence, same = Evidence(heard.at, message.reply_to, named), client.dialect.is_same_message
        found, campaign = None, heard.campaign
        if not campaign:
            found = await self._find(client.account.sender, contact, evidence, same)
            campaign = await self.heard.record_campaign(event, NOTHING if found is None else found.campaign.id)
        if campaign == NOTHING:
            return None
        if found is not None and found.campaign.id == campaign:
            return found
        return await self._recall(CampaignId(campaign), contact, evidence, same)

    async def _find(self, sender: SenderId, contact: Identity, evidence: Evidence, same: Same) -> Attribution | None:
        candidates = await self.campaigns.started_since(sender, evidence.at - self.reach, MAX_CAMPAIGNS_SEARCHED)
        jobs = await self.ledger.find_in(candidates, contact.ids)
        chosen = _chosen(candidates, jobs, evidence, same)
        return None if chosen is None else await self._attribution(chosen, jobs[chosen], evidence, same)

    async def _recall(
        self, campaign: CampaignId, contact: Identity, evidence: Evidence, same: Same
    ) -> Attribution | None:
        """The same, for a campaign that was decided before."""
        job = (await self.ledger.find_in([campaign], contact.ids)).get(campaign)
        return None if job is None else await self._attribution(campaign, job, evidence, same)

    async def _attribution(
        self, campaign: CampaignId, job: JobRecord, evidence: Evidence, same: Same
    ) -> Attribution | None:
        packed = await self.ledger.page(campaign, job.ordinal // PAGE_ROWS)
        try:
            described = await self.campaigns.get(campaign)
        except NotFound:
            return None  # retention removed it between the two reads
        if packed is None:
            return None
        named, own = evidence.reply_to, job.provider_message_id
        to_the_question = named is None or not own or same(own, named)
        return Attribution(described, job, unpack(packed)[job.ordinal % PAGE_ROWS], to_the_question)


def _chosen(
    candidates: Sequence[CampaignId], jobs: Mapping[CampaignId, JobRecord], evidence: Evidence, same: Same
) -> CampaignId | None:
    """candidates: newest first."""
    held = [campaign for campaign in candidates if campaign in jobs and jobs[campaign].state in WRITTEN_TO]
    answered = evidence.reply_to
    if answered is not None:
        for campaign in held:
            if jobs[campaign].provider_message_id and same(jobs[campaign].provider_message_id, answered):
                return campaign
    named = evidence.reference
    if named is not None and named.campaign in held and jobs[named.campaign].ordinal == named.ordinal:
        return named.campaign
    before = [
        campaign for campaign in held if _accepted_at(jobs[campaign], evidence.at) <= evidence.at + MAX_CLOCK_SKEW
    ]
    return max(before, key=lambda campaign: _accepted_at(jobs[campaign], evidence.at), default=None)


def _accepted_at(job: JobRecord, otherwise: datetime) -> datetime:
    """When the job was accepted; `otherwise` if the answer came before the acceptance was recorded."""
    return job.times.get("accepted", otherwise)
