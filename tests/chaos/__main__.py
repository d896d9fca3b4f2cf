"""`make chaos`: a campaign in a storm a seed, and a line for each. Exit status 1 if a promise was broken.

    make chaos ARGS="--seeds 20 --contacts 20000"        make chaos ARGS="--seed 4711"

Owns options and order; the storm is `storm`'s. A seed's harms come at the same shares of the same campaign each time; the
machine's own clock is not repeated. At the default rate of 500/s a seed of 20,000 contacts takes one to four minutes.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from tests.chaos.storm import Storm, Verdict, run
from tests.world import MAX_ADDRESSES

SEED_S = 420.0  # a seed that takes longer has failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=…", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many, each a new one (3)")
    parser.add_argument("--seed", type=int, nargs="+", help="these, in place of new ones")
    parser.add_argument("--contacts", type=int, default=20_000, help=f"of each campaign (20000; most {MAX_ADDRESSES})")
    parser.add_argument("--rate", type=float, default=500.0, help="of the sender, messages per second (500)")
    options = parser.parse_args()
    if not 50 <= options.contacts <= MAX_ADDRESSES or options.rate <= 0 or options.seeds < 1:
        parser.error(f"contacts: 50 … {MAX_ADDRESSES}; rate: above 0; seeds: 1 or more")
    return options


def main() -> int:
    options = _options()
    seeds = options.seed or [random.SystemRandom().randrange(1_000_000) for _ in range(options.seeds)]
    print(f"{len(seeds)} seeds of {options.contacts} contacts at {options.rate:g}/s: {' '.join(map(str, seeds))}")
    verdicts = [_weather(Storm(seed, options.contacts, options.rate)) for seed in seeds]
    failed = [verdict.storm.seed for verdict in verdicts if verdict.fault]
    if failed:
        print(
            f'{len(failed)} of {len(seeds)} seeds failed; again: make chaos ARGS="--seed {" ".join(map(str, failed))}"'
        )
    return 1 if failed else 0


def _weather(storm: Storm) -> Verdict:
    """The folder of a seed that failed is kept, and named."""
    folder = Path(tempfile.mkdtemp(prefix=f"oriel-chaos-{storm.seed}-"))
    with (folder / "course.txt").open("w", encoding="utf-8") as course, redirect_stdout(course):
        try:
            (verdict,) = asyncio.run(asyncio.wait_for(run([storm], folder), SEED_S))
        except TimeoutError:
            verdict = Verdict(storm, fault=f"not over within {SEED_S:g} s", seconds=SEED_S)
    print(verdict if not verdict.fault else f"{verdict}; kept: {folder}", flush=True)
    if not verdict.fault:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
