"""Reconciling: requests without an answer are looked for in the provider's own list of messages.

Owns when a job is looked for and what the list's word changes. A message that is found is a status like any other, applied
by `settling`; with none found the job's record says so, and the campaign's rule decides (`sweeping`). The match itself is
pure, in `shared.providers.reconciling`.

Decision: the notes of looks are this process's own. Another janitor looks once more, which costs a question and changes
nothing. What was found out after the quiet time is kept in the ledger.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import NotFound, SendError
from shared.ground.ids import CampaignId, Reference, SenderId
from shared.inbound.settling import Settling
from shared.ledger.model import Kind, Settlement, Unknown
from shared.ledger.pages import JobRow
from shared.ledger.states import JobState
from shared.ledger.store import Ledger
from shared.people.noting import Noting
from shared.providers.client import ProviderClient
from shared.providers.events import StatusReported
from shared.providers.reconciling import Finding, Listed, Listing, Match, Sought, is_in_doubt, match
from shared.templates.registry import AmbiguousTemplate, TemplateRegistry
from shared.templates.store import PinStore

LOOKS_KEPT = 100_000  # of jobs that were looked for before their quiet time, at about 200 B each
REST = timedelta(seconds=10)  # of a sender whose provider did not answer
PAGE = 100  # jobs read at once
SAID = frozenset({Finding.ABSENT, Finding.SEVERAL, Finding.UNCLEAR})

log: BoundLogger = get_logger(__name__)

Look = tuple[CampaignId, int, int]
"""Campaign, ordinal, attempt."""


@dataclass(frozen=True, slots=True)
class Patience:
    """first_after: how old an unknown outcome is at its first look; a status may come until then.  quiet: how old it is
    when the list's silence counts.  a_round: looks a sender and round; 0 looks for nobody.
    """

    first_after: timedelta
    quiet: timedelta
    a_round: int


@dataclass(frozen=True, slots=True)
class Reconciling:
    campaigns: CampaignStore
    ledger: Ledger
    settling: Settling
    noting: Noting
    templates: TemplateRegistry
    pins: PinStore
    clients: Mapping[SenderId, ProviderClient]
    patience: Patience
    secret: bytes
    now: Now
    _open: dict[CampaignId, SenderId] = field(default_factory=dict)
    _looked: OrderedDict[Look, None] = field(default_factory=OrderedDict)
    _rests: dict[SenderId, datetime] = field(default_factory=dict)

    async def round(self) -> int:
        """Look for some jobs of every sender; return how many were found. *Raises*: BackendUnavailable."""
        if not self.patience.a_round:
            return 0
        await self._open_campaigns()
        by_sender: dict[SenderId, list[CampaignId]] = {}
        for campaign, sender in self._open.items():
            by_sender.setdefault(sender, []).append(campaign)
        found = await asyncio.gather(*(self._round_of(sender, some) for sender, some in by_sender.items()))
        return sum(found)

    async def _open_campaigns(self) -> None:
        """Those with unconfirmed jobs. A campaign that finishes meanwhile stays open here until all were looked for."""
        for campaign, sender in (await self.campaigns.active()).items():
            if sender in self.clients and self.clients[sender].lists_messages:
                self._open.setdefault(campaign, sender)
        campaigns = list(self._open)
        for campaign, standing in zip(campaigns, await self._standings(campaigns), strict=True):
            if standing is None or not standing:
                del self._open[campaign]

    async def _standings(self, campaigns: Sequence[CampaignId]) -> list[int | None]:
        """How many jobs of each are unconfirmed; None once a campaign is gone."""
        if not campaigns:
            return []
        try:
            return [one.counts[JobState.UNCONFIRMED] for one in await self.ledger.standings(campaigns)]
        except NotFound:
            return [await self._unconfirmed_of(campaign) for campaign in campaigns]

    async def _unconfirmed_of(self, campaign: CampaignId) -> int | None:
        try:
            return (await self.ledger.standing(campaign)).counts[JobState.UNCONFIRMED]
        except NotFound:
            return None

    async def _round_of(self, sender: SenderId, campaigns: Sequence[CampaignId]) -> int:
        found, left, rests_until = 0, self.patience.a_round, self._rests.get(sender)
        if rests_until is not None and self.now() < rests_until:
            return 0
        for campaign in campaigns:
            wanted = await self._wanted(campaign, left)
            left -= len(wanted)
            try:
                found += await self._look_for(campaign, wanted)
            except NotFound:
                self._open.pop(campaign, None)
            except SendError as error:
                self._rests[sender] = self.now() + REST
                log.warning("provider_not_asked", sender=sender, code=error.code, why=error.gloss)
                break
            if left <= 0:
                break
        return found

    async def _wanted(self, campaign: CampaignId, most: int) -> list[Unknown]:
        """Jobs whose time to be looked for has come, the oldest first."""
        wanted: list[Unknown] = []
        after = 0
        while len(wanted) < most:
            unknown = await self.ledger.unconfirmed(campaign, self.patience.first_after, after, PAGE)
            wanted += [one for one in unknown if self._is_due(campaign, one)]
            after += len(unknown)
            if len(unknown) < PAGE:
                break
        return wanted[:most]

    def _is_due(self, campaign: CampaignId, unknown: Unknown) -> bool:
        if unknown.job.state is not JobState.UNCONFIRMED or unknown.job.reason in SAID:
            return False
        return self._is_quiet(unknown) or _look(campaign, unknown) not in self._looked

    def _is_quiet(self, unknown: Unknown) -> bool:
        return self.now() - unknown.since >= self.patience.quiet

    async def _look_for(self, campaign_id: CampaignId, wanted: Sequence[Unknown]) -> int:
        """*Raises*: NotFound; a leaf of SendError."""
        if not wanted:
            return 0
        campaign = await self.campaigns.get(campaign_id)
        started_at = (await self.ledger.standing(campaign_id)).started_at or campaign.created_at
        found = 0
        for unknown in wanted:
            row = await self.ledger.row(campaign_id, unknown.job.ordinal)
            if row is None:
                continue
            seen = await self._ask(campaign, unknown, row, started_at)
            telemetry.RECONCILED.labels(seen.finding.value).inc()
            found += await self._apply(campaign, unknown, seen)
        return found

    async def _ask(self, campaign: Campaign, unknown: Unknown, row: JobRow, started_at: datetime) -> Match:
        text = await self._text(campaign, row)
        sought = Sought(row.address, started_at, unknown.since, text, self._reference(campaign, unknown))
        listing = await self.clients[campaign.sender].list_messages(sought)
        if listing is None:
            return Match(Finding.UNCLEAR)
        return match(sought, listing, await self._known(campaign.sender, sought, listing))

    async def _known(self, sender: SenderId, sought: Sought, listing: Listing) -> set[str]:
        """Ids of messages that are noted: each is another job's, another attempt's or an agent's."""
        ids = [one.provider_message_id for one in listing.messages if is_in_doubt(sought, one)]
        return {one for one in ids if await self.noting.find_recipient(sender, one) is not None}

    async def _text(self, campaign: Campaign, row: JobRow) -> str:
        """As the contact reads it; empty where the template is not known any more."""
        languages = (row.language or campaign.template_language, *campaign.rules.languages)
        try:
            template = self.templates.choose(
                campaign.sender, campaign.template_name, languages, campaign.template_language, row.parameters,
                await self.pins.of(campaign.id),
            )  # fmt: skip
        except (NotFound, AmbiguousTemplate):
            return ""
        return template.render(row.parameters) if template.takes_exactly(row.parameters) else ""

    def _reference(self, campaign: Campaign, unknown: Unknown) -> str:
        return Reference(campaign.id, unknown.job.ordinal, unknown.job.sent_attempt).sign(self.secret)

    async def _apply(self, campaign: Campaign, unknown: Unknown, seen: Match) -> bool:
        """Whether the job was found."""
        if seen.message is not None:
            client = self.clients[campaign.sender]
            event = _status(seen.message, self._reference(campaign, unknown))
            await self.settling.apply(client.dialect.name, campaign.sender, event)
            log.info("unconfirmed_found", campaign=campaign.id, ordinal=unknown.job.ordinal)
            return True
        if self._is_quiet(unknown):
            job = unknown.job
            await self.ledger.settle(
                Settlement(campaign.id, job.ordinal, job.sent_attempt, Kind.NOTE, self.now(), reason=seen.finding.value)
            )
        else:
            self._looked[_look(campaign.id, unknown)] = None
            while len(self._looked) > LOOKS_KEPT:
                self._looked.popitem(last=False)
        return False


def _look(campaign: CampaignId, unknown: Unknown) -> Look:
    return campaign, unknown.job.ordinal, unknown.job.sent_attempt


def _status(listed: Listed, reference: str) -> StatusReported:
    return StatusReported(
        listed.status, listed.provider_message_id, reference, listed.at, listed.error, listed.addresses
    )
