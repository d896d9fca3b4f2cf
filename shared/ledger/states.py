"""The states of a job and of a campaign, and the legal moves of a campaign. Pure.

A job's state is one byte. The state follows by rank from the facts of the job's current attempt, so that the same facts in
any order, any number of times, end in the same state (`facts.py` is the oracle of that rule, `settle.lua` applies it).
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class JobState(StrEnum):
    """The value is the name in the API; `letter` is the byte in the store."""

    PENDING = "pending"
    DEFERRED = "deferred"
    LEASED = "leased"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNCONFIRMED = "unconfirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def letter(self) -> str:
        return LETTERS[self]


LETTERS = MappingProxyType(
    {
        JobState.PENDING: "p",
        JobState.DEFERRED: "d",
        JobState.LEASED: "l",
        JobState.SENDING: "s",
        JobState.ACCEPTED: "a",
        JobState.DELIVERED: "v",
        JobState.READ: "r",
        JobState.FAILED: "f",
        JobState.SUPPRESSED: "x",
        JobState.UNCONFIRMED: "u",
        JobState.CANCELLED: "c",
        JobState.EXPIRED: "e",
    }
)
BY_LETTER = MappingProxyType({letter: state for state, letter in LETTERS.items()})
HOLE = "."  # an ordinal without a job: a duplicate row, or the unused rest of a page


class CampaignState(StrEnum):
    """Decision: a campaign finishes as soon as none of its jobs can be sent, and opens again (`settle.lua`) when a failure
    that may be tried again is told within `[timing] reopens_for_seconds`. So a failure ends the same whether it is told
    before the finish or after it. A campaign that stayed open instead would run for a day, since phones that are switched
    off get neither a delivery nor a failure. The cost: `finished` may become `running` once more.
    """

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """A change of a campaign's state that a caller may request."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Transition:
    """A move is legal from `sources` and ends in `target`. In `target` the same move changes nothing and is no error."""

    sources: frozenset[CampaignState]
    target: CampaignState


MOVES = MappingProxyType(
    {
        Move.START: Transition(frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED}), CampaignState.RUNNING),
        Move.PAUSE: Transition(frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED}), CampaignState.PAUSED),
        Move.RESUME: Transition(frozenset({CampaignState.PAUSED}), CampaignState.RUNNING),
        Move.CANCEL: Transition(
            frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED}),
            CampaignState.CANCELLED,
        ),
        Move.FINISH: Transition(frozenset({CampaignState.RUNNING}), CampaignState.FINISHED),
    }
)
OPEN_FOR_CONTACTS = frozenset({CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED})
REDRIVABLE = frozenset({JobState.FAILED, JobState.UNCONFIRMED})
OPEN_FOR_REDRIVES = frozenset({CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.FINISHED})
