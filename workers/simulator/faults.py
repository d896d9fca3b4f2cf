"""The fault that a request meets, and the effect of each kind of fault. Owns the counting; the server breaks responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from workers.simulator.fault_rules import Fault, FaultKind
from workers.simulator.random_source import draw_bool


class ResponseMode(StrEnum):
    """How a response leaves: complete; cut at once; cut after a silence; its first half."""

    COMPLETE = auto()
    CUT = auto()
    HANG = auto()
    HALF = auto()


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """accepts: the message is accepted nevertheless.  is_truthful: the response states the real outcome."""

    accepts: bool
    is_truthful: bool
    mode: ResponseMode


FAULT_EFFECTS: Mapping[FaultKind, FaultEffect] = {
    FaultKind.ERROR: FaultEffect(accepts=False, is_truthful=True, mode=ResponseMode.COMPLETE),
    FaultKind.CUT_BEFORE_ACCEPTANCE: FaultEffect(accepts=False, is_truthful=False, mode=ResponseMode.CUT),
    FaultKind.CUT_AFTER_ACCEPTANCE: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.CUT),
    FaultKind.CUT_MID_BODY: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.HALF),
    FaultKind.HANG_AFTER_ACCEPTANCE: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.HANG),
    FaultKind.ACCEPT_THEN_500: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.COMPLETE),
    FaultKind.EMPTY_200: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.COMPLETE),
    FaultKind.HTML_200: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.COMPLETE),
    FaultKind.TRUNCATED_JSON: FaultEffect(accepts=True, is_truthful=False, mode=ResponseMode.COMPLETE),
}
NO_FAULT = FaultEffect(accepts=True, is_truthful=True, mode=ResponseMode.COMPLETE)


class Faults:
    """The script's rules with their counters. The seed fixes which requests of a rule meet its probability."""

    def __init__(self, seed: int, rules: Sequence[Fault]) -> None:
        self._seed = seed
        self._rules = rules
        self._requests = [0] * len(rules)

    def choose(self, number: str) -> Fault | None:
        """The first rule that fits. *Effects*: each rule up to it counts the request."""
        return next(
            (rule for place, rule in enumerate(self._rules) if self._count_and_match(place, rule, number)), None
        )

    def _count_and_match(self, place: int, rule: Fault, number: str) -> bool:
        match = rule.match
        if match.numbers is not None and number not in match.numbers:
            return False
        self._requests[place] += 1
        count = self._requests[place]
        return (
            (match.first is None or count <= match.first)
            and (match.every is None or count % match.every == 0)
            and (match.probability is None or draw_bool(match.probability, self._seed, "fault", place, count))
        )
