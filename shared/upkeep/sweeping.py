"""Sweeping: the periodic repair of campaigns. Expired leases, unknown outcomes, a split that is stuck, the end.

Owns what is done to each active campaign; the janitor decides when, and on which replica. Every step is a
compare-and-set, so two janitors at once do no harm. Hints of events and of single messages: `rehinting`.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign, UnconfirmedPolicy
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import Conflict, NotFound
from shared.ground.hints import Hints
from shared.ground.ids import BY_ORIEL, CampaignId, SenderId
from shared.ground.lua import OUTAGE
from shared.ledger.model import JobRecord, Kind, Settlement, Standing
from shared.ledger.states import OPEN_FOR_CONTACTS, CampaignState, JobState, Move
from shared.ledger.store import Ledger
from shared.ledger.uploads import UploadStore
from shared.outbound.releasing import room_for
from shared.people.consenting import Consenting
from shared.providers.reconciling import Finding
from shared.rules.verdict import Reason
from shared.upkeep.liveness import Liveness, worker_of

LOOKED_FOR_WITHIN = timedelta(hours=1)  # then a provider that is not there to be asked delays a campaign's end no more
JOINS_WITHIN = timedelta(seconds=30)  # an upload that is complete; a longer one is only joined by two processes at once
TOLD_WITHIN = timedelta(seconds=30)  # agreements, by the process that records them; later ones are only told twice
ENOUGH = 0.625  # of a second's work: with parcels of half of it, one process is below only just before the next
ENDED = {CampaignState.FINISHED, CampaignState.CANCELLED}

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resending:
    """For `unconfirmed = "resend"`. attempts: the most of one job.  listed: senders whose provider lists its messages: only
    a job that it does not list is sent again.
    """

    attempts: int
    listed: Collection[SenderId] = ()


async def _nobody() -> None:
    """Nobody asks whether it goes on."""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """unconfirmed_after: how long a late status may resolve an unknown outcome. reopens_for: how long after its end a
    campaign opens again for a failure that may be tried again. rates: of each sender, messages per second.
    """

    campaigns: CampaignStore
    ledger: Ledger
    uploads: UploadStore
    hints: Hints
    liveness: Liveness
    consenting: Consenting
    unconfirmed_after: timedelta
    reopens_for: timedelta
    resending: Resending
    now: Now
    rates: Mapping[SenderId, float]
    _planned: dict[CampaignId, int] = field(default_factory=dict)
    _finished: set[CampaignId] = field(default_factory=set)
    _in_flight: dict[CampaignId, int] = field(default_factory=dict)

    async def tick(self, swept: Callable[[], Awaitable[None]] = _nobody) -> Mapping[CampaignId, SenderId]:
        """Sweep all active campaigns; return those that go on. A fault in one campaign holds up no other.

        swept: called after each of them. A tick over thousands, or with a slow store, takes minutes.
        *Raises*: BackendUnavailable.
        """
        active = dict(await self.campaigns.active())
        for campaign in list(active):
            try:
                if await self.sweep(campaign):
                    del active[campaign]
            except NotFound:
                await self.campaigns.deactivate(campaign)
                del active[campaign]
            except OUTAGE:
                raise
            except Exception:
                log.exception("campaign_not_swept", campaign=campaign)
            await swept()
        for sender in self._short_of_work(active):
            await self.hints.release(sender)
        await self.consenting.tell_again(TOLD_WITHIN)
        self._in_flight.clear()
        await self._open_for_those_who_agreed()
        await self._join_uploads()
        return active

    def _short_of_work(self, active: Mapping[CampaignId, SenderId]) -> set[SenderId]:
        """Senders with less than ENOUGH of what they may have in flight. The end of each parcel hints at the next ones, but
        such a hint may be lost, or come late where several processes end their parcels at once. Forty busy senders would
        cost as many hints again as their parcels do.
        """
        in_flight = Counter[SenderId]()
        for campaign, sender in active.items():
            in_flight[sender] += self._in_flight.get(campaign, 0)
        return {
            sender for sender, jobs in in_flight.items() if jobs < ENOUGH * room_for(self.rates.get(sender, 0.0), 0)
        }

    async def _open_for_those_who_agreed(self) -> None:
        """A campaign whose base has no opt-ins finishes at once; those that come afterwards open it again. It is in the
        index before it runs, so that opt-outs reach it.
        """
        finished = await self.campaigns.reopenable(self.now())
        for campaign in await self.campaigns.get_many(await self.ledger.which_have_agreed(finished)):
            if not await self._is_anybody_lacking_only_that(campaign.id):
                continue
            await self.campaigns.activate(campaign)
            if await self.ledger.reopen(campaign.id):
                log.info("campaign_reopened", campaign=campaign.id)
            await self.campaigns.activate(campaign)  # another janitor may have taken it off in between
            await self.hints.split(campaign.id)

    async def _is_anybody_lacking_only_that(self, campaign: CampaignId) -> bool:
        """Whether one of those who agreed was suppressed for want of an opt-in, and not for another reason."""
        while ordinals := await self.ledger.agreed(campaign):
            if any(job.reason == Reason.NO_OPT_IN for job in await self.ledger.jobs(campaign, ordinals)):
                return True
            await self.ledger.forget_agreed(campaign, ordinals)
        return False

    async def _join_uploads(self) -> None:
        """Hint at uploads whose process died while they joined. Their campaigns may be drafts, which are not active."""
        for campaign, upload in await self.uploads.stuck(JOINS_WITHIN):
            if await self._takes_contacts(campaign):
                await self.hints.split(campaign)
            else:
                await self.uploads.withdraw(campaign, upload)

    async def _takes_contacts(self, campaign: CampaignId) -> bool:
        try:
            return (await self.ledger.standing(campaign)).state in OPEN_FOR_CONTACTS
        except NotFound:
            return False

    async def sweep(self, campaign: CampaignId) -> bool:
        """Sweep one campaign; True once none of its jobs can be sent any more."""
        await self._expire_leases_of_the_dead(campaign)
        back, unknown = await self.ledger.sweep(campaign)
        if back or unknown:
            telemetry.SWEPT.labels("pending").inc(back)
            telemetry.SWEPT.labels("unconfirmed").inc(unknown)
            log.info("leases_swept", campaign=campaign, given_back=back, unconfirmed=unknown)
        standing = await self._expired(campaign, await self.ledger.standing(campaign))
        self._in_flight[campaign] = standing.in_flight
        if standing.state not in ENDED:
            self._finished.discard(campaign)
        await self._resend_unconfirmed(campaign, standing)
        if await self._is_split_stuck(campaign, standing):
            await self.hints.split(campaign)
        return await self._finish(campaign, standing)

    async def _expired(self, campaign: CampaignId, standing: Standing) -> Standing:
        """The standing after its waiting jobs have ended, if its deadline has come; also while it is paused."""
        if standing.deadline_at is None or standing.deadline_at > self.now() or not standing.waiting:
            return standing
        if expired := await self.ledger.expire(campaign):
            log.info("jobs_expired", campaign=campaign, jobs=expired)
        return await self.ledger.standing(campaign)

    async def _expire_leases_of_the_dead(self, campaign: CampaignId) -> None:
        workers = {
            lease: worker
            for lease, nonce in (await self.ledger.lease_holders(campaign)).items()
            if (worker := worker_of(nonce)) is not None
        }
        dead = await self.liveness.dead(workers.values())
        await self.ledger.expire_leases(campaign, [lease for lease, worker in workers.items() if worker in dead])

    async def _resend_unconfirmed(self, campaign: CampaignId, standing: Standing) -> None:
        """Resend unconfirmed jobs, only for a campaign with the rule `unconfirmed = "resend"`."""
        if standing.state is not CampaignState.RUNNING or not standing.counts[JobState.UNCONFIRMED]:
            return
        made = await self.campaigns.get(campaign)
        if made.rules.unconfirmed is not UnconfirmedPolicy.RESEND:
            return
        after = 0
        while unknown := await self.ledger.unconfirmed(campaign, self.unconfirmed_after, after):
            after += len(unknown) - sum([await self._is_resent(made, one.job) for one in unknown])

    async def _is_resent(self, campaign: Campaign, job: JobRecord) -> bool:
        """False also where the campaign was paused, or a status came, in between."""
        if not self._may_resend(campaign.sender, job):
            return False
        resending = Settlement(campaign.id, job.ordinal, job.attempt, Kind.RESEND, self.now())
        return await self.ledger.settle(resending) is JobState.PENDING

    def _may_resend(self, sender: SenderId, job: JobRecord) -> bool:
        is_absent = sender not in self.resending.listed or job.reason == Finding.ABSENT
        return job.state is JobState.UNCONFIRMED and is_absent and job.attempt < self.resending.attempts

    async def _is_split_stuck(self, campaign: CampaignId, standing: Standing) -> bool:
        """Whether rows wait to be split, and no split made progress since the last tick.

        Or whether jobs wait to be judged again, or to be tried again.
        """
        has_moved = self._planned.get(campaign) != standing.planned
        self._planned[campaign] = standing.planned
        if standing.started_at is not None and standing.planned < standing.pages:
            return not has_moved
        if standing.redrive is not None or await self.uploads.list_complete(campaign):
            return True
        return await self.ledger.has_agreed(campaign)

    async def _finish(self, campaign: CampaignId, standing: Standing) -> bool:
        if standing.state in ENDED:
            return standing.in_flight == 0 and await self._leave(campaign, standing)
        if standing.state is not CampaignState.RUNNING or standing.waiting or standing.in_flight:
            return False
        rules = (await self.campaigns.get(campaign)).rules
        if rules.open and (standing.deadline_at is None or standing.deadline_at > self.now()):
            return False
        keeps = self.unconfirmed_after
        if rules.unconfirmed is UnconfirmedPolicy.RESEND and await self._is_any_looked_for(campaign, standing):
            keeps += LOOKED_FOR_WITHIN
        try:
            finished = await self.ledger.control(
                campaign, Move.FINISH, BY_ORIEL, unconfirmed_after=keeps, reopens_for=self.reopens_for
            )
        except Conflict:
            return False  # somebody paused or cancelled it in between
        if finished:
            await self._deactivate(campaign)
            log.info("campaign_finished", campaign=campaign)
        return finished

    async def _is_any_looked_for(self, campaign: CampaignId, standing: Standing) -> bool:
        """Whether the provider's list may still say that an unconfirmed job was not accepted, so that it is sent again."""
        if not standing.counts[JobState.UNCONFIRMED]:
            return False
        if (await self.campaigns.get(campaign)).sender not in self.resending.listed:
            return False
        after = 0
        while unknown := await self.ledger.unconfirmed(campaign, self.unconfirmed_after, after):
            if any(one.job.reason not in set(Finding) and one.job.attempt < self.resending.attempts for one in unknown):
                return True
            after += len(unknown)
        return False

    async def _leave(self, campaign: CampaignId, standing: Standing) -> bool:
        """Take an ended campaign off the index; a finished one at the second look, since a status may be opening it again.

        A cancelled campaign comes here once its leases are back.
        """
        if standing.state is CampaignState.FINISHED and campaign not in self._finished:
            self._finished.add(campaign)
        else:
            self._finished.discard(campaign)
            await self._deactivate(campaign)
        return True

    async def _deactivate(self, campaign: CampaignId) -> None:
        """Who is suppressed in it may agree later: it is noted for them first, so that it is always in one of the two.

        Looked at again afterwards: a status may have opened it in between, and what runs must be in the index.
        """
        ended = await self.ledger.standing(campaign)
        if (
            ended.finished_at is not None
            and ended.state is CampaignState.FINISHED
            and ended.counts[JobState.SUPPRESSED]
        ):
            await self.campaigns.keep_reopenable(campaign, ended.finished_at + self.reopens_for)
        await self.campaigns.deactivate(campaign)
        if (await self.ledger.standing(campaign)).state not in ENDED:
            await self.campaigns.activate(await self.campaigns.get(campaign))
