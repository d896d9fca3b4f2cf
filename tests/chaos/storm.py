"""One campaign in a storm of harms that a seed has chosen, and the verdict on it.

    python -m tests.chaos --seed 7        the same harms, at the same shares of the campaign; the clock is the machine's

Owns the course of a storm and its verdict: nobody twice, nobody forgotten, sums that hold at every reading, and whoever is
unknown is named. The promises themselves are in `invariants`, the installation is `world`'s.
"""

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from shared.ground.ids import CampaignId
from shared.ledger.states import JobState
from tests.chaos.harms import BROKER, LEAVES_UNKNOWN, SENDERS, STORE, Harm, Harming, choose
from tests.invariants import Job, Seen, check_callbacks_answered, check_never_twice, speed
from tests.proxy import Proxy
from tests.world import IN_FLIGHT, Plan, World, addresses, sender_address
from workers.machine.embedded import EmbeddedServer
from workers.machine.ports import find_free_port

JOBS_A_HARM = 1_500
MIN_HARMS = 3
STANDSTILL_S = 45.0  # without anybody reached: far beyond a lease, a stop and every repair of this world
SETTLED_S = 180.0  # a webhook that was stopped leaves statuses to be repeated, and events in a spool
NOISE = {"duplicate": 0.05, "reorder": 0.1, "early": 0.05}
UNANSWERED = ("cut_after_acceptance", "accept_then_500", "cut_before_acceptance", "hang_after_acceptance")
UNANSWERED_SHARE = 0.002  # of the contacts: the provider's answer never comes
SCALE = {"sender": len(SENDERS), "dialer": 2}
REACHED = frozenset({JobState.ACCEPTED, JobState.DELIVERED, JobState.READ})


@dataclass(frozen=True)
class Storm:
    """contacts: of its one campaign.  rate: of the sender, per second; the campaign lasts contacts / rate at least.
    first: the number of its first contact, so that two storms of one world have nobody in common.
    """

    seed: int
    contacts: int
    rate: float
    first: int = 0

    @property
    def addresses(self) -> list[str]:
        return addresses(self.contacts, self.first)

    @property
    def harms(self) -> list[Harm]:
        return choose(Random(self.seed), max(MIN_HARMS, self.contacts // JOBS_A_HARM))


@dataclass
class Verdict:
    """fault: the first promise that was broken, in words; '' if all hold.  seconds: from the start to the rest.
    finished_s: to the end of the campaign, when statuses may still come.

    pauses: reasons for which brakes stopped the campaign; it was resumed each time, as a person would.
    """

    storm: Storm
    fault: str = ""
    seconds: float = 0.0
    finished_s: float = 0.0
    unconfirmed: int = 0
    fullest_second: int = 0
    requests: int = 0
    pauses: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        harms = ", ".join(map(str, self.storm.harms))
        pauses = f"; paused by {', '.join(self.pauses)}" if self.pauses else ""
        return (
            f"seed {self.storm.seed}: {'FAILED' if self.fault else 'ok'} in {self.seconds:.1f} s "
            f"(finished after {self.finished_s:.1f}); {self.storm.contacts} "
            f"contacts, {self.requests} requests, {self.unconfirmed} unconfirmed, fullest second {self.fullest_second}"
            f"{pauses}; {harms}{f'; {self.fault}' if self.fault else ''}"
        )


async def run(storms: Sequence[Storm], folder: Path) -> list[Verdict]:
    """One after the other in one world; the first that fails is the last.

    *Effects*: starts the world in the folder and ends it; its logs and the provider's journal stay there.
    """
    verdicts = [Verdict(storms[0])]
    try:
        with _installation(storms[0], folder) as (plan, servers, proxies):
            async with World(folder, plan, storms[0].seed) as world:
                for storm in storms:
                    verdicts = [*verdicts[: storms.index(storm)], Verdict(storm)]
                    await _weather(storm, Harming(world, servers, proxies), verdicts[-1])
    except Exception as error:  # noqa: BLE001 (the seed has failed, and the other seeds are worth having)
        causes = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        verdicts[-1].fault = "; ".join(f"{type(cause).__name__}: {cause}" for cause in causes).replace("\n", " ")[:500]
        (folder / "fault.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return verdicts


@contextmanager
def _installation(storm: Storm, folder: Path) -> Iterator[tuple[Plan, dict[str, EmbeddedServer], dict[str, Proxy]]]:
    """Store and broker, each a server of its own, and the provider: all of them behind proxies."""
    with ExitStack() as kept:
        servers = {name: kept.enter_context(EmbeddedServer(folder / name)) for name in (STORE, BROKER)}
        simulator = find_free_port()
        ports = {STORE: servers[STORE].port, BROKER: servers[BROKER].port, "provider": simulator}
        proxies = {name: kept.enter_context(Proxy(port)) for name, port in ports.items()}
        plan = Plan(
            rate=storm.rate,
            scale=SCALE,
            simulator=f"127.0.0.1:{simulator}",
            api_base=f"http://127.0.0.1:{proxies['provider'].port}",
            broker=servers[BROKER].url(0).replace(f":{servers[BROKER].port}/", f":{proxies[BROKER].port}/"),
            state=servers[STORE].url(1).replace(f":{servers[STORE].port}/", f":{proxies[STORE].port}/"),
        )
        yield plan, servers, proxies


def _unanswered(storm: Storm) -> list[str]:
    count = max(len(UNANSWERED), int(storm.contacts * UNANSWERED_SHARE))
    return Random(storm.seed).sample(storm.addresses, count)


def _faults(storm: Storm) -> list[dict[str, object]]:
    numbers = _unanswered(storm)
    return [
        {"match": {"numbers": numbers[place :: len(UNANSWERED)]}, "do": kind} for place, kind in enumerate(UNANSWERED)
    ]


# ── its course ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _weather(storm: Storm, harming: Harming, verdict: Verdict) -> None:
    """Until the campaign is finished, every status is applied, and all of it is judged. *Raises*: AssertionError."""
    world, began = harming.world, time.monotonic()
    await world.script(callbacks=NOISE, faults=_faults(storm))
    campaign = await world.campaign(storm.addresses)
    await world.ask(campaign, "start")
    try:
        await _pass(storm, harming, campaign, verdict)
    finally:
        verdict.seconds = time.monotonic() - began
    await _judge(storm, world, campaign, verdict)


async def _pass(storm: Storm, harming: Harming, campaign: CampaignId, verdict: Verdict) -> None:
    world, harms, began = harming.world, storm.harms, time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        watch = _Watch(world, campaign, verdict)
        while not await watch.is_over():
            while harms and watch.reached >= harms[0].at * storm.contacts:
                tasks.create_task(harming.do(harms.pop(0)))
            await asyncio.sleep(0.1)
    verdict.finished_s = time.monotonic() - began
    await world.until(world.is_up, STANDSTILL_S, "every process is ready again")
    await world.settled(SETTLED_S)


class _Watch:
    """The campaign as it says of itself, four times a second at most. *Raises*: AssertionError when it stands still."""

    def __init__(self, world: World, campaign: CampaignId, verdict: Verdict) -> None:
        self.reached = 0
        self._world = world
        self._campaign = campaign
        self._verdict = verdict
        self._last = ""
        self._moved_at = time.monotonic()

    async def is_over(self) -> bool:
        reading = await self._world.reading(self._campaign)
        if reading is None:
            self._check_moves("nobody says how the campaign stands")
            return False
        self.reached = max(self.reached, reading.reached)
        self._check_moves(f"{reading.state}: { {s.value: n for s, n in reading.counts.items() if n} }")
        if reading.state == "paused":
            self._verdict.pauses.append((await self._world.get(f"/v1/campaigns/{self._campaign}"))["reason"])
            await self._world.ask(self._campaign, "resume")
        return reading.state == "finished"

    def _check_moves(self, now: str) -> None:
        if now != self._last:
            self._last, self._moved_at = now, time.monotonic()
        assert time.monotonic() - self._moved_at < STANDSTILL_S, f"nothing moved for {STANDSTILL_S:g} s: {now}"


# ── the verdict ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _judge(storm: Storm, world: World, campaign: CampaignId, verdict: Verdict) -> None:
    """*Raises*: AssertionError naming the promise that was broken."""
    jobs, provider = await world.check(campaign)
    verdict.requests = len(provider.requests)
    unconfirmed = {job.contact for job in jobs if job.state is JobState.UNCONFIRMED}
    verdict.unconfirmed = len(unconfirmed)
    verdict.fullest_second = speed(await world.journal(), sender_address(), storm.rate).most
    check_never_twice(provider)
    check_callbacks_answered(provider)
    _check_nobody_forgotten(storm, jobs, provider)
    named = await world.named(campaign, JobState.UNCONFIRMED)
    assert named.keys() == unconfirmed, "the list of jobs names others than the report"
    assert len(unconfirmed) <= _most_unknown(storm), f"{len(unconfirmed)} unconfirmed, at most {_most_unknown(storm)}"


def _check_nobody_forgotten(storm: Storm, jobs: Sequence[Job], provider: Seen) -> None:
    assert {job.contact for job in jobs} == set(storm.addresses), "somebody has no job"
    states = Counter(job.state for job in jobs)
    assert states.keys() <= REACHED | {JobState.UNCONFIRMED}, f"nobody was refused: {states}"
    silent = [job for job in jobs if job.contact not in provider.accepted and job.state is not JobState.UNCONFIRMED]
    assert not silent, f"never written to, and not said to be unknown: {silent[:3]}"


def _most_unknown(storm: Storm) -> int:
    """A harm to a sender, its store or its provider may leave a whole flight unknown; a store's, that of both senders."""
    harmful = [harm for harm in storm.harms if harm.target in LEAVES_UNKNOWN]
    flights = sum(1 if harm.target in SENDERS else len(SENDERS) for harm in harmful)
    return IN_FLIGHT * flights + len(_unanswered(storm))
