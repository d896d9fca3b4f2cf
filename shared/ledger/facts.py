"""Only tests use this module: the oracle of `settle.lua`, the state that the facts of one attempt end in. Pure."""

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from shared.ledger.states import JobState


class Failure(IntEnum):
    """How grave a failure of an attempt is; of several the gravest counts. In the store: nothing, `r`, `f`, `x`."""

    NONE = 0
    RETRIABLE = 1
    FINAL = 2
    SUPPRESSED = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one attempt. Merging is a join: commutative, associative, idempotent (property-tested)."""

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
_ENDED = frozenset({JobState.SUPPRESSED, JobState.CANCELLED})


def derive(facts: Facts) -> JobState | None:
    """The state that these facts alone end in; None without any fact.

    A delivery outranks a failure: providers report failures of messages that arrive all the same.
    """
    if facts.read:
        return JobState.READ
    if facts.delivered:
        return JobState.DELIVERED
    if facts.failed is not Failure.NONE:
        return _AFTER_FAILURE[facts.failed]
    return JobState.ACCEPTED if facts.accepted else None


def after_facts(state: JobState, facts: Facts, retry_planned: bool = False) -> JobState:
    """The next state of a job in `state` whose current attempt has these facts.

    retry_planned: attempt n+1 waits and is not marked yet. A delivery of attempt n, or a graver failure, cancels the retry;
    the same failure again changes nothing. No failure brings back a job that has ended; one that has expired tells of its
    final failure.
    """
    derived = derive(facts)
    if derived is None:
        return state
    if facts.failed is Failure.NONE or derived in {JobState.DELIVERED, JobState.READ}:
        return derived
    if state in _ENDED:
        return state
    if derived is JobState.DEFERRED and state is JobState.EXPIRED:
        return state
    if derived is JobState.DEFERRED and retry_planned and state in {JobState.PENDING, JobState.LEASED}:
        return state
    return derived
