"""Sends a second from end to end, all guarantees, in turn with a bare loop, plain Celery, dramatiq and arq: A B C … A B C …

Owns the rounds. Oriel's turn begins with the start of an admitted campaign, a rival's with its first publish; a ratio that
counts the import, too, is beside it. Absolute figures belong to the machine; the ratios of one round can be compared.

The sender's profile while it sends as fast as it can (py-spy, 1,796 samples that held the GIL, 2026-11-28 at 2c8fac3):

    aiohttp: session, request, response, timers                  27 %
    redis-py and hiredis, of which a reply's retry and pool 11   19 %
    tasks, futures and the loop                                  12 %
    form: quoting, JSON, status URL, the provider's client        8 %
    Celery and kombu, of which the broker's poll 7                7 %
    the order of a send: `outbound.sending`, `insist`, `drain`    5 %
    template of the message                                       4 %
    group commit: `coalesce`                                      3 %
    keyed hashes: reference, contact id                           3 %
    transport of ours: `ground.http`                              2 %
    pacer 2, ledger's client 2, throttling and recipients 2, telemetry 1, rows 1, receipt 1

45 % of the samples are inside the tasks of single jobs, 19 % inside group commits, whatever the library below.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tests.benchmarks.configuration import JOBS_PER_MESSAGE
from tests.benchmarks.contestants import (
    ARQ,
    BARE,
    CELERY,
    DRAMATIQ,
    ORIEL,
    Rival,
    arq,
    bare,
    celery,
    dramatiq,
    oriel,
    rival,
)
from tests.benchmarks.course import Turn
from tests.benchmarks.figures import ByTree, Figure, provider_figures, ratios
from tests.benchmarks.installation import HERE
from tests.benchmarks.plan import Plan

POOLS = ("threads", "prefork")
Turns = Mapping[str, Sequence[Turn]]
"""Contestant → its turns, one a round."""


async def measure(plan: Plan) -> list[Figure]:
    rivals = {CELERY: await _better_celery(plan), DRAMATIQ: dramatiq(), ARQ: arq()}
    turns: defaultdict[str, list[Turn]] = defaultdict(list)
    for number in range(plan.rounds):
        for name, turn in (await _round(plan, rivals)).items():
            turns[name].append(turn)
        told = ", ".join(f"{name} {mine[-1].rate:,.0f}/s" for name, mine in turns.items())
        plan.say(f"round {number + 1} of {plan.rounds}: {told}")
    return figures(plan, turns)


async def _round(plan: Plan, rivals: Mapping[str, Rival]) -> dict[str, Turn]:
    sizes = plan.sizes
    done = {BARE: await bare(plan.provider, plan.new_folder("bare"), sizes.messages)}
    for tree in plan.trees:
        folder = plan.new_folder("oriel")
        done[tree.name] = await oriel(tree, plan.provider, folder, sizes.messages, JOBS_PER_MESSAGE)
    for name, one in rivals.items():
        done[name] = await rival(one, plan.provider, plan.new_folder("rival"), sizes.singly)
    return done


async def _better_celery(plan: Plan) -> Rival:
    """Both pools once; the quicker one is the rival."""
    speeds = {}
    for pool in POOLS:
        one = celery(pool)
        turn = await rival(one, plan.provider, plan.new_folder("celery"), plan.sizes.singly)
        speeds[pool] = turn.rate
        plan.say(f"{one.name}: {turn.rate:,.0f}/s")
    return celery(max(speeds, key=speeds.__getitem__))


# ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def figures(plan: Plan, turns: Turns) -> list[Figure]:
    ours = turns[HERE.name]
    speeds = {name: [turn.rate for turn in mine] for name, mine in turns.items()}
    senders = ByTree(
        "sender's CPU a message",
        "µs",
        {tree: [turn.spent_us["sender"] for turn in turns[tree.name]] for tree in plan.trees},
    )
    bare_us = [turn.spent_us["loop"] for turn in turns[BARE]]
    return [
        *(Figure(f"{ORIEL if name == HERE.name else name}, end to end", mine, "/s") for name, mine in speeds.items()),
        *(ratios(f"Oriel : {name}", speeds[HERE.name], speeds[name]) for name in speeds if name != HERE.name),
        ratios("Oriel with its import : plain Celery", [turn.rate_with_import for turn in ours], speeds[CELERY]),
        Figure("bare loop's CPU a message", bare_us, "µs"),
        *senders.figures(),
        ratios("sender's CPU : bare loop's", senders.values[HERE], bare_us),
        *(_whole_cost(ORIEL if name == HERE.name else name, mine) for name, mine in turns.items() if name != BARE),
        *provider_figures([turn for mine in turns.values() for turn in mine]),
    ]


def _whole_cost(name: str, turns: Sequence[Turn]) -> Figure:
    """All processes and the broker or store; a rival's publisher as well."""
    costs = [float(sum(turn.spent_us.values())) for turn in turns]
    return Figure(f"{name}: CPU a message at full speed", costs, "µs", turns[-1].spent_us)
