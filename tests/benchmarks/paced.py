"""CPU a message at the rates that numbers have, 80/s and 1,000/s: all processes and the store, and what idling costs.

Owns also how full the fullest second was, and how much of the rate was used, with one sender process.
"""

from tests.benchmarks.configuration import configuration, senders
from tests.benchmarks.figures import ByTree, Figure
from tests.benchmarks.installation import Tree, up
from tests.benchmarks.machine import us_each
from tests.benchmarks.pacing import Window, watch
from tests.benchmarks.plan import Plan

RATES = (80, 1_000)
SENDERS = senders(RATES)
Windows = dict[tuple[Tree, int], list[Window]]


async def measure(plan: Plan) -> list[Figure]:
    windows: Windows = {(tree, rate): [] for tree in plan.trees for rate in RATES}
    for number in range(plan.rounds):
        for tree in plan.trees:
            await _round(plan, tree, windows)
            told = ", ".join(f"{windows[tree, rate][-1].us_each:,.0f} µs a message at {rate:,}/s" for rate in RATES)
            plan.say(f"round {number + 1} of {plan.rounds}: {tree.name}: {told}")
    return [
        figure
        for rate in RATES
        for figure in [*_costs(plan, rate, windows), *limits(rate, windows[plan.trees[0], rate])]
    ]


async def _round(plan: Plan, tree: Tree, windows: Windows) -> None:
    async with up(tree, plan.new_folder("paced"), configuration(plan.provider.url, SENDERS)) as running:
        for place, (rate, sender) in enumerate(zip(RATES, SENDERS, strict=True)):
            first = place * 1_000_000
            windows[tree, rate].append(await watch(running, plan.provider, [sender], plan.sizes.seconds, first))


def _costs(plan: Plan, rate: int, windows: Windows) -> list[Figure]:
    costs = {tree: [window.us_each for window in windows[tree, rate]] for tree in plan.trees}
    last = windows[plan.trees[0], rate][-1]
    return ByTree(f"CPU a message at {rate:,}/s", "µs", costs, us_each(last.spent, last.messages)).figures()


def limits(rate: int, windows: list[Window], where: str = "") -> list[Figure]:
    """How full the fullest second of all rounds was, and the used share of the rate in each. where: ends the name."""
    seen = [one for window in windows for one in window.senders.values()]
    fullest = [max(float(one["fullest_second"]) for one in seen)]
    return [
        Figure(f"fullest second at {rate:,}/s{where}", fullest, "messages"),
        Figure(f"used of {rate:,}/s{where}", [float(one["steady_rate"]) / rate for one in seen]),
    ]
