"""Controlling: what a person, or a dialer, asks of a campaign: create, start, pause, resume, cancel, redrive.

Owns what must be true before something may be sent: whose sender it is, a template that is enabled, somebody to write
to. Which move is legal from which state is the ledger's.

Decision: a start whose base has not joined yet is refused (`upload-joining`), since it would be judged by a part of the
base, and would ask nobody where few of the rest may be written to. To judge the staged pages instead would need a second
reading of opt-ins that are not recorded and of rows that replace others. The cost: a caller who starts in these seconds
asks again; a caller who sends `confirm` has answered the question, and is not held up.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.clock import Now
from shared.ground.errors import Conflict
from shared.ground.hints import Hints
from shared.ground.ids import UploadId
from shared.ledger.model import RedriveOrder, Standing
from shared.ledger.states import MOVES, OPEN_FOR_REDRIVES, CampaignState, JobState, Move
from shared.ledger.store import Ledger
from shared.ledger.uploads import UploadStore
from shared.outbound.drafting import Draft, campaign_of, check_draft_deadline
from shared.outbound.splitting import Splitting
from shared.outbound.warnings import Forecast
from shared.rules.verdict import Reason
from shared.templates.choosing import Choosing
from shared.templates.pins import NO_PINS, Pins
from shared.templates.store import PinStore

MAX_CODES_TOLD = 20
MAX_PAGES_LOOKED_AT = 20  # 2,560 contacts, whose consent is judged before a start: well under a second


class ConfirmationNeeded(Conflict):
    """A start that would write to few of the campaign's contacts. A person must say that this is meant."""

    def __init__(self, forecast: Forecast) -> None:
        found = " ".join(warning.message for warning in forecast.warnings)
        later = (
            " Whoever's opt-in is recorded while it runs, or within a day of its end ([timing] reopens_for_seconds), is "
            "written to."
        )
        super().__init__(
            "confirmation-needed",
            f"{found} To start all the same, send confirm: true (oriel campaign start --yes)."
            + (later if forecast.suppressed.get(Reason.NO_OPT_IN) else ""),
        )


class UploadJoining(Conflict):
    """A start before the whole base has joined. rows: that are left.  uploads: that they are of."""

    def __init__(self, rows: int, uploads: int) -> None:
        whose = "an upload" if uploads == 1 else f"{uploads} uploads"
        super().__init__(
            "upload-joining",
            f"{rows} rows of {whose} are being joined to the campaign: start it again in a few seconds (oriel campaign "
            "start waits for them). To start at once, whoever they are, send confirm: true.",
        )
        self.args = (rows, uploads)  # unpickling calls the constructor with these


@dataclass(frozen=True, slots=True)
class Controlling:
    """confirm_share: share of contacts that would not be written to, 0 … 1, from which on a start needs a confirmation."""

    campaigns: CampaignStore
    ledger: Ledger
    uploads: UploadStore
    splitting: Splitting
    choosing: Choosing
    pins: PinStore
    hints: Hints
    confirm_share: float
    now: Now

    async def create(self, draft: Draft) -> tuple[Campaign, bool]:
        """The campaign and whether it is new. May be asked again: the same id with the same words is the same campaign.

        *Raises*: NotFound for the sender or the template; InputError for rules out of their bounds, and for a template
        that is not enabled, or that takes what the provider cannot carry; Conflict.
        """
        campaign = campaign_of(draft, self.now())
        if not await self.campaigns.exists(campaign.id):  # a request that is repeated has its answer
            check_draft_deadline(campaign)
        pins = await self.pins.of(campaign.id)
        await self._check_usable(campaign, pins)
        await self.ledger.create(campaign.id, campaign.created_at)  # first: what is listed can then be shown
        stored, is_new = await self.campaigns.create(campaign)
        if not pins:  # else an earlier request has created it
            await self._pin(stored, NO_PINS)
        return stored, is_new

    async def start(self, campaign: Campaign, by: str, *, is_confirmed: bool = False) -> Forecast:
        """Start it. A repeat while it runs changes nothing. The time that it takes does not grow with the base.

        *Raises*: as `create`; Conflict also when nobody is in it, or nobody before its deadline; UploadJoining;
        ConfirmationNeeded.
        """
        joining = await self.uploads.list_complete(campaign.id)  # first: what has joined since is in the standing
        standing = await self.ledger.standing(campaign.id)
        if self._is_already(Move.START, standing):
            return Forecast()
        pins = await self.pins.of(campaign.id)
        await self._check_usable(campaign, pins)
        if joining and not is_confirmed:
            raise UploadJoining(await self._count_unjoined(campaign, joining), len(joining))
        _check_contacts(campaign, standing, joining)
        _check_deadline(campaign, self.now())
        forecast = await self.splitting.forecast(campaign, MAX_PAGES_LOOKED_AT)
        if 0 < forecast.total == forecast.suppressed.get(Reason.DEADLINE):
            raise _nobody_before_deadline()
        if forecast.is_unsent_from(self.confirm_share) and not is_confirmed:
            raise ConfirmationNeeded(forecast)
        await self._pin(campaign, pins)
        await self.campaigns.activate(campaign, self.now())
        if campaign.rules.deadline_at is not None:
            await self.ledger.limit(campaign.id, campaign.rules.deadline_at)
        await self.ledger.control(campaign.id, Move.START, by)
        await self.hints.split(campaign.id)
        return forecast

    async def pause(self, campaign: Campaign, by: str, reason: str) -> None:
        """*Raises*: Conflict."""
        await self.ledger.control(campaign.id, Move.PAUSE, by, reason)

    async def resume(self, campaign: Campaign, by: str) -> None:
        """Exactly the rest, with the template as it reads now: a person resumes what was paused for another text.

        *Raises*: as `create`.
        """
        if self._is_already(Move.RESUME, await self.ledger.standing(campaign.id)):
            return
        pins = await self.pins.of(campaign.id)
        await self._check_usable(campaign, pins)
        await self._pin(campaign, pins)
        await self.campaigns.activate(campaign)
        await self.ledger.control(campaign.id, Move.RESUME, by)
        await self.hints.split(campaign.id)
        await self.hints.release(campaign.sender)

    async def cancel(self, campaign: Campaign, by: str, reason: str) -> None:
        """Cancel all jobs that have not begun; jobs on the wire still get their outcomes. *Raises*: Conflict."""
        await self.ledger.control(campaign.id, Move.CANCEL, by, reason)

    async def redrive(
        self,
        campaign: Campaign,
        by: str,
        states: Collection[JobState],
        codes: Collection[str] = (),
        *,
        is_confirmed: bool = False,
        once: str | None = None,
    ) -> None:
        """Try contacts again whose message failed or stayed unknown. A finished campaign runs again, with the template as
        it reads now; of a paused one they wait.

        *Raises*: as `create`; Conflict also where there is nobody to be tried; for unknown outcomes that nobody has
        confirmed: the message may arrive twice.

        states: some of REDRIVABLE.  codes: only contacts with one of these; none given: with any.  once: the request's own
        id; a request that is repeated is one order.
        """
        known = frozenset(states) if is_confirmed else frozenset(states) - {JobState.UNCONFIRMED}
        order = RedriveOrder(once or token_hex(8), known, frozenset(codes), by, self.now())
        standing = await self.ledger.standing(campaign.id)
        is_new = standing.latest_redrive != order.id
        if is_new and any(done.order.id == order.id for done in await self.ledger.redrives(campaign.id)):
            return  # another one has come since
        if is_new:
            _check_deadline(campaign, self.now())
            await self._check_redrivable(campaign, standing, states, codes, is_confirmed=is_confirmed)
        pins = await self.pins.of(campaign.id)
        await self._check_usable(campaign, pins)
        if (
            is_new and standing.state is CampaignState.FINISHED
        ):  # else the rest of the base would get another text unasked
            await self._pin(campaign, pins)
        await self.campaigns.activate(campaign)  # first: an opt-out reaches it from now on
        await self.ledger.redrive(campaign.id, order)
        await self.campaigns.activate(campaign, self.now(), again=True)  # the janitor may have taken it off in between
        await self.hints.split(campaign.id)

    # ── what must be true ───────────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _is_already(move: Move, standing: Standing) -> bool:
        """*Raises*: Conflict where the ledger would, before anything else is said about the campaign."""
        transition = MOVES[move]
        if standing.state is not transition.target and standing.state not in transition.sources:
            raise Conflict(
                "campaign-state", f"A campaign that is {standing.state} cannot {move}.{_remedy(move, standing)}"
            )
        return standing.state is transition.target

    async def _check_usable(self, campaign: Campaign, pins: Pins) -> None:
        """By what the provider said last, however old this process's copy is."""
        await self.choosing.get_latest_template(
            campaign.tenant, campaign.sender, campaign.template_name, campaign.template_language, pins
        )

    async def _pin(self, campaign: Campaign, pins: Pins) -> None:
        """Note how the template reads now, in each language. pins: which of those with the same name it is."""
        await self.pins.put(campaign.id, self.choosing.pins(campaign.sender, campaign.template_name, pins))

    async def _check_redrivable(
        self,
        campaign: Campaign,
        standing: Standing,
        states: Collection[JobState],
        codes: Collection[str],
        *,
        is_confirmed: bool,
    ) -> None:
        """*Raises*: Conflict."""
        if standing.state not in OPEN_FOR_REDRIVES:
            raise Conflict("campaign-state", f"Contacts of a campaign that is {standing.state} cannot be tried again.")
        count = {state: standing.counts[state] for state in states}
        if not any(count.values()):
            raise _nobody_is(states)
        if codes:
            found = await self.ledger.codes_in(campaign.id, states)
            count = {state: sum(found.get((state, code), 0) for code in frozenset(codes)) for state in states}
            if not any(count.values()):
                raise _nobody_has(codes, states, found)
        unknown = count.get(JobState.UNCONFIRMED, 0)
        if unknown and not is_confirmed:
            raise Conflict(
                "confirmation-needed",
                f"{unknown} of them may already have the message, and could get it twice. To try them again all the same, "
                "send confirm: true (oriel campaign redrive --yes).",
            )

    async def _count_unjoined(self, campaign: Campaign, joining: Sequence[UploadId]) -> int:
        reports = [await self.uploads.report(campaign.id, upload) for upload in joining]
        return sum(one.received - one.rejected - one.admitted - one.duplicates for one in reports)


def _check_contacts(campaign: Campaign, standing: Standing, joining: Sequence[UploadId]) -> None:
    """*Raises*: Conflict."""
    if not (standing.total or campaign.rules.open or joining):
        raise Conflict(
            "no-contacts",
            "The campaign has no contacts: add them with POST /v1/campaigns/{id}/contacts, then start it.",
        )


def _check_deadline(campaign: Campaign, now: datetime) -> None:
    """*Raises*: Conflict."""
    deadline_at = campaign.rules.deadline_at
    if deadline_at is not None and deadline_at <= now:
        raise Conflict("deadline-passed", "The campaign's deadline_at has passed: nothing would be sent.")


def _nobody_before_deadline() -> Conflict:
    return Conflict(
        "deadline-passed",
        "Every contact has a send_at that is not before the campaign's deadline_at: nothing would be sent.",
    )


def _nobody_is(states: Collection[JobState]) -> Conflict:
    return Conflict("nothing-to-redrive", f"No contact of the campaign is {' or '.join(sorted(states))}.")


def _nobody_has(
    codes: Collection[str], states: Collection[JobState], found: Mapping[tuple[JobState, str], int]
) -> Conflict:
    """With the codes that there are, the commonest first. found: by state and code, how many contacts."""
    counts: Counter[str] = Counter()
    for (_, code), count in found.items():
        counts[code] += count
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    there = ", ".join(f"{code or 'none'} ({count})" for code, count in ranked[:MAX_CODES_TOLD])
    more = f" and {len(ranked) - MAX_CODES_TOLD} more" if len(ranked) > MAX_CODES_TOLD else ""
    who = f"No contact of the campaign that is {' or '.join(sorted(states))}"
    wanted = " or ".join(sorted(frozenset(codes)))
    return Conflict("nothing-to-redrive", f"{who} has the code {wanted}. There are: {there}{more}.")


def _remedy(move: Move, standing: Standing) -> str:
    if move is Move.START and standing.state is CampaignState.PAUSED:
        return " Resume it."
    return " Start it." if move is Move.RESUME and standing.state is CampaignState.DRAFT else ""
