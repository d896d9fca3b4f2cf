"""The consequence of an error for its request: one table for jobs of campaigns and for messages outside campaigns.

Owns the consequence; the ledger and the outbox have their own terms for it, and each use case translates. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from shared.ground.errors import Again, Disposition, SendError
from shared.ground.retry import limited_until, next_attempt_at, not_accepted_until


class Fate(StrEnum):
    """The consequence for a request that was not accepted, or whose outcome is unknown."""

    FAILED = "failed"  # refused, for this contact or this content
    SUPPRESSED = "suppressed"  # refused by the contact
    DEFERRED = "deferred"  # provably not accepted: the same attempt, later
    UNCONFIRMED = "unconfirmed"  # may have been accepted: never repeated blindly
    RETURNED = "returned"  # not accepted: a person must repair the template or the sender first


FATES: Mapping[Disposition, Fate] = MappingProxyType(
    {
        Disposition.REFUSED: Fate.FAILED,
        Disposition.SUPPRESS: Fate.SUPPRESSED,
        Disposition.NOT_ACCEPTED: Fate.DEFERRED,
        Disposition.UNKNOWN: Fate.UNCONFIRMED,
        Disposition.TEMPLATE_UNUSABLE: Fate.RETURNED,
        Disposition.SENDER_UNUSABLE: Fate.RETURNED,
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """code, reason: the provider's code and our gloss, without content.  due: of the next try, None for never."""

    fate: Fate
    code: str
    reason: str
    due: datetime | None = None


def outcome_of(error: SendError, now: datetime, chance: float, attempt: int | None = None) -> Outcome:
    """attempt: of the job; None for a message outside campaigns.  chance: 0 … 1, spreads simultaneous deferrals."""
    fate = FATES[error.disposition]
    return Outcome(fate, error.code, error.gloss, _due(fate, error, now, chance, attempt))


def _due(fate: Fate, error: SendError, now: datetime, chance: float, attempt: int | None) -> datetime | None:
    """After a daily limit a job needs no long wait: its campaign pauses, and a person resumes it. A message outside
    campaigns waits for the limit itself; it has one attempt, so a refusal is final.
    """
    match fate:
        case Fate.DEFERRED if attempt is None and error.again in {Again.NEXT_DAY, Again.DAY_IF_REPEATED}:
            return limited_until(error, now)
        case Fate.DEFERRED:
            return not_accepted_until(error, now, chance)
        case Fate.FAILED if attempt is not None:
            return next_attempt_at(error, attempt, now)
        case Fate.FAILED | Fate.SUPPRESSED | Fate.UNCONFIRMED | Fate.RETURNED:
            return None
