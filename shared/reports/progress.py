"""Progress: a campaign's rate, its remaining time, its bottleneck, and a sentence for people. Pure.

The counts come from the ledger, the measured rate from `rates`, what holds it up from `holdups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.campaigns.model import Campaign, UnconfirmedPolicy
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.reports.holdups import Surroundings, find_holdup

ACCEPTED = (JobState.ACCEPTED, JobState.DELIVERED, JobState.READ)
OPEN_AGAIN: Mapping[str, str] = {  # the reasons that `settle.lua`, `reopen.lua` and `redrive.lua` record
    "reopened": "Open again: a failure that may be tried again was reported after its end.",
    "agreed": "Open again: an opt-in came after its end for somebody who lacked one.",
    "redriven": "Open again: a person has ordered that contacts are tried again.",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """rate: accepted per second, None if not measured. eta_s: seconds until no contact waits, None if not known.

    limited_by: what holds it up now, as in `holdups`. hint: sentences for people, None if there is nothing to say.
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


def progress_of(
    campaign: Campaign, standing: Standing, around: Surroundings, allowed: float | None, rate: float | None
) -> Progress:
    """allowed: messages per second by sender and campaign, None if the sender is not configured. rate: as measured."""
    holdup = find_holdup(campaign, standing, around, allowed, rate)
    hints = (_reopened(standing), holdup.hint, _planning(standing), _unconfirmed(campaign, standing))
    return Progress(
        campaign,
        standing,
        None if rate is None else round(rate, 1),
        None if holdup.is_still else _eta_s(standing, allowed, rate, around.throttle.factor),
        holdup.limited_by,
        " ".join(hint for hint in hints if hint) or None,
    )


def accepted(standing: Standing) -> int:
    """The number of messages that the provider accepted, delivered and read ones included."""
    return sum(standing.counts[state] for state in ACCEPTED)


def _eta_s(standing: Standing, allowed: float | None, rate: float | None, factor: float) -> float | None:
    """factor: of the allowed rate, while the provider throttles the sender."""
    pace = rate or (allowed and allowed * factor)
    if standing.state is not CampaignState.RUNNING or not pace:
        return None
    if standing.counts[JobState.PENDING] + standing.in_flight == 0 and standing.waiting:
        return None  # all remaining jobs are deferred: they wait for their time, not for the rate
    return round((standing.waiting + standing.in_flight) / pace, 1)


def _reopened(standing: Standing) -> str | None:
    return OPEN_AGAIN.get(standing.reason) if standing.state is CampaignState.RUNNING else None


def _planning(standing: Standing) -> str | None:
    """While a large base is split, its counts are not yet what they will be: who is suppressed shows page by page."""
    if standing.state is not CampaignState.RUNNING or standing.planned >= standing.pages:
        return None
    checked = min(standing.total, standing.planned * PAGE_ROWS)
    return f"{checked} of {standing.total} contacts are checked so far; more of them may turn out to be suppressed."


def _unconfirmed(campaign: Campaign, standing: Standing) -> str | None:
    count = standing.counts[JobState.UNCONFIRMED]
    if not count:
        return None
    follows = "kept, not resent" if campaign.rules.unconfirmed is UnconfirmedPolicy.HOLD else "resent if it stays so"
    return f"{count} unconfirmed: outcome unknown; {follows}."
