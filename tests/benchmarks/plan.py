"""What every measure is given: where, how often, how much."""

import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.course import Provider
from tests.benchmarks.figures import Figure
from tests.benchmarks.installation import Tree


@dataclass(frozen=True)
class Sizes:
    """messages: of a turn, of Oriel and the bare loop.  singly: of a turn where each is a message of a broker.
    seconds: of sending at a rate, and of rest.  rows: of a base.
    """

    messages: int = 10_000
    singly: int = 2_500
    seconds: float = 8.0
    rows: int = 100_000


@dataclass(frozen=True)
class Plan:
    """trees: this one first. say: a line of progress."""

    provider: Provider
    trees: Sequence[Tree]
    rounds: int
    sizes: Sizes
    folder: Path
    say: Callable[[str], None]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_folder(self, name: str) -> Path:
        """One that does not exist yet."""
        return self.folder / f"{next(self._numbers):03d}-{name}"


Measure = Callable[[Plan], Awaitable[list[Figure]]]
