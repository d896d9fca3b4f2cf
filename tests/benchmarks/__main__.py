"""`make bench`: every figure of one run in one table, with the bound that it must reach. Exit status 1 if one is missed, or
cannot be measured.

Owns options and order. Each measure is a module of its own, the bounds are in `targets`.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import uvloop
from rich.console import Console

from tests.benchmarks import cap, forty_numbers, idle, memory, paced, rows, sends, singly, waits
from tests.benchmarks.course import provider
from tests.benchmarks.figures import Figure
from tests.benchmarks.installation import HERE, Tree
from tests.benchmarks.machine import machine
from tests.benchmarks.plan import Measure, Plan, Sizes
from tests.benchmarks.report import as_json, show
from tests.benchmarks.targets import missed

MEASURES: dict[str, Measure] = {
    "sends": sends.measure,
    "singly": singly.measure,
    "paced": paced.measure,
    "forty": forty_numbers.measure,
    "rows": rows.measure,
    "idle": idle.measure,
    "cap": cap.measure,
    "waits": waits.measure,
    "memory": memory.measure,
}
LONG = (
    "memory",
)  # measures that are only taken when asked for: the rest takes a quarter of an hour on two quiet cores
DEFAULT = [name for name in MEASURES if name not in LONG]
STDOUT = "-"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    sizes = Sizes()
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=DEFAULT, help="some of the measures")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contestant (5)")
    parser.add_argument("--messages", type=int, default=sizes.messages, help="a turn of Oriel and of the bare loop")
    parser.add_argument(
        "--singly", type=int, default=sizes.singly, help="messages a turn where each is a broker's message"
    )
    parser.add_argument("--seconds", type=float, default=sizes.seconds, help="of sending at a rate, and of rest")
    parser.add_argument("--rows", type=int, default=sizes.rows, help="of a base, at most 100,000")
    parser.add_argument(
        "--against", type=Path, help="another checkout, with a .venv, whose figures are measured in turn"
    )
    parser.add_argument("--json", nargs="?", const=STDOUT, help="one JSON document, to this file or to stdout")
    return parser.parse_args()


def main() -> int:
    if not Path("/proc/self/stat").exists():
        print("make bench reads processor time from /proc, which Linux alone has", file=sys.stderr)
        return 2
    options, console = _options(), Console(stderr=True)
    trees = [HERE, *([Tree(f"tree {options.against.name}", options.against.resolve())] if options.against else [])]
    measured_on = machine()
    figures, failed = uvloop.run(_measure(options, trees, console))
    if options.json:
        text = as_json(measured_on, figures, failed)
        Path(options.json).write_text(text, encoding="utf-8") if options.json != STDOUT else sys.stdout.write(text)
    if options.json != STDOUT:
        show(Console(), measured_on, figures)
    return 1 if failed or missed(figures) else 0


async def _measure(options: argparse.Namespace, trees: list[Tree], console: Console) -> tuple[list[Figure], list[str]]:
    """The figures, and the measures that failed."""
    sizes = Sizes(options.messages, options.singly, options.seconds, options.rows)
    figures: list[Figure] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="oriel-bench-", ignore_cleanup_errors=True) as folder:
        async with provider(Path(folder)) as answering:
            plan = Plan(
                answering, trees, options.rounds, sizes, Path(folder),
                lambda line: console.print(line, style="dim", highlight=False),
            )  # fmt: skip
            for name in options.only:
                began = time.monotonic()
                try:
                    figures += await MEASURES[name](plan)
                except (RuntimeError, aiohttp.ClientError) as error:  # the other measures are worth having
                    console.print(f"{name} has failed: {error}", style="red", highlight=False)
                    failed.append(name)
                plan.say(f"{name}: {time.monotonic() - began:.0f} s")
    return figures, failed


if __name__ == "__main__":
    sys.exit(main())
