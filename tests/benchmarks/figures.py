"""Figures: what was measured, a value a round, and the middle one. Pure functions; `targets` says what they must reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.course import Turn
from tests.benchmarks.installation import Tree
from tests.benchmarks.machine import median

CAPPED_SHARE = 0.9  # of a core: a provider busier than that sets the pace


@dataclass(frozen=True)
class Figure:
    """values: one a round, in order. unit: of the values. by_process: where a sum comes from, in the same unit."""

    name: str
    values: Sequence[float]
    unit: str = ""
    by_process: Mapping[str, float] | None = None

    @property
    def value(self) -> float:
        return median(self.values)


def ratios(name: str, ours: Sequence[float], others: Sequence[float]) -> Figure:
    """One a round: neighbours in time meet the same machine."""
    return Figure(name, [our / other for our, other in zip(ours, others, strict=True)], "×")


@dataclass(frozen=True)
class ByTree:
    """A figure of each tree, a value a round. trees: this one first, then the one to compare with, if there is one."""

    name: str
    unit: str
    values: Mapping[Tree, Sequence[float]]
    by_process: Mapping[str, float] | None = None

    def figures(self) -> list[Figure]:
        """The figure of this tree, that of the other one, and their ratio under `against(name)`."""
        here, *others = self.values
        found = [Figure(self.name, self.values[here], self.unit, self.by_process)]
        for other in others:
            found.append(Figure(f"{self.name}, {other.name}", self.values[other], self.unit))
            found.append(ratios(against(self.name), self.values[here], self.values[other]))
        return found


def against(name: str) -> str:
    """The name of a figure's ratio to that of the other tree."""
    return f"{name} : the other tree"


def of_rounds(turns: Sequence[Turn], value: Callable[[Turn], float]) -> list[float]:
    return [value(turn) for turn in turns]


def provider_figures(turns: Sequence[Turn]) -> list[Figure]:
    """Whether the provider sets the pace: its cost a request, and its share of a core, both in the fastest turn."""
    fastest = max(turns, key=lambda turn: turn.rate)
    return [
        Figure("provider, a request", [fastest.provider_us], "µs CPU"),
        Figure("provider's share of a core, fastest turn", [fastest.provider_share]),
    ]


def is_capped(figures: Sequence[Figure]) -> bool:
    """Whether the fastest turn was as fast as the provider, so that its figures say too little."""
    shares = [one.value for one in figures if one.name == "provider's share of a core, fastest turn"]
    return any(share > CAPPED_SHARE for share in shares)
