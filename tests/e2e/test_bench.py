"""`make bench` as a person runs it: a part of it, short, and what its document says."""

import asyncio
import json
import sys

import pytest

from tests.benchmarks.processes import ROOT

pytestmark = pytest.mark.processes

IDLE = ("--only", "idle", "--rounds", "1", "--seconds", "3", "--json")


async def test_a_part_of_the_benchmark_names_each_figure_its_bound_and_what_was_missed():
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks", *IDLE, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await running.communicate()
    document = json.loads(printed)

    figures = {one["name"]: one for one in document["figures"]}
    assert figures.keys() == {"idle, share of a core", "idle, memory", "seconds to ready"}
    assert all(one["value"] > 0 and one["bound"] for one in figures.values())
    assert document["missed"] == [name for name, one in figures.items() if not one["met"]]
    assert running.returncode == (1 if document["missed"] else 0)
