"""The states of a job and of a campaign, and the legal moves. Pure: Lua repeats the moves, tests hold both together.

A job's state is one byte. What is known of its current attempt is a set of facts; the state follows from the facts by
rank, so that events in any order, any number of times, give the same end (`derive`).
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class JobState(StrEnum):
    """The value is the name that people see; `letter` is the byte in the store."""

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
HOLE = "."  # an ordinal that is nobody's: a duplicate row, or the rest of a page

UNFINISHED = frozenset({JobState.PENDING, JobState.DEFERRED, JobState.LEASED, JobState.SENDING})


class CampaignState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What may be asked of a campaign."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Rule:
    """A move is legal from `sources`; asked again in `target` it changes nothing and is no error."""

    sources: frozenset[CampaignState]
    target: CampaignState


MOVES = MappingProxyType(
    {
        Move.START: Rule(frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED}), CampaignState.RUNNING),
        Move.PAUSE: Rule(frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED}), CampaignState.PAUSED),
        Move.RESUME: Rule(frozenset({CampaignState.PAUSED}), CampaignState.RUNNING),
        Move.CANCEL: Rule(
            frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED}),
            CampaignState.CANCELLED,
        ),
        Move.FINISH: Rule(frozenset({CampaignState.RUNNING}), CampaignState.FINISHED),
    }
)
OPEN_FOR_CONTACTS = frozenset({CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one attempt. Merging is a join: commutative, associative, idempotent (property-tested)."""

    accepted: bool = False
    delivered: bool = False
    read: bool = False
    failed: bool = False

    def merge(self, other: "Facts") -> "Facts":
        return Facts(
            self.accepted or other.accepted,
            self.delivered or other.delivered,
            self.read or other.read,
            self.failed or other.failed,
        )


def derive(facts: Facts) -> JobState | None:
    """The state that an attempt's facts amount to; None while nothing is known.

    Delivery is believed over failure (PROTOCOLS: "failed is final unless a later delivered or read arrives").
    """
    if facts.read:
        return JobState.READ
    if facts.delivered:
        return JobState.DELIVERED
    if facts.failed:
        return JobState.FAILED
    if facts.accepted:
        return JobState.ACCEPTED
    return None


def after_facts(state: JobState, facts: Facts, retry: bool = False) -> JobState:
    """The job's next state once its current attempt's facts are as given.

    retry: the failure may be tried again, as attempt n+1.
    A delivery of an earlier attempt wins over a retry that is not yet marked; a failure does not undo a planned retry.
    """
    derived = derive(facts)
    if derived is None:
        return state
    waiting = state in {
        JobState.PENDING, JobState.DEFERRED, JobState.LEASED,
        JobState.CANCELLED, JobState.EXPIRED, JobState.SUPPRESSED,
    }  # fmt: skip
    if derived is JobState.FAILED:
        if waiting or state is JobState.FAILED:
            return state
        return JobState.DEFERRED if retry else JobState.FAILED
    return derived
