"""The answer to "may this be sent now?" as a value, and how several answers become one. Owns the words. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_never


class Reason(StrEnum):
    """Stable: these words are in answers of the API, in events, in the ledger and in the Lua of both marks.

    In the order of precedence: of several that hold, the first is told.
    """

    WINDOW_CLOSED = "window-closed"
    OPTED_OUT = "opted-out"
    NOT_IN_CONTROL = "not-in-control"
    NO_OPT_IN = "no-opt-in"
    DEADLINE = "deadline"
    SEND_AT = "send-at"


PRECEDENCE = {reason: -place for place, reason in enumerate(Reason)}
ALWAYS = datetime.min.replace(tzinfo=UTC)  # before every `until`


@dataclass(frozen=True, slots=True)
class Allowed:
    """Nothing is against it."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not before `until`, when the judge must be asked again."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Never:
    """Waiting does not help; another question, or another word of the contact, may."""

    reason: Reason


Verdict = Allowed | Later | Never
ALLOWED = Allowed()


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The strictest: a Never beats a Later, the latest Later beats the others, and of equals the first reason is told.

    The order of `verdicts` does not matter, and none at all is Allowed.

    >>> combine([Allowed(), Never(Reason.NO_OPT_IN), Never(Reason.OPTED_OUT)])
    Never(reason=<Reason.OPTED_OUT: 'opted-out'>)
    """
    return max(verdicts, key=_strictness, default=ALLOWED)


def _strictness(verdict: Verdict) -> tuple[int, datetime, int]:
    """Different for different verdicts, so that `max` has no choice."""
    match verdict:
        case Allowed():
            return 0, ALWAYS, 0
        case Later(until, reason):
            return 1, until, PRECEDENCE[reason]
        case Never(reason):
            return 2, ALWAYS, PRECEDENCE[reason]
        case _:
            assert_never(verdict)
