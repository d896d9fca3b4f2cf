"""How much of each wing the tests run, branches included; fails where a wing is below its floor.

    python -m tests.floors        after `pytest --cov`, which leaves `.coverage`

A floor is just below the figure that was measured when it was set: what comes new is tested, or lowers the figure.
Lines run in processes that tests start (tests/chaos, tests/e2e) are not counted: tracing them would change the timing
that those tests are about.
"""

import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[1]
FLOORS = {  # percent of lines and branches, just below the figure of 2026-11-28
    "ledger": 99,  # measured 100: a line that no test runs may be a contact who is written to twice
    "rules": 99,  # measured 100: a pure verdict has no excuse
    "people": 98,  # measured 99.2: open are the bound of redirects, and a contact that vanishes between two questions
    "senders": 98,  # measured 98.8: open is a permit that is given back in the instant of its turn
}


@dataclass
class Covered:
    """run, all: lines and branches together."""

    run: int = 0
    all: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.run / self.all if self.all else 0.0


def main() -> int:
    measured = by_wing(report())
    for wing, covered in sorted(measured.items()):
        floor = f"floor {FLOORS[wing]} %" if wing in FLOORS else ""
        print(f"shared/{wing:<14} {covered.percent:5.1f} % of {covered.all:5} lines and branches  {floor}".rstrip())
    for complaint in complaints(measured):
        print(complaint, file=sys.stderr)
    return 1 if complaints(measured) else 0


def report() -> dict[str, dict[str, int]]:
    """file → coverage.py's counts, of the run that left `.coverage`."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(file))
        return {name: one["summary"] for name, one in json.loads(file.read_bytes())["files"].items()}


def by_wing(files: dict[str, dict[str, int]]) -> dict[str, Covered]:
    wings: dict[str, Covered] = defaultdict(Covered)
    for name, counts in files.items():
        _, wing, *inside = Path(name).parts
        if not inside:
            continue  # shared/__init__.py is a picture of the wings
        wings[wing].run += counts["covered_lines"] + counts["covered_branches"]
        wings[wing].all += counts["num_statements"] + counts["num_branches"]
    return wings


def complaints(measured: dict[str, Covered]) -> list[str]:
    """A wing that is not there is below its floor too, so that no rename loses one."""
    found = {wing: measured.get(wing, Covered()) for wing in FLOORS}
    return [
        f"shared/{wing}: {covered.percent:.1f} % of {covered.all} lines and branches; the floor is {FLOORS[wing]} %"
        for wing, covered in found.items()
        if covered.percent < FLOORS[wing]
    ]


if __name__ == "__main__":
    sys.exit(main())
