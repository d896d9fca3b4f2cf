"""The outcome of a request that met an error: one table for campaigns' jobs and for messages outside of campaigns.

Owns the consequence, not its words: the ledger and the outbox have their own, and each sender translates. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from shared.ground.errors import Again, Disposition, SendError
from shared.ground.retry import limited_until, next_attempt_at, not_accepted_until


class Fate(StrEnum):
    """The end of a request without a receipt."""

    FAILED = "failed"  # refused, for this contact or this content
    SUPPRESSED = "suppressed"  # refused by the contact
    DEFERRED = "deferred"  # provably not accepted: the same attempt, later
    UNCONFIRMED = "unconfirmed"  # may have been accepted: never repeated blindly
    RETURNED = (
        "returned"  # not accepted, and nothing like it would be, until a person repairs the template or the sender
    )


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
    """code, reason: the provider's code and our gloss, without content. due: when it may be tried again, None for never."""

    fate: Fate
    code: str
    reason: str
    due: datetime | None = None


def outcome_of(error: SendError, now: datetime, chance: float, attempt: int | None = None) -> Outcome:
    """attempt: the job's; None for a message outside of campaigns. chance: 0 … 1, spreads what is deferred together."""
    fate = FATES[error.disposition]
    return Outcome(fate, error.code, error.gloss, _due(fate, error, now, chance, attempt))


def _due(fate: Fate, error: SendError, now: datetime, chance: float, attempt: int | None) -> datetime | None:
    """A daily limit pauses a campaign, and a person resumes it: its job is ready by then. A message outside of campaigns
    has no such person, so it waits by itself; and it has one attempt, so a refusal is its end.
    """
    match fate:
        case Fate.DEFERRED if attempt is None and error.again is Again.NEXT_DAY:
            return limited_until(error, now)
        case Fate.DEFERRED:
            return not_accepted_until(error, now, chance)
        case Fate.FAILED if attempt is not None:
            return next_attempt_at(error, attempt, now)
        case Fate.FAILED | Fate.SUPPRESSED | Fate.UNCONFIRMED | Fate.RETURNED:
            return None
