"""Braking: a template, a sender or credentials that cannot be used stop what would go on failing, with the reason; so do
refusals of too many, for a cause that may concern everybody, and doubts about too many, since none of them is sent again.

Decision: such refusals are counted in the ledger, in the step that records a job's outcome, so that several sender
processes count together and a fact told twice counts once. Answers and statuses are counted apart: a provider that accepts
everybody and then fails everybody is seen by its statuses. Successes and refusals count; what concerns one contact alone
does not. Only the refusals that statuses tell are weighed against what was sent meanwhile, and against what a pause would
keep: statuses tell failures sooner than deliveries, and still come when the last message has left.

Decision: an answer that proves nothing counts as a refusal does, and a request without any answer by limits of its own. A
break of the network takes the answers of all requests under way at once, 64 a process, and passes by itself: a pause would
wait for a person. The cost: a provider that never answers leaves as many unconfirmed as that before the campaign pauses.

Owns which campaigns an error stops. Only their state changes here; `mark.lua` refuses jobs of a paused campaign.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import Again, Conflict, Disposition, NotFound, SendError
from shared.ground.ids import BY_ORIEL, CampaignId, SenderId, contact_id
from shared.ground.phone import canonicalize
from shared.ledger.model import RefusedRun, Standing
from shared.ledger.states import CampaignState, JobState, Move
from shared.ledger.store import Ledger
from shared.people.provider_refusals import ProviderRefusals

log: BoundLogger = get_logger(__name__)


# How the reason of a pause begins. `following` resumes what was paused for a template; `reports.holdups` has the sentences.
REFUSED = "refused"  # its cause may concern every contact
UNCONFIRMED = "unconfirmed"  # nothing proves that the provider took them, or that it did not
TEMPLATE_UNUSABLE = "template-unusable"  # an answer of the provider's said so
TEMPLATE = "template-"  # then the template's status, or another word for why it may not be sent

WHOLE_SECOND = timedelta(seconds=1)  # providers name the second in which a message failed


@dataclass(frozen=True, slots=True)
class RefusalLimits:
    """in_a_row: refusals without a success between them.  share: of the last `of` outcomes, 0 … 1. Either is enough.

    Where statuses tell the refusals, in a row or not, they must also be `share` of what was sent since the first of them.
    """

    in_a_row: int
    share: float
    of: int

    def are_reached(self, run: RefusedRun) -> bool:
        row, some = run.in_a_row, run.among(self.of)
        is_row = row >= self.in_a_row and run.are_most(row, self.share)
        return is_row or (some >= self.share * self.of and run.are_most(some, self.share))

    def spare(self, standing: Standing, run: RefusedRun) -> bool:
        """Whether a pause for refusals that statuses told would keep anybody; at the end it would only hold up the finish.

        Those that wait for their time may be the retries of a few: then the refusals must be `share` of the messages that
        no status has told of yet.
        """
        counts = standing.counts
        if counts[JobState.PENDING] + counts[JobState.LEASED]:
            return True
        return counts[JobState.DEFERRED] > 0 and len(run.before) >= self.share * counts[JobState.ACCEPTED]


@dataclass(frozen=True, slots=True)
class Braking:
    """refusal_limits: of answers, and of statuses. doubt_limits: of answers together with requests without an answer."""

    campaigns: CampaignStore
    ledger: Ledger
    provider_refusals: ProviderRefusals
    refusal_limits: RefusalLimits
    doubt_limits: RefusalLimits
    secret: bytes
    now: Now

    async def consider(
        self, campaign: Campaign, address: str | None, error: SendError, told_at: datetime | None = None
    ) -> None:
        """Apply an error's consequences beyond its job. Safe to repeat. address: of its row, None once its retention has
        passed.  told_at: as in `pause`.
        """
        match error.disposition:
            case Disposition.TEMPLATE_UNUSABLE:
                await pause(self.ledger, [campaign.id], f"{TEMPLATE_UNUSABLE}:{error.code}", told_at=told_at)
            case Disposition.SENDER_UNUSABLE:
                await self.consider_sender(campaign.sender, error, told_at)
            case Disposition.SUPPRESS:
                await self._stop(campaign, address, error)
            case Disposition.NOT_ACCEPTED if error.again is Again.NEXT_DAY:
                await self.consider_sender(campaign.sender, error, told_at)
            case Disposition.REFUSED | Disposition.NOT_ACCEPTED | Disposition.UNKNOWN:
                await self._count(campaign, error)

    async def _count(self, campaign: Campaign, error: SendError) -> None:
        """The ledger has counted the error already. Several processes may find the limit reached; one of them pauses."""
        if not error.may_concern_all:
            return
        standing = await self.ledger.standing(campaign.id)
        if standing.state is not CampaignState.RUNNING:
            return  # paused by an earlier one: thousands of statuses may still come
        answers, statuses, requests = await self.ledger.refused_runs(campaign.id)
        limits = self.refusal_limits
        is_told = limits.are_reached(statuses) and limits.spare(standing, statuses)
        if is_told or limits.are_reached(answers) or self.doubt_limits.are_reached(requests):
            kind = UNCONFIRMED if error.disposition is Disposition.UNKNOWN else REFUSED
            await pause(self.ledger, [campaign.id], f"{kind}:{error.code}: {error.words or error.gloss}", kind)

    async def consider_sender(self, sender: SenderId, error: SendError, told_at: datetime | None = None) -> None:
        """Pause the campaigns of a sender that cannot be used, or has met a daily limit, on whichever message. An error of
        another kind changes nothing. Safe to repeat. told_at: as in `pause`.
        """
        if error.disposition is Disposition.SENDER_UNUSABLE:
            reason = f"sender-unusable:{error.code}"
        elif error.disposition is Disposition.NOT_ACCEPTED and error.again is Again.NEXT_DAY:
            reason = f"daily-limit:{error.code}"
        else:
            return
        await pause(self.ledger, await self.campaigns.active_of(sender), reason, told_at=told_at)

    async def _stop(self, campaign: Campaign, address: str | None, error: SendError) -> None:
        """The contact refused us at the provider."""
        if address is None:
            return
        contact = contact_id(self.secret, campaign.tenant, canonicalize(address))
        await self.provider_refusals.apply(campaign.tenant, contact, address, campaign.sender, error, self.now())


async def pause(
    ledger: Ledger,
    campaigns: Iterable[CampaignId],
    reason: str,
    counted_as: str = "",
    told_at: datetime | None = None,
) -> None:
    """Stop those of them that go on. An ended campaign, or one that a person has stopped, stays as it is. Safe to repeat.

    counted_as: the metric's word for the reason; without it, the reason's part before the colon.  told_at: when the message
    of a status failed; None for an answer. What failed before a campaign was started or resumed is history: statuses come
    late and are repeated, and each would undo what a person has mended.
    """
    for campaign in campaigns:
        try:
            if told_at is not None and await _has_gone_on_since(ledger, campaign, told_at):
                continue
            if await ledger.control(campaign, Move.PAUSE, BY_ORIEL, reason):
                telemetry.PAUSES.labels(counted_as or reason.partition(":")[0]).inc()
                log.info("campaign_paused", campaign=campaign, reason=_without_words(reason))
        except (Conflict, NotFound):
            continue


async def _has_gone_on_since(ledger: Ledger, campaign: CampaignId, told_at: datetime) -> bool:
    """*Raises*: NotFound."""
    resumed_at = (await ledger.standing(campaign)).resumed_at
    return resumed_at is not None and told_at + WHOLE_SECOND < resumed_at


async def pause_for_template(ledger: Ledger, campaign: CampaignId, why: str) -> None:
    """why: a word of the registry's, for why its template may not be sent. As `pause`."""
    await pause(ledger, [campaign], f"{TEMPLATE}{why}", counted_as="template")


def _without_words(reason: str) -> str:
    """Its stable part; a provider's sentence belongs into the report, not into a log.

    >>> _without_words("refused:63062: marketing terms not accepted"), _without_words("template-paused")
    ('refused:63062', 'template-paused')
    """
    return ":".join(reason.split(":")[:2])
