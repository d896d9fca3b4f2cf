"""Which request meets which accident, and what each accident means. Owns the counting, not the doing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from workers.simulator.dice import happens
from workers.simulator.script import Fault, FaultKind


class Manner(StrEnum):
    """How an answer leaves: whole; not at all, at once; not at all, after a silence; or half of it."""

    WHOLE = auto()
    CUT = auto()
    HANG = auto()
    HALF = auto()


@dataclass(frozen=True, slots=True)
class Course:
    """accepts: the message is taken all the same.  tells: the answer says truly what happened."""

    accepts: bool
    tells: bool
    manner: Manner


COURSES: Mapping[FaultKind, Course] = {
    FaultKind.ERROR: Course(accepts=False, tells=True, manner=Manner.WHOLE),
    FaultKind.CUT_BEFORE_ACCEPTANCE: Course(accepts=False, tells=False, manner=Manner.CUT),
    FaultKind.CUT_AFTER_ACCEPTANCE: Course(accepts=True, tells=False, manner=Manner.CUT),
    FaultKind.CUT_MID_BODY: Course(accepts=True, tells=False, manner=Manner.HALF),
    FaultKind.HANG_AFTER_ACCEPTANCE: Course(accepts=True, tells=False, manner=Manner.HANG),
    FaultKind.ACCEPT_THEN_500: Course(accepts=True, tells=False, manner=Manner.WHOLE),
    FaultKind.EMPTY_200: Course(accepts=True, tells=False, manner=Manner.WHOLE),
    FaultKind.HTML_200: Course(accepts=True, tells=False, manner=Manner.WHOLE),
    FaultKind.TRUNCATED_JSON: Course(accepts=True, tells=False, manner=Manner.WHOLE),
}
UNDISTURBED = Course(accepts=True, tells=True, manner=Manner.WHOLE)


class Faults:
    """The script's rules with their counters. By chance, the n-th request of a rule meets the same fate in every run."""

    def __init__(self, seed: int, rules: Sequence[Fault]) -> None:
        self._seed = seed
        self._rules = rules
        self._seen = [0] * len(rules)

    def strike(self, number: str) -> Fault | None:
        """The first rule that fits. *Effects*: every rule that was asked has counted the request."""
        return next((rule for place, rule in enumerate(self._rules) if self._fits(place, rule, number)), None)

    def _fits(self, place: int, rule: Fault, number: str) -> bool:
        match = rule.match
        if match.numbers is not None and number not in match.numbers:
            return False
        self._seen[place] += 1
        seen = self._seen[place]
        return (
            (match.first is None or seen <= match.first)
            and (match.every is None or seen % match.every == 0)
            and (match.probability is None or happens(match.probability, self._seed, "fault", place, seen))
        )
