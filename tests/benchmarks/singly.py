"""Sends a second with one job in each Celery message (`jobs_per_message = 1`): a setting, and no trap."""

from tests.benchmarks.contestants import oriel
from tests.benchmarks.figures import ByTree, Figure
from tests.benchmarks.plan import Plan


async def measure(plan: Plan) -> list[Figure]:
    speeds = {tree: list[float]() for tree in plan.trees}
    for number in range(plan.rounds):
        for tree in plan.trees:
            turn = await oriel(tree, plan.provider, plan.new_folder("singly"), plan.sizes.singly, 1)
            speeds[tree].append(turn.rate)
            plan.say(f"round {number + 1} of {plan.rounds}: one job a message, {tree.name}: {turn.rate:,.0f}/s")
    return ByTree("one job a message", "/s", speeds).figures()
