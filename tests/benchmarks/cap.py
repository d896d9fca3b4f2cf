"""The fullest second at the cap, at 80/s and at 1,000/s, with eight sender processes that share one number each."""

from tests.benchmarks.configuration import configuration
from tests.benchmarks.figures import Figure
from tests.benchmarks.installation import up
from tests.benchmarks.paced import RATES, SENDERS, limits
from tests.benchmarks.pacing import watch
from tests.benchmarks.plan import Plan

PROCESSES = 8


async def measure(plan: Plan) -> list[Figure]:
    found = []
    async with up(
        plan.trees[0], plan.new_folder("cap"), configuration(plan.provider.url, SENDERS), PROCESSES
    ) as running:
        for place, (rate, sender) in enumerate(zip(RATES, SENDERS, strict=True)):
            window = await watch(running, plan.provider, [sender], plan.sizes.seconds, place * 1_000_000)
            found += limits(rate, [window], f", {PROCESSES} senders")
            plan.say(f"{PROCESSES} sender processes: {window.messages / window.seconds:,.0f} of {rate:,}/s")
    return found
