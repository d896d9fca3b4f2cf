"""The states of a job and of a campaign, and the legal moves. Pure: Lua repeats the moves, tests hold both together.

A job's state is one byte. What is known of its current attempt is a set of facts; the state follows from the facts by
rank, so that events in any order, any number of times, give the same end (`derive`).
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
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


class Failure(IntEnum):
    """How grave a failure of an attempt is: of several, the gravest counts. In the store: nothing, `r`, `f`, `x`."""

    NONE = 0
    RETRIABLE = 1
    FINAL = 2
    SUPPRESSED = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one attempt. Merging is a join: commutative, associative, idempotent (property-tested)."""

    accepted: bool = False
    delivered: bool = False
    read: bool = False
    failed: Failure = Failure.NONE

    def merge(self, other: "Facts") -> "Facts":
        return Facts(
            self.accepted or other.accepted,
            self.delivered or other.delivered,
            self.read or other.read,
            max(self.failed, other.failed),
        )


_AFTER_FAILURE = MappingProxyType(
    {
        Failure.RETRIABLE: JobState.DEFERRED,
        Failure.FINAL: JobState.FAILED,
        Failure.SUPPRESSED: JobState.SUPPRESSED,
    }
)
_ENDED = frozenset({JobState.SUPPRESSED, JobState.CANCELLED, JobState.EXPIRED})


def derive(facts: Facts) -> JobState | None:
    """The state that an attempt's facts amount to by themselves; None while nothing is known.

    Delivery is believed over failure: a failure is final unless a later delivered or read arrives.
    """
    if facts.read:
        return JobState.READ
    if facts.delivered:
        return JobState.DELIVERED
    if facts.failed is not Failure.NONE:
        return _AFTER_FAILURE[facts.failed]
    return JobState.ACCEPTED if facts.accepted else None


def after_facts(state: JobState, facts: Facts, retry_planned: bool = False) -> JobState:
    """The job's next state once its current attempt's facts are as given: the oracle of `settle.lua`.

    retry_planned: attempt n+1 waits already, and is not marked yet.
    A delivery of the earlier attempt wins over it, as does a graver failure; the same failure again leaves it alone. No
    failure brings back a job that has ended.
    """
    derived = derive(facts)
    if derived is None:
        return state
    if facts.failed is Failure.NONE or derived in {JobState.DELIVERED, JobState.READ}:
        return derived
    if state in _ENDED:
        return state
    if derived is JobState.DEFERRED and retry_planned and state in {JobState.PENDING, JobState.LEASED}:
        return state
    return derived
