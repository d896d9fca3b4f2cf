"""Sending: one parcel, job by job, to the provider. Owns the order of a send; each step errs towards not sending.

    permit → lease opened → slot → mark (on disk) → first byte → answer → settlement (on disk) → permit given back

What an error means is in its class (`shared.ground.errors`); here is what is done about it (`outcome_of`).
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import BackendUnavailable, Disposition, NotFound, SendError, TemplateUnusable
from shared.ground.ids import CampaignId, ContactId, LeaseId, Nonce, Reference, SenderId, contact_id
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import OUTAGE
from shared.ground.phone import canonical
from shared.ground.retry import next_attempt_at, not_accepted_until
from shared.ledger.model import Kind, Lease, Mark, Settlement, Unmarked
from shared.ledger.pages import JobRow, unpack
from shared.ledger.store import Ledger
from shared.outbound.braking import Braking
from shared.people.identifying import Identifying
from shared.providers.client import ProviderClient
from shared.providers.messages import Receipt, TemplateMessage
from shared.senders.limits.pacer import Pacer, PairTaken
from shared.senders.limits.store import LimitStore
from shared.templates.filling import message_of
from shared.templates.registry import TemplateRegistry

PAGES_KEPT = 256  # unpacked pages a process remembers: a parcel touches two or three, and parcels run side by side
ASK_AGAIN_S = 0.2  # between two tries to record a mark or an outcome while the store is away

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SendTiming:
    """lease: how long an opened lease lasts. freshness: how old a slot may be when its mark's answer comes."""

    lease: timedelta
    freshness: timedelta


@dataclass(frozen=True, slots=True)
class _Job:
    campaign: Campaign
    lease: LeaseId
    nonce: Nonce
    ordinal: int
    row: JobRow
    contact: ContactId


@dataclass(slots=True)
class _Parcel:
    """postponed: jobs that must wait for another of the same contact, until when."""

    lease: Lease
    postponed: dict[int, datetime] = field(default_factory=dict)


class Sending:
    """One per process. *Effects*: everything that `send_parcel` says, once, however often it is asked."""

    def __init__(
        self,
        campaigns: CampaignStore,
        ledger: Ledger,
        limits: LimitStore,
        braking: Braking,
        identifying: Identifying,
        templates: TemplateRegistry,
        clients: Mapping[SenderId, ProviderClient],
        pacer_of: Callable[[Campaign], Pacer],
        timing: SendTiming,
        secret: bytes,
        now: Now,
    ) -> None:
        self._campaigns = campaigns
        self._ledger = ledger
        self._limits = limits
        self._braking = braking
        self._identifying = identifying
        self._templates = templates
        self._clients = clients
        self._pacer_of = pacer_of
        self._timing = timing
        self._secret = secret
        self._now = now
        self._known: dict[CampaignId, Campaign] = {}
        self._pages: OrderedDict[tuple[CampaignId, int], list[JobRow]] = OrderedDict()
        self._before_mark: set[asyncio.Task[None]] = set()
        self._draining = False

    def drain(self) -> None:
        """Begin nothing more: what waits for a slot goes back, what is on the wire is finished."""
        self._draining = True
        self._give_up(self._before_mark)

    async def send_parcel(self, campaign_id: CampaignId, lease_id: LeaseId, nonce: Nonce) -> SenderId | None:
        """Open the lease and send its jobs. Answers the sender, which may have room again; None for a stale message.

        *Raises*: BackendUnavailable before anything was begun; the lease runs out and is swept.
        """
        campaign = await self._campaign(campaign_id)
        if campaign.sender not in self._clients:
            log.error(
                "sender_not_configured", sender=campaign.sender, remedy="start this worker with the same oriel.toml"
            )
            telemetry.PARCELS.labels("not-ours").inc()
            return None  # unopened, the lease runs out and is given to a worker that knows the sender
        lease = await self._ledger.open(campaign_id, lease_id, nonce, self._timing.lease)
        if lease is None:
            telemetry.PARCELS.labels("stale").inc()
            return None
        parcel = _Parcel(lease)
        jobs = [
            _Job(campaign, lease_id, nonce, ordinal, row, self._contact(campaign, row))
            for ordinal, row in await self._rows(lease)
        ]
        tasks = [asyncio.create_task(self._run(job, parcel)) for job in jobs]
        self._before_mark.update(tasks)
        if self._draining:
            self.drain()
        lease_s = self._timing.lease.total_seconds()
        lease_ends = asyncio.get_running_loop().call_later(lease_s, self._give_up, tasks)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        lease_ends.cancel()
        self._report(campaign, lease_id, outcomes)
        await self._ledger.close(campaign_id, lease_id, nonce, lease.ordinals, parcel.postponed)
        return campaign.sender

    def _give_up(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Those that still wait for a slot. One that came after the lease's end would be asked for, and be for nobody."""
        for task in [task for task in tasks if task in self._before_mark]:
            task.cancel()

    async def _run(self, job: _Job, parcel: _Parcel) -> None:
        task = asyncio.current_task()
        try:
            async with self._pacer_of(job.campaign).turn(job.contact, f"{job.campaign.id}:{job.ordinal}") as slot:
                if task is not None:
                    self._before_mark.discard(task)  # from here to the settlement nothing interrupts
                if not self._draining:
                    await self._in_turn(job, slot)
        except PairTaken as taken:
            parcel.postponed[job.ordinal] = self._now() + timedelta(milliseconds=taken.for_ms)
        finally:
            if task is not None:
                self._before_mark.discard(task)

    async def _in_turn(self, job: _Job, slot: float) -> None:
        """A permit is held and the slot is near: mark, wait for the slot, send, settle."""
        try:
            message = await self._current_message(job)
        except TemplateUnusable as error:
            await self._consider(job, error)
            return
        attempt = await self._mark(Mark(job.campaign.id, job.lease, job.nonce, job.ordinal, job.contact))
        if isinstance(attempt, Unmarked):
            telemetry.UNMARKED.labels(attempt.value).inc()
            return
        if asyncio.get_running_loop().time() - slot > self._timing.freshness.total_seconds():
            telemetry.UNMARKED.labels("too-late").inc()
            await self._settle(self._settlement(job, attempt, Kind.RETURN))
            return
        await asyncio.sleep(slot - asyncio.get_running_loop().time())  # at once when it has come
        outcome = await self._deliver(job, message, attempt)
        if isinstance(outcome, Receipt):
            telemetry.SENDS.labels(job.campaign.sender, "accepted").inc()
            await self._settle(self._settlement(job, attempt, Kind.ACCEPTED, message=outcome.provider_message_id))
            await self._note_recipient(job, outcome)
        else:
            await self._account_for(job, attempt, outcome)

    async def _mark(self, mark: Mark) -> int | Unmarked:
        """Asked until it is answered. A mark that was written and not heard of would leave its job unconfirmed, though
        nothing was sent; asked again it is answered the same, and given back because its slot has passed.
        """
        while True:
            try:
                return await self._ledger.mark(mark)
            except BackendUnavailable:
                await asyncio.sleep(ASK_AGAIN_S)

    async def _current_message(self, job: _Job) -> TemplateMessage:
        """*Raises*: TemplateUnusable, when it is by what is known now: this process's picture may be a second old."""
        with suppress(TemplateUnusable):
            return self._message(job)
        with suppress(*OUTAGE):
            await self._templates.refresh()
        return self._message(job)

    def _message(self, job: _Job) -> TemplateMessage:
        """*Raises*: TemplateUnusable for a template that has gone, was disabled, or takes other values than its row has,
        since the campaign started.
        """
        campaign, row = job.campaign, job.row
        try:
            template = self._templates.best(
                campaign.sender,
                campaign.template_name,
                (row.language or campaign.template_language, *campaign.rules.languages),
                campaign.template_language,
                row.parameters,
            )
        except NotFound:
            raise TemplateUnusable("not-found", "the template is not among the sender's any more") from None
        if not template.is_enabled:
            raise TemplateUnusable(f"template-{template.status}", "the template is not enabled any more")
        if not template.takes_exactly(row.parameters):
            raise TemplateUnusable("template-changed", "the template's placeholders are not those of the base any more")
        return message_of(template, row.address, row.parameters)

    async def _deliver(self, job: _Job, message: TemplateMessage, attempt: int) -> Receipt | SendError:
        campaign = job.campaign
        reference = Reference(campaign.id, job.ordinal, attempt).signed(self._secret)
        began = time.perf_counter()
        try:
            return await self._clients[campaign.sender].send_template(message, reference)
        except SendError as error:
            return error
        finally:
            telemetry.SEND_SECONDS.labels(campaign.sender).observe(time.perf_counter() - began)

    async def _note_recipient(self, job: _Job, receipt: Receipt) -> None:
        """Where the provider calls the contact otherwise than we did, its answer will come under that name."""
        if receipt.recipient is not None and canonical(receipt.recipient) != canonical(job.row.address):
            try:
                await self._identifying.known(job.campaign.tenant, (job.row.address, receipt.recipient))
            except OUTAGE as outage:
                log.warning("recipient_not_noted", campaign=job.campaign.id, error=str(outage))

    async def _account_for(self, job: _Job, attempt: int, error: SendError) -> None:
        """Everything but a receipt: the job's own outcome first, the limiter and the brakes second."""
        telemetry.SENDS.labels(job.campaign.sender, error.disposition.value).inc()
        await self._settle(self._settlement(job, attempt, *outcome_of(error, attempt, self._now())))
        await self._consider(job, error)

    async def _consider(self, job: _Job, error: SendError) -> None:
        try:
            if error.disposition is Disposition.NOT_ACCEPTED:  # an unreachable provider is asked less often, too
                telemetry.THROTTLED.labels(job.campaign.sender).inc()
                account_key = self._clients[job.campaign.sender].account_key
                await self._limits.slow_down(account_key, job.campaign.sender, error.retry_after_s)
            await self._braking.consider(job.campaign, job.ordinal, error)
        except OUTAGE as outage:
            log.warning("brake_not_applied", campaign=job.campaign.id, code=error.code, error=str(outage))

    async def _settle(self, settlement: Settlement) -> None:
        """A fact is not given up: the permit is held, and so the process slows down, until the store takes it."""
        while True:
            try:
                await self._ledger.settle(settlement)
                return
            except BackendUnavailable:
                await asyncio.sleep(ASK_AGAIN_S)

    def _settlement(
        self,
        job: _Job,
        attempt: int,
        kind: Kind,
        code: str = "",
        reason: str = "",
        due: datetime | None = None,
        message: str = "",
    ) -> Settlement:
        return Settlement(
            job.campaign.id, job.ordinal, attempt, kind, self._now(), job.lease, message, code, reason, due
        )

    def _report(self, campaign: Campaign, lease: LeaseId, outcomes: list[BaseException | None]) -> None:
        """What went wrong outside any provider's answer: those jobs go back with the lease, or are swept."""
        faults = [o for o in outcomes if o is not None and not isinstance(o, asyncio.CancelledError)]
        telemetry.PARCELS.labels("faulty" if faults else "done").inc()
        for fault in faults[:1]:
            log.warning(
                "parcel_incomplete", campaign=campaign.id, lease=lease, jobs=len(faults), error=str(fault),
                kind=type(fault).__name__, exc_info=None if isinstance(fault, OUTAGE) else fault,
            )  # fmt: skip

    # ── what a parcel needs to know ─────────────────────────────────────────────────────────────────────────────────

    def _contact(self, campaign: Campaign, row: JobRow) -> ContactId:
        return contact_id(self._secret, campaign.tenant, canonical(row.address))

    async def _campaign(self, campaign: CampaignId) -> Campaign:
        if campaign not in self._known:
            try:
                self._known[campaign] = await self._campaigns.get(campaign)
            except OUTAGE as error:
                raise BackendUnavailable("the state store did not answer") from error
        return self._known[campaign]

    async def _rows(self, lease: Lease) -> list[tuple[int, JobRow]]:
        rows = []
        for ordinal in lease.ordinals:
            page = await self._page(lease.campaign, ordinal // PAGE_ROWS)
            rows.append((ordinal, page[ordinal % PAGE_ROWS]))
        return rows

    async def _page(self, campaign: CampaignId, page: int) -> list[JobRow]:
        """Pages are immutable: what is remembered stays right."""
        key = (campaign, page)
        if key not in self._pages:
            packed = await self._ledger.page(campaign, page)
            self._pages[key] = unpack(packed) if packed is not None else []
            while len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(key)
        return self._pages[key]


def outcome_of(error: SendError, attempt: int, now: datetime) -> tuple[Kind, str, str, datetime | None]:
    """What becomes of the attempt: (kind, code, reason, due).

    A template or a sender that cannot be used has accepted nothing: the job goes back, and its campaign pauses.
    """
    match error.disposition:
        case Disposition.REFUSED:
            return Kind.FAILED, error.code, error.gloss, next_attempt_at(error, attempt, now)
        case Disposition.SUPPRESS:
            return Kind.SUPPRESSED, error.code, error.gloss, None
        case Disposition.NOT_ACCEPTED:
            due = not_accepted_until(error, now, random.random())  # noqa: S311 (spreads, does not hide)
            return Kind.DEFER, error.code, error.gloss, due
        case Disposition.UNKNOWN:
            return Kind.UNKNOWN, error.code, error.gloss, None
        case Disposition.TEMPLATE_UNUSABLE | Disposition.SENDER_UNUSABLE:
            return Kind.RETURN, error.code, error.gloss, None
