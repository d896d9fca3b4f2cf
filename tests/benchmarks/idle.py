"""What an installation costs that has nothing to do: share of a core, memory, and the seconds until it is ready."""

import asyncio
import time

from tests.benchmarks.configuration import configuration
from tests.benchmarks.figures import ByTree, Figure
from tests.benchmarks.installation import Running, Tree, up
from tests.benchmarks.machine import held_mb, processor_s, spent_s
from tests.benchmarks.plan import Plan

CALM_S = 5.0  # after which what belongs to the start is over
ALONE = 3  # rounds where nobody is compared with


async def measure(plan: Plan) -> list[Figure]:
    shares = {tree: list[float]() for tree in plan.trees}
    memory = {tree: list[float]() for tree in plan.trees}
    ready = {tree: list[float]() for tree in plan.trees}
    spent: dict[Tree, dict[str, float]] = {}
    rounds = plan.rounds if len(plan.trees) > 1 else min(plan.rounds, ALONE)
    for number in range(rounds):
        for tree in plan.trees:
            async with up(tree, plan.new_folder("idle"), configuration(plan.provider.url)) as running:
                spent[tree] = await _rest(running, plan.sizes.seconds)
                shares[tree].append(sum(spent[tree].values()))
                memory[tree].append(sum(held_mb(running.pids).values()))
                ready[tree].append(running.ready_s)
            told = f"{shares[tree][-1]:.3f} of a core, {memory[tree][-1]:.0f} MB, ready in {ready[tree][-1]:.1f} s"
            plan.say(f"round {number + 1} of {rounds}: idle, {tree.name}: {told}")
    by_process = {name: round(share, 4) for name, share in spent[plan.trees[0]].items()}
    return [
        *ByTree("idle, share of a core", "", shares, by_process).figures(),
        *ByTree("idle, memory", "MB", memory).figures(),
        *ByTree("seconds to ready", "s", ready).figures(),
    ]


async def _rest(running: Running, seconds: float) -> dict[str, float]:
    """Process → its share of a core."""
    await asyncio.sleep(CALM_S)
    before, began = processor_s(running.pids), time.monotonic()
    await asyncio.sleep(seconds)
    lasted = time.monotonic() - began
    return {name: seconds / lasted for name, seconds in spent_s(before, processor_s(running.pids)).items()}
