"""Progress: a campaign's rate, its remaining time, its bottleneck, and a sentence about its unconfirmed messages. Pure.

The counts come from the ledger, the measured rate from `rates`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.campaigns.model import Campaign, UnconfirmedPolicy
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState

ACCEPTED = (JobState.ACCEPTED, JobState.DELIVERED, JobState.READ)
REFUSED = "refused:"  # how the reason of a pause begins whose cause concerns everybody
NEARLY = 0.85  # of the allowed rate: a campaign above it is limited by the rate


@dataclass(frozen=True, slots=True)
class Progress:
    """rate: accepted per second, None if not measured. eta_s: seconds until no contact waits, None if not known.

    limited_by: `paused`, `rate`, `broker` or None. hint: a sentence for people, None if the counts need none.
    """

    campaign: Campaign
    standing: Standing
    rate: float | None = None
    eta_s: float | None = None
    limited_by: str | None = None
    hint: str | None = None

    @property
    def answers(self) -> Mapping[str, int]:
        """Contacts by label, the most frequent first."""
        return dict(sorted(self.standing.answers.items(), key=lambda one: (-one[1], one[0])))


def progress_of(campaign: Campaign, standing: Standing, allowed: float | None, rate: float | None) -> Progress:
    """allowed: messages per second by sender and campaign, None if the sender is not configured. rate: as measured."""
    return Progress(
        campaign,
        standing,
        None if rate is None else round(rate, 1),
        _eta_s(standing, allowed, rate),
        _limited_by(standing, allowed, rate),
        _hint(campaign, standing),
    )


def needs_broker(progress: Progress) -> bool:
    """Whether messages of the broker must move this campaign on."""
    return progress.standing.state is CampaignState.RUNNING and progress.standing.waiting > 0


def name_broker(progress: Progress, unread: Sequence[str]) -> Progress:
    """unread: the broker's queues, of those that sending needs, that no process reads now."""
    if not unread:
        return progress
    waits = (
        f"It waits for the broker: no process reads the queue {', '.join(unread)}. "
        "The broker is away, or that process does not run (/readyz of each says which); it goes on by itself."
    )
    return replace(progress, limited_by="broker", hint=" ".join(filter(None, (waits, progress.hint))))


def accepted(standing: Standing) -> int:
    """The number of messages that the provider accepted, delivered and read ones included."""
    return sum(standing.counts[state] for state in ACCEPTED)


def _eta_s(standing: Standing, allowed: float | None, rate: float | None) -> float | None:
    pace = rate or allowed
    if standing.state is not CampaignState.RUNNING or not pace:
        return None
    if standing.counts[JobState.PENDING] + standing.in_flight == 0 and standing.waiting:
        return None  # all remaining jobs are deferred: they wait for their time, not for the rate
    return round((standing.waiting + standing.in_flight) / pace, 1)


def _limited_by(standing: Standing, allowed: float | None, rate: float | None) -> str | None:
    """None if the bottleneck is not certain: a slow campaign may also wait for its share or for the machine."""
    if standing.state is CampaignState.PAUSED:
        return "paused"
    is_busy = standing.state is CampaignState.RUNNING and standing.waiting > 0
    return "rate" if is_busy and rate and allowed and rate >= NEARLY * allowed else None


def _hint(campaign: Campaign, standing: Standing) -> str | None:
    hints = (_hint_of_refusals(standing), _hint_of_planning(standing), _hint_of_unconfirmed(campaign, standing))
    return " ".join(hint for hint in hints if hint is not None) or None


def _hint_of_refusals(standing: Standing) -> str | None:
    if standing.state is not CampaignState.PAUSED or not standing.reason.startswith(REFUSED):
        return None
    code, _, words = standing.reason.removeprefix(REFUSED).partition(": ")
    return f"The provider refuses everybody ({code}: {words}). Correct the cause, then resume: the rest is kept."


def _hint_of_planning(standing: Standing) -> str | None:
    """While a large base is split, its counts are not yet what they will be: who is suppressed shows page by page."""
    if standing.state is not CampaignState.RUNNING or standing.planned >= standing.pages:
        return None
    checked = min(standing.total, standing.planned * PAGE_ROWS)
    return f"{checked} of {standing.total} contacts are checked so far; more of them may turn out to be suppressed."


def _hint_of_unconfirmed(campaign: Campaign, standing: Standing) -> str | None:
    count = standing.counts[JobState.UNCONFIRMED]
    if not count:
        return None
    follows = "kept, not resent" if campaign.rules.unconfirmed is UnconfirmedPolicy.HOLD else "resent if it stays so"
    return f"{count} unconfirmed: outcome unknown; {follows}."
