"""Which request meets which accident."""

import pytest

from workers.simulator.fault_rules import Fault, FaultKind, Match
from workers.simulator.faults import FAULT_EFFECTS, Faults

ONE, OTHER = "+14155550101", "+14155550102"
CUT, EMPTY = FaultKind.CUT_BEFORE_ACCEPTANCE, FaultKind.EMPTY_200


def struck(rules: list[Fault], numbers: list[str], seed: int = 0) -> list[FaultKind | None]:
    faults = Faults(seed, rules)
    met = (faults.choose(number) for number in numbers)
    return [None if fault is None else fault.do for fault in met]


@pytest.mark.parametrize(
    ("match", "numbers", "expected"),
    [
        (Match(), [ONE, OTHER], [EMPTY, EMPTY]),
        (Match(first=2), [ONE] * 4, [EMPTY, EMPTY, None, None]),
        (Match(every=3), [ONE] * 7, [None, None, EMPTY, None, None, EMPTY, None]),
        (Match(numbers=frozenset({ONE})), [OTHER, ONE, OTHER], [None, EMPTY, None]),
        (Match(numbers=frozenset({ONE}), first=1), [OTHER, ONE, ONE], [None, EMPTY, None]),
        (Match(every=2, first=3), [ONE] * 6, [None, EMPTY, None, None, None, None]),
        (Match(probability=0), [ONE] * 9, [None] * 9),
        (Match(probability=1), [ONE] * 3, [EMPTY] * 3),
    ],
)
def test_conditions_hold_together(match: Match, numbers: list[str], expected: list[FaultKind | None]) -> None:
    assert struck([Fault(match=match, do=EMPTY)], numbers) == expected


def test_the_first_rule_that_fits_wins_and_hides_the_request_from_the_rest() -> None:
    rules = [Fault(match=Match(first=1), do=CUT), Fault(match=Match(first=1), do=EMPTY)]
    assert struck(rules, [ONE] * 3) == [CUT, EMPTY, None]


def test_chance_is_the_same_in_every_run() -> None:
    rules = [Fault(match=Match(probability=0.3), do=EMPTY)]
    first, again, other = (struck(rules, [ONE] * 1_000, seed) for seed in (5, 5, 6))
    assert first == again != other
    assert 250 < sum(kind is not None for kind in first) < 350


def test_every_kind_has_its_course() -> None:
    assert set(FAULT_EFFECTS) == set(FaultKind)
