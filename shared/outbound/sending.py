"""Sending: one parcel, job by job, to the provider. Owns the order of a send; each step errs towards not sending.

    lease opened → slot → permit → mark (on disk) → first byte → answer → settlement (on disk) → permit given back

What an error means is in its class (`shared.ground.errors`), what becomes of the request in `shared.ground.outcomes`;
here is what the ledger is told. The order of a send outside of campaigns is in `shared.conversations.dispatching`.
"""

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.drain import Drain
from shared.ground.errors import SendError, TemplateUnusable
from shared.ground.http import UNANSWERED
from shared.ground.ids import CampaignId, LeaseId, Nonce, Reference, SenderId
from shared.ground.insist import insist
from shared.ground.lua import OUTAGE
from shared.ground.outcomes import Fate, Outcome, outcome_of
from shared.ledger.model import Kind, MarkRefusal, Settlement
from shared.ledger.store import Ledger
from shared.outbound.braking import Braking
from shared.outbound.parcels import Job, Parcels
from shared.people.aliases import Source
from shared.people.noting import Note, Noting
from shared.providers.answers import answer_to
from shared.providers.client import ProviderClient
from shared.providers.messages import Receipt, TemplateMessage
from shared.senders.limits.pacer import Pacer, PairTaken, Turn
from shared.senders.limits.slot import Slot
from shared.senders.limits.store import Lane
from shared.senders.throttling import Throttling
from shared.templates.current import WantedTemplate, current_message
from shared.templates.pins import Pins
from shared.templates.registry import TemplateRegistry

KINDS = {
    Fate.FAILED: Kind.FAILED,
    Fate.SUPPRESSED: Kind.SUPPRESSED,
    Fate.DEFERRED: Kind.DEFER,
    Fate.UNCONFIRMED: Kind.UNKNOWN,
    Fate.RETURNED: Kind.RETURN,  # its campaign pauses
}

NOTE_PATIENCE_S = 0.03  # no permit is held, and no contact answers so soon

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SendTiming:
    """lease: how long an opened lease lasts. freshness: how long after its slot a job that is marked may still be sent."""

    lease: timedelta
    freshness: timedelta


@dataclass(frozen=True, slots=True)
class Sending:
    """One per process. *Effects*: everything that `send_parcel` says, once, however often it is asked."""

    parcels: Parcels
    ledger: Ledger
    throttling: Throttling
    braking: Braking
    noting: Noting
    templates: TemplateRegistry
    clients: Mapping[SenderId, ProviderClient]
    pacer_of: Callable[[Campaign], Pacer]
    timing: SendTiming
    secret: bytes
    now: Now
    _drain: Drain = field(default_factory=Drain)

    def drain(self) -> None:
        """Begin nothing more: what waits for a slot goes back, what is on the wire is finished."""
        self._drain.begin()

    async def send_parcel(self, campaign_id: CampaignId, lease_id: LeaseId, nonce: Nonce) -> SenderId | None:
        """Open the lease and send its jobs. Answers the sender, which may have room again; None for a stale message.

        *Raises*: BackendUnavailable before anything was begun; the lease runs out and is swept.
        """
        campaign = await self.parcels.campaign(campaign_id)
        if campaign.sender not in self.clients:
            log.error(
                "sender_not_configured", sender=campaign.sender, remedy="start this worker with the same oriel.toml"
            )
            telemetry.PARCELS.labels("not-ours").inc()
            return None  # unopened, the lease runs out and is given to a worker that knows the sender
        await self.parcels.read_pins(campaign_id)
        lease = await self.ledger.open_lease(campaign_id, lease_id, nonce, self.timing.lease)
        if lease is None:
            telemetry.PARCELS.labels("stale").inc()
            return None
        postponed: dict[int, datetime] = {}
        await self._send_all(await self.parcels.jobs(campaign, lease, nonce), postponed)
        await self.ledger.close_lease(campaign_id, lease_id, nonce, lease.ordinals, postponed)
        return campaign.sender

    async def _send_all(self, jobs: Sequence[Job], postponed: dict[int, datetime]) -> None:
        """postponed: filled with the jobs that must wait for another one of the same contact, and until when.

        Slots that came after the lease's end would be nobody's, so the jobs that still wait for one then are given up.
        """
        tasks = [asyncio.create_task(self._run(job, postponed)) for job in jobs]
        lease_s = self.timing.lease.total_seconds()
        lease_ends = asyncio.get_running_loop().call_later(lease_s, self._drain.give_up, tasks)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        lease_ends.cancel()
        _report(jobs, outcomes)

    async def _run(self, job: Job, postponed: dict[int, datetime]) -> None:
        if self._drain.is_on:
            return
        receipt: Receipt | None = None
        try:
            with self._drain.before_mark() as wait:
                async with self.pacer_of(job.campaign).turn(job.contact, job.owner) as turn:
                    wait.end()  # from here to the settlement nothing interrupts
                    receipt = await self._take_turn(job, turn)
        except PairTaken as taken:
            postponed[job.ordinal] = self.now() + timedelta(milliseconds=taken.for_ms)
        if receipt is not None:
            await self._note(job, receipt)

    async def _take_turn(self, job: Job, turn: Turn) -> Receipt | None:
        """A permit is held and the slot is near: mark, send in the slot or another one, settle. Returns what was accepted.

        A mark that was written and not heard of would leave its job unconfirmed, though nothing was sent: asked again it is
        answered the same, and given back because it is too late.
        """
        fresh_until = min(turn.slot.begins + self.timing.freshness.total_seconds(), self._deadline_of(job))
        try:
            message = await self._message(job)
        except TemplateUnusable as error:
            await self._consider(job, error)
            return None
        attempt = await insist(partial(self.ledger.mark, job.mark))
        if isinstance(attempt, MarkRefusal):
            telemetry.UNMARKED.labels(attempt.value).inc()
            return None
        request = partial(self._request, job, message, attempt)
        answer: Receipt | SendError | None = await turn.send(request, fresh_until)
        if answer is None:
            telemetry.UNMARKED.labels("too-late").inc()
            await self._settle(job, attempt, Kind.RETURN)
        elif isinstance(answer, Receipt):
            patience_s = turn.patience_s
            await self._settle(job, attempt, Kind.ACCEPTED, answer.provider_message_id, patience_s=patience_s)
            await self._note_accepted(job)
            return answer
        else:
            believed = self.throttling.believe(answer, Lane.CAMPAIGNS)
            outcome = outcome_of(believed, self.now(), random.random(), attempt)  # noqa: S311 (spreads, does not hide)
            await self._settle(job, attempt, KINDS[outcome.fate], "", outcome, believed)
            await self._consider(job, answer)
        return None

    def _deadline_of(self, job: Job) -> float:
        """The campaign's, in seconds of the loop's clock: what was marked just before it does not leave after it."""
        deadline_at = job.campaign.rules.deadline_at
        if deadline_at is None:
            return math.inf
        return asyncio.get_running_loop().time() + (deadline_at - self.now()).total_seconds()

    async def _message(self, job: Job) -> TemplateMessage:
        """*Raises*: TemplateUnusable, by the template with which the campaign was last started or resumed."""
        campaign = job.campaign.id
        with suppress(TemplateUnusable):
            wanted = _wanted(job, self.parcels.pinned(campaign))
            return await current_message(self.templates, wanted, job.row.address)
        with suppress(*OUTAGE):
            await self.parcels.read_pins(campaign)
        return await current_message(self.templates, _wanted(job, self.parcels.pinned(campaign)), job.row.address)

    async def _request(
        self, job: Job, message: TemplateMessage, attempt: int, slot: Slot
    ) -> Receipt | SendError | None:
        sender, deadline_at = job.campaign.sender, job.campaign.rules.deadline_at
        if deadline_at is not None:
            message = replace(message, valid_for=deadline_at - self.now())
        reference = Reference(job.campaign.id, job.ordinal, attempt).sign(self.secret)
        return await answer_to(sender, self.clients[sender].send_template(message, reference, slot.ends))

    async def _settle(
        self,
        job: Job,
        attempt: int,
        kind: Kind,
        message: str = "",
        outcome: Outcome | None = None,
        error: SendError | None = None,
        *,
        patience_s: float = 0.0,
    ) -> None:
        words = ("", "", None) if outcome is None else (outcome.code, outcome.reason, outcome.due)
        settlement = Settlement(
            job.campaign.id, job.ordinal, attempt, kind, self.now(), job.lease, message, *words,
            may_concern_all=error is not None and error.may_concern_all,
            is_unanswered=error is not None and error.code in UNANSWERED,
        )  # fmt: skip
        await insist(partial(self.ledger.settle, settlement, patience_s))

    async def _note_accepted(self, job: Job) -> None:
        try:
            await self.throttling.note_accepted(job.campaign.sender, Lane.CAMPAIGNS)
        except OUTAGE as outage:
            log.warning("hold_not_ended", sender=job.campaign.sender, error=str(outage))

    async def _note(self, job: Job, receipt: Receipt) -> None:
        """Where the provider calls the contact otherwise than we did, its answer will come under that name. A status says
        it again, if the store is away now.
        """
        tenant, sender = job.campaign.tenant, job.campaign.sender
        note = Note(tenant, sender, receipt.provider_message_id, job.row.address, receipt.names)
        try:
            await self.noting.note(note, Source.ANSWER, NOTE_PATIENCE_S)
        except OUTAGE as outage:
            log.warning("recipient_not_noted", campaign=job.campaign.id, error=str(outage))

    async def _consider(self, job: Job, error: SendError) -> None:
        """The limiter and the brakes come after the job's own outcome: the next refusal asks them again."""
        campaign = job.campaign
        try:
            heeded = await self.throttling.heed(campaign.sender, error, Lane.CAMPAIGNS)
            await self.braking.consider(campaign, job.row.address, heeded)
        except OUTAGE as outage:
            log.warning("brake_not_applied", campaign=campaign.id, code=error.code, error=str(outage))


def _wanted(job: Job, pins: Pins) -> WantedTemplate:
    """In the row's language, else in those of the campaign's rules, else in the campaign's own."""
    campaign, row = job.campaign, job.row
    languages = (row.language or campaign.template_language, *campaign.rules.languages)
    return WantedTemplate(
        campaign.sender, campaign.template_name, campaign.template_language, row.parameters, languages, pins
    )


def _report(jobs: Sequence[Job], outcomes: Sequence[BaseException | None]) -> None:
    """Count and log faults that are no provider's answer; their jobs go back with the lease, or are swept."""
    faults = [o for o in outcomes if o is not None and not isinstance(o, asyncio.CancelledError)]
    telemetry.PARCELS.labels("faulty" if faults else "done").inc()
    for fault in faults[:1]:
        log.warning(
            "parcel_incomplete", campaign=jobs[0].campaign.id, lease=jobs[0].lease, jobs=len(faults), error=str(fault),
            kind=type(fault).__name__, exc_info=None if isinstance(fault, OUTAGE) else fault,
        )  # fmt: skip
