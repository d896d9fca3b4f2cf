"""Forty numbers of 80/s in one sender process: whether their rates are sustained, and at which share of a core."""

from tests.benchmarks.configuration import configuration, senders
from tests.benchmarks.figures import Figure
from tests.benchmarks.installation import up
from tests.benchmarks.pacing import watch
from tests.benchmarks.plan import Plan

NUMBERS, RATE = 40, 80.0
TOGETHER = NUMBERS * RATE
SENDERS = senders([RATE] * NUMBERS)


async def measure(plan: Plan) -> list[Figure]:
    async with up(plan.trees[0], plan.new_folder("forty"), configuration(plan.provider.url, SENDERS)) as running:
        window = await watch(running, plan.provider, SENDERS, plan.sizes.seconds, 0)
    used = window.messages / window.seconds / TOGETHER
    share = window.spent["sender"] / window.seconds
    plan.say(f"forty numbers: {used * TOGETHER:,.0f}/s of {TOGETHER:,.0f}, sender at {share:.2f} of a core")
    fullest = max(float(one["fullest_second"]) for one in window.senders.values())
    return [
        Figure(f"forty numbers, used of {TOGETHER:,.0f}/s", [used]),
        Figure("forty numbers, sender's share of a core", [share]),
        Figure("forty numbers, fullest second of one", [fullest], "messages"),
    ]
