"""Progress: how far a campaign is, how long it still takes, what holds it back, and what to know about its counts. Pure.

The counts are the ledger's; how fast a campaign goes is measured by `rates`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.campaigns.model import Campaign, UnconfirmedPolicy
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState

ACCEPTED = (JobState.ACCEPTED, JobState.DELIVERED, JobState.READ)
NEARLY = 0.85  # of the rate that is allowed: above it, the rate is what holds a campaign back


@dataclass(frozen=True, slots=True)
class Progress:
    """rate: accepted per second, None while it was not measured. eta_s: until nobody waits any more, None while that is
    not known. limited_by: `paused`, `rate` or None. hint: a sentence, where the counts need one.
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
    """allowed: messages a second by sender and campaign, None while no such sender is configured. rate: as measured."""
    return Progress(
        campaign,
        standing,
        None if rate is None else round(rate, 1),
        _eta_s(standing, allowed, rate),
        _limited_by(standing, allowed, rate),
        _hint(campaign, standing),
    )


def accepted(standing: Standing) -> int:
    """Messages that the provider took, whatever became of them since."""
    return sum(standing.counts[state] for state in ACCEPTED)


def _eta_s(standing: Standing, allowed: float | None, rate: float | None) -> float | None:
    pace = rate or allowed
    if standing.state is not CampaignState.RUNNING or not pace:
        return None
    if standing.counts[JobState.PENDING] + standing.in_flight == 0 and standing.waiting:
        return None  # what is left waits for its time, not for the rate
    return round((standing.waiting + standing.in_flight) / pace, 1)


def _limited_by(standing: Standing, allowed: float | None, rate: float | None) -> str | None:
    """Only what is known: a slow campaign may wait for its share, for the machine, or for nothing."""
    if standing.state is CampaignState.PAUSED:
        return "paused"
    is_busy = standing.state is CampaignState.RUNNING and standing.waiting > 0
    return "rate" if is_busy and rate and allowed and rate >= NEARLY * allowed else None


def _hint(campaign: Campaign, standing: Standing) -> str | None:
    count = standing.counts[JobState.UNCONFIRMED]
    if not count:
        return None
    follows = "kept, not resent" if campaign.rules.unconfirmed is UnconfirmedPolicy.HOLD else "resent if it stays so"
    return f"{count} unconfirmed: outcome unknown; {follows}."
