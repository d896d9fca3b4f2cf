"""A base with opt-ins, from the file to jobs: CPU a row, of international and of national numbers; and the time of a start.

Both bases come in portions, in turn, one a round; then each campaign is started and planned.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.benchmarks.configuration import configuration, senders
from tests.benchmarks.figures import ByTree, Figure, ratios
from tests.benchmarks.installation import Running, Tree, up
from tests.benchmarks.machine import processor_s, resident_mb, spent_s, us_each
from tests.benchmarks.message import AREAS, LINES, Person, base, international, national
from tests.benchmarks.plan import Plan

SENDERS = senders([1.0, 1.0])  # what is sent meanwhile is nothing
KINDS: Mapping[str, Callable[[int], Person]] = {"international": international, "national": national}
PEOPLE = len(AREAS) * LINES
LOOK_AGAIN_S = 0.1
PLANNED_S = 300.0


@dataclass
class Seen:
    """Of one installation. import_us: by kind, a value a round.  planned_us, start_s: a value a kind."""

    import_us: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    by_process: dict[str, int] = field(default_factory=dict)
    planned_us: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    largest_mb: float = 0.0


async def measure(plan: Plan) -> list[Figure]:
    seen = {}
    for tree in plan.trees:
        async with up(tree, plan.new_folder("rows"), configuration(plan.provider.url, SENDERS)) as running:
            seen[tree] = await _measure(plan, tree, running)
    return _figures(plan, seen)


async def _measure(plan: Plan, tree: Tree, running: Running) -> Seen:
    seen = Seen()
    portion = min(plan.sizes.rows, PEOPLE) // plan.rounds
    campaigns = [await running.campaign(sender.name) for sender in SENDERS]
    for number in range(plan.rounds):
        for campaign, (kind, spelled) in zip(campaigns, KINDS.items(), strict=True):
            people = base(spelled(one) for one in range(number * portion, (number + 1) * portion))
            before = processor_s(running.pids)
            await running.add(campaign, people, portion)
            spent = spent_s(before, processor_s(running.pids))
            seen.by_process = us_each(spent, portion)
            seen.import_us[kind].append(sum(spent.values()) * 1e6 / portion)
            plan.say(f"{tree.name}: {portion:,} rows, {kind}: {seen.import_us[kind][-1]:.0f} µs CPU a row")
        seen.largest_mb = max(seen.largest_mb, _largest_mb(running))
    for campaign in campaigns:
        await _start(running, campaign, portion * plan.rounds, seen)
        plan.say(f"{tree.name}: start of {portion * plan.rounds:,} in {seen.start_s[-1]:.2f} s")
    return seen


async def _start(running: Running, campaign: str, rows: int, seen: Seen) -> None:
    before, began, planned = processor_s(running.pids), time.monotonic(), await running.planned()
    await running.start(campaign)
    seen.start_s.append(time.monotonic() - began)
    while await running.planned() < planned + rows:
        if time.monotonic() > began + PLANNED_S:
            raise RuntimeError(f"{rows} rows were not planned in {PLANNED_S:.0f} s")
        await asyncio.sleep(LOOK_AGAIN_S)
    spent = spent_s(before, processor_s(running.pids))
    seen.planned_us.append(sum(spent.values()) * 1e6 / rows)
    seen.largest_mb = max(seen.largest_mb, _largest_mb(running))
    await running.cancel(campaign)


def _largest_mb(running: Running) -> float:
    """Of every process but the store."""
    return max(size for name, size in resident_mb(running.pids).items() if name != "state")


def _figures(plan: Plan, seen: Mapping[Tree, Seen]) -> list[Figure]:
    ours = seen[plan.trees[0]]
    whole = {tree: [us + min(one.planned_us) for us in one.import_us["international"]] for tree, one in seen.items()}
    rows = min(plan.sizes.rows, PEOPLE) // plan.rounds * plan.rounds
    return [
        *ByTree("a row, from file to job", "µs CPU", whole).figures(),
        Figure("a row's import, international", ours.import_us["international"], "µs CPU", ours.by_process),
        Figure("a row's import, national", ours.import_us["national"], "µs CPU"),
        ratios(
            "import of a national number : international", ours.import_us["national"], ours.import_us["international"]
        ),
        Figure("a row's planning", ours.planned_us, "µs CPU"),
        Figure(f"start of {rows:,}", ours.start_s, "s"),
        Figure("largest process while importing", [ours.largest_mb], "MB"),
    ]
