"""A whole installation for one test: the Procfile's processes under the supervisor, on an embedded server of their own,
and the simulator over real HTTP.

Owns starting it, looking at it from outside, harming it, and that nothing of it is left afterwards. What must hold is in
`invariants`; what happens is each test's own.
"""

import asyncio
import fcntl
import json
import os
import random
import re
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest
from celery import Celery
from redis.asyncio import Redis
from redis.exceptions import RedisError

from config import queues
from config.celeryconfig import celery_options
from config.endpoints import is_alive, run_dir
from config.loading import attach, load_settings
from shared.ground import keys
from shared.ground.errors import ConfigurationError
from shared.ground.ids import CampaignId
from shared.ledger.states import JobState
from tests.invariants import Job, Seen, check_campaign, check_truth, seen
from tests.reading import object_from
from workers.hints import BrokerHints
from workers.machine import ports
from workers.machine.forks import begin_forks
from workers.machine.supervisor import Supervisor
from workers.simulator.journal import JournalRecord, RequestRecord, read_journal

ROOT = Path(__file__).parents[1]
ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "made-up-token"
TENANT, API_KEY = "acme", "made-up-key"
AREAS = ("415", "212", "310", "206", "512", "617", "305", "702", "303", "503")  # of made-up numbers; 555 is nobody's
BLOCK = 10_000  # numbers an area
MAX_ADDRESSES = (len(AREAS) - 1) * BLOCK
PRIVATE = re.compile(rf"\+?1(?:{'|'.join(AREAS)})555\d{{4}}|{TOKEN}|{API_KEY}")  # whole numbers and secrets
TEMPLATE = {"name": "appointment_reminder", "language": "en"}
TEMPLATES = {  # as the provider lists them
    "HX00000000000000000000000000000001": {**TEMPLATE, "body": "Your {{1}} appointment is coming up on {{2}}."}
}
SEED_VARIABLE = "ORIEL_CHAOS_SEED"
START_S = 60.0  # eight interpreters on two cores that are not ours alone
POLL_S = 0.1
IMPORT_S = 120.0  # 100,000 rows on a busy machine
PATIENCE_S = 10.0  # of our own questions: a connection may be half-open
TAIL_BYTES = 1_500
PORT_RANGES = 8  # one a test process: a killed process's port must still be free when it comes back
IN_FLIGHT = 64  # requests of one sender process
TIMING = {  # short, so that what a killed process held comes back while the test looks on
    "http_timeout_seconds": 3,
    "lease_seconds": 5,
    "parcel_unopened_seconds": 2,
    "event_unapplied_seconds": 2,
    "unconfirmed_after_seconds": 6,
}
CONTACTS = {"default": {"delivered": 0.9, "read": 0.5, "delay_ms": [20, 300]}}


def address(number: int) -> str:
    """The number of the n-th person, of `MAX_ADDRESSES`."""
    area, line = divmod(number, BLOCK)
    return f"+1{AREAS[area]}555{line:04d}"


def addresses(count: int, first: int = 0) -> list[str]:
    return [address(number) for number in range(first, first + count)]


def sender_address(index: int = 0) -> str:
    """Beyond any contact."""
    return address(MAX_ADDRESSES + index)


# ── what differs between two tests ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Plan:
    """rate: of every sender, per second. headroom: the share of it that is paced. script: the simulator's, over its
    defaults here.

    broker, state: their URLs; None is embedded.  simulator: host and port at which it listens; None takes a free one.
    api_base: the provider's address, as senders know it; None is the simulator's own.
    looks_per_second: for requests without an answer, in the provider's list.
    """

    rate: float = 400
    headroom: float = 0.97
    senders: Sequence[str] = ("clinic",)
    jobs_per_message: int = 100
    script: Mapping[str, Any] = field(default_factory=dict)
    timing: Mapping[str, float] = field(default_factory=dict)
    brakes: Mapping[str, float] = field(default_factory=dict)
    scale: Mapping[str, int] = field(default_factory=dict)
    broker: str | None = None
    state: str | None = None
    simulator: str | None = None
    api_base: str | None = None
    looks_per_second: int = 2


# The tables of one installation; senders follow.
CONFIGURATION = """\
[api]
listen = "127.0.0.1:0"
[webhook]
listen = "127.0.0.1:0"
[simulator]
listen = "{simulator}"
[broker]
{broker}
[state]
{state}
[sending]
jobs_per_message = {jobs_per_message}
in_flight = {in_flight}
rate_headroom = {headroom}
[timing]
{timing}
[brakes]
{brakes}
[reconciliation]
looks_per_second = {looks_per_second}
[[tenants]]
id = "{tenant}"
region = "US"
api_keys = ["{key}"]
"""
SENDER = """\
[[senders]]
id = "{name}"
tenant = "{tenant}"
provider = "twilio"
address = "{address}"
rate_per_second = {rate}
api_base = "{api_base}"
[senders.credentials]
account_sid = "{account}"
auth_token = "{token}"
[[templates]]
sender = "{name}"
name = "appointment_reminder"
language = "en"
category = "utility"
provider_id = "HX00000000000000000000000000000001"
body = "Your {{{{1}}}} appointment is coming up on {{{{2}}}}."
"""


def _configuration(plan: Plan, simulator: str) -> str:
    tables = CONFIGURATION.format(
        simulator=simulator,
        broker=f'url = "{plan.broker}"' if plan.broker else "",
        state=f'url = "{plan.state}"' if plan.state else "",
        jobs_per_message=plan.jobs_per_message,
        in_flight=IN_FLIGHT,
        headroom=plan.headroom,
        timing=_lines({**TIMING, **plan.timing}),
        brakes=_lines(plan.brakes),
        looks_per_second=plan.looks_per_second,
        tenant=TENANT,
        key=API_KEY,
    )
    senders = [
        SENDER.format(
            name=name,
            tenant=TENANT,
            address=sender_address(index),
            rate=plan.rate,
            api_base=plan.api_base or f"http://{simulator}",
            account=ACCOUNT,
            token=TOKEN,
        )
        for index, name in enumerate(plan.senders)
    ]
    return tables + "".join(senders)


def _lines(table: Mapping[str, float]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in table.items())


# ── what is seen of it ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Reading:
    """A campaign as it says of itself, at one instant."""

    state: str
    total: int
    counts: Mapping[JobState, int]

    @property
    def reached(self) -> int:
        """Contacts of whom the provider's acceptance is known."""
        return sum(self.counts[state] for state in (JobState.ACCEPTED, JobState.DELIVERED, JobState.READ))

    def check(self) -> None:
        assert sum(self.counts.values()) == self.total, f"the counts do not add up: {self}"


@dataclass(frozen=True)
class Kill:
    """What a kill cost. new_s: until another process was there; ready_s: until it said that it can work."""

    name: str
    new_s: float
    ready_s: float


# ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────────


class World:
    """`async with World(folder, plan, seed) as world`: everything runs. What fails inside comes with the processes' last
    words; afterwards nothing that was started is left, or the test fails.
    """

    supervisor: Supervisor
    http: aiohttp.ClientSession
    redis: Redis

    def __init__(self, folder: Path, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.seed = seed
        self.chance = random.Random(seed)
        self.data_dir = folder / "data"
        self.config = folder / "oriel.toml"
        self.kills: list[Kill] = []
        self._dying: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._folder = folder
        self._pids: set[int] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        print(f"{SEED_VARIABLE}={self.seed}")
        try:
            await self._start()
        except BaseException as error:
            error.add_note(self.last_words())
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.last_words())
        for kill in self.kills:
            print(kill)
        await self._stack.aclose()
        if error is None:
            self._check_nothing_leaked()

    async def _start(self) -> None:
        self._step_apart(self._stack.enter_context(pytest.MonkeyPatch.context()))
        self._script_file.write_text(json.dumps(self._script(self.plan.script)), encoding="utf-8")
        forks = begin_forks()
        self._stack.push_async_callback(self._stop)
        for last in (False, False, True):
            simulator = self.plan.simulator or f"127.0.0.1:{ports.find_free_port()}"
            self.config.write_text(_configuration(self.plan, simulator), encoding="utf-8")
            self._settings = load_settings(self.config, self.data_dir, {})
            self.supervisor = Supervisor(
                self._settings, processes=forks.processes, config=self.config, extra_env=self._told(),
                scale=self.plan.scale, forks=forks,
            )  # fmt: skip
            try:
                await self.supervisor.start()
                break
            except ConfigurationError:  # somebody else has taken the port meanwhile
                if last or self.plan.simulator:
                    raise
        self.redis = await self._stack.enter_async_context(
            Redis.from_url(self.supervisor.endpoints.state, socket_timeout=PATIENCE_S)
        )
        client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S), headers={"Authorization": f"Bearer {API_KEY}"}
        )
        self.http = await self._stack.enter_async_context(client)
        await self.until(self.is_up, START_S, "every process is ready")

    def publisher(self) -> BrokerHints:
        """Sends messages as our processes do. Closed with the world."""
        app = Celery("oriel-tests")
        app.conf.update(celery_options(attach(self._settings)))
        self._stack.callback(app.close)
        hints = BrokerHints(app)
        self._stack.callback(hints.close)
        return hints

    @staticmethod
    def _step_apart(patch: pytest.MonkeyPatch) -> None:
        """Nobody's installation but ours in the environment, and ports that no test beside us may choose."""
        for name in list(os.environ):
            if name.startswith(("ORIEL_", "CELERY_")) and name != SEED_VARIABLE:
                patch.delenv(name)
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PORT_RANGES
        width = (ports.MAX_PORT - ports.MIN_PORT) // PORT_RANGES
        patch.setattr(ports, "MIN_PORT", ports.MIN_PORT + worker * width)
        patch.setattr(ports, "MAX_PORT", ports.MIN_PORT + width)

    def _told(self) -> dict[str, str]:
        return {
            "ORIEL_SIMULATOR__JOURNAL": str(self._folder / "journal.jsonl"),
            "ORIEL_SIMULATOR__SCRIPT": str(self._script_file),
        }

    @property
    def _script_file(self) -> Path:
        return self._folder / "script.json"

    def _script(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        accounts = {ACCOUNT: TOKEN}
        fields = {"accounts": accounts, "contacts": CONTACTS, "templates": TEMPLATES}
        return {"seed": self.seed, "latency_ms": [5, 30], **fields, **changes}

    async def _stop(self) -> None:
        self._note_pids()
        await self.supervisor.stop()
        self._check_nothing_left()

    def _check_nothing_left(self) -> None:
        left = sorted(pid for pid in self._pids if is_alive(pid))
        assert not left, f"processes were left behind: {left}"
        with (run_dir(self.data_dir) / "processes.lock").open("a") as lock:  # each of them holds it, noted or not
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pytest.fail(f"a process of {self.data_dir} was left behind")

    def _check_nothing_leaked(self) -> None:
        """Promise 12, over all that any process wrote."""
        for path in (self.data_dir / "logs").glob("*.log"):
            leaked = PRIVATE.search(path.read_text(encoding="utf-8", errors="replace"))
            assert leaked is None, f"{path.name} holds {leaked}"

    def _note_pids(self) -> None:
        self._pids |= {pid for pid in self.supervisor.pids.values() if pid is not None}

    # ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def until(self, condition: Callable[[], Awaitable[bool]], seconds: float, what: str) -> float:
        """How long it took, in seconds. *Raises*: AssertionError naming what did not come true."""
        began = time.monotonic()
        while not await condition():
            assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
            await asyncio.sleep(POLL_S)
        return time.monotonic() - began

    def last_words(self) -> str:
        """The ends of all processes' logs."""
        logs = sorted((self.data_dir / "logs").glob("*.log"))
        return "\n".join(f"── {path.stem} ──\n{_tail(path)}" for path in logs)

    async def is_ready(self, name: str) -> bool:
        """Whether a process says that it can work."""
        if name == "state":
            return await self._store_answers()
        ops = self.supervisor.endpoints.ops
        url = f"{self.simulator}/livez" if name == "simulator" else f"{ops[name]}/readyz"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.get(url) as response:
                return response.status == 200
        return False

    async def _store_answers(self) -> bool:
        with suppress(RedisError, OSError):
            async with Redis.from_url(self.supervisor.endpoints.state, retry=None) as client:
                return await client.ping()
        return False

    async def metric(self, process: str, name: str) -> Mapping[str, float]:
        """Labels, as they are written, to value."""
        async with self.http.get(f"{self.supervisor.endpoints.ops[process]}/metrics") as response:
            lines = (await response.text()).splitlines()
        samples = (line.removeprefix(name).rpartition(" ") for line in lines if line.startswith(name))
        return {labels: float(value) for labels, _, value in samples}

    async def is_up(self) -> bool:
        self._note_pids()
        names = ("simulator", *self.supervisor.endpoints.ops)
        return all(await asyncio.gather(*(self.is_ready(name) for name in names)))

    # ── harm ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> Kill:
        """Returns when another one is there and ready; two kills of one name happen one after the other."""
        async with self._dying[name]:
            return await self._kill(name, number)

    async def _kill(self, name: str, number: signal.Signals) -> Kill:
        pid = await self._pid(name)
        began = time.monotonic()
        os.kill(pid, number)

        async def is_new() -> bool:
            self._note_pids()
            return self.supervisor.pids[name] not in {pid, None}

        new_s = await self.until(is_new, START_S, f"another {name}")
        await self.until(lambda: self.is_ready(name), START_S, f"the new {name} is ready")
        done = Kill(name, round(new_s, 2), round(time.monotonic() - began, 2))
        self.kills.append(done)
        return done

    @contextmanager
    def asleep(self, name: str) -> Iterator[None]:
        """The process stands still while the block lasts, as on a machine that was suspended."""
        pid = self.supervisor.pids[name] or 0
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def store_away(self) -> Iterator[None]:
        """The embedded server is dead, and cannot come back before the block ends."""
        file = self.data_dir / "state" / "server.conf"
        aside = file.rename(file.with_suffix(".aside"))
        os.kill(self.supervisor.pids["state"] or 0, signal.SIGKILL)
        try:
            yield
        finally:
            aside.rename(file)

    async def _pid(self, name: str) -> int:
        async def is_there() -> bool:
            return self.supervisor.pids[name] is not None

        await self.until(is_there, START_S, f"a {name} to kill")
        return self.supervisor.pids[name] or 0

    # ── the provider ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def simulator(self) -> str:
        return self.supervisor.endpoints.simulator or ""

    async def summary(self) -> dict[str, Any]:
        async with self.http.get(f"{self.simulator}/_simulator/summary") as response:
            return await object_from(response)

    async def script(self, **changes: object) -> None:
        """Another behaviour, from the next request on."""
        async with self.http.put(f"{self.simulator}/_simulator/script", json=self._script(changes)) as response:
            assert response.status == 204, await response.text()

    async def journal(self) -> list[JournalRecord]:
        async with self.http.get(f"{self.simulator}/_simulator/journal") as response:
            await response.read()  # asking has it written to disk
        return read_journal(self._folder / "journal.jsonl")

    async def seen_all(self) -> list[RequestRecord]:
        """Every request, of campaigns and of others."""
        return [record for record in await self.journal() if isinstance(record, RequestRecord)]

    async def seen(self, campaign: CampaignId) -> Seen:
        return seen(await self.journal(), campaign)

    # ── campaigns, over the API ─────────────────────────────────────────────────────────────────────────────────────

    async def campaign(self, contacts: Sequence[str], sender: str = "clinic", **rules: object) -> CampaignId:
        """A draft with these contacts, who need no opt-in."""
        order = {"name": "Reminders", "sender": sender, "template": TEMPLATE, "require_opt_in": False, **rules}
        campaign = CampaignId((await self._post("/v1/campaigns", 201, json=order))["id"])
        base = "phone,1,2\n" + "".join(f"{contact},dentist,May 4\n" for contact in contacts)
        path, headers = f"/v1/campaigns/{campaign}/contacts", {"Content-Type": "text/csv"}
        patience = aiohttp.ClientTimeout(total=IMPORT_S)
        report = await self._post(path, 200, data=base, headers=headers, timeout=patience)
        assert report["admitted"] == len(contacts), report
        return campaign

    async def ask(self, campaign: CampaignId, move: str) -> None:
        """start, pause, resume or cancel."""
        await self._post(f"/v1/campaigns/{campaign}/{move}", 202)

    async def reading(self, campaign: CampaignId) -> Reading | None:
        """None while nobody can say."""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.get(f"{self._api}/v1/campaigns/{campaign}") as response:
                if response.status == 503:
                    return None
                assert response.status == 200, await response.text()
                answer = await response.json()
            counts = {state: answer["counts"][state.value] for state in JobState}
            reading = Reading(answer["state"], answer["counts"]["total"], counts)
            reading.check()
            return reading
        return None

    async def jobs(self, campaign: CampaignId) -> list[Job]:
        """The report, a row a contact."""
        async with self.http.get(f"{self._api}/v1/campaigns/{campaign}/results.ndjson") as response:
            assert response.status == 200, await response.text()
            rows = [json.loads(line) for line in (await response.text()).splitlines()]
        return [
            Job(
                row["contact"],
                JobState(row["state"]),
                row["attempt"],
                row["code"] or "",
                row["provider_message_id"] or "",
            )
            for row in rows
        ]

    async def named(self, campaign: CampaignId, state: JobState) -> dict[str, str]:
        """Whom the list of jobs names in a state, with the provider's code or ours."""
        codes: dict[str, str] = {}
        after: str | None = ""
        while after is not None:
            query = {"state": state.value, "limit": "100", **({"after": after} if after else {})}
            async with self.http.get(f"{self._api}/v1/campaigns/{campaign}/jobs", params=query) as response:
                assert response.status == 200, await response.text()
                page = await response.json()
            codes |= {job["contact"]: job["code"] or "" for job in page["items"]}
            after = page["next"]
        return codes

    @property
    def _api(self) -> str:
        return self.supervisor.endpoints.api

    async def get(self, path: str) -> Any:
        async with self.http.get(f"{self._api}{path}") as response:
            assert response.status == 200, f"{path}: {response.status} {await response.text()}"
            return await response.json()

    async def _post(self, path: str, expected: int, **options: Any) -> Any:
        async with self.http.post(f"{self._api}{path}", **options) as response:
            assert response.status == expected, f"{path}: {response.status} {await response.text()}"
            return await response.json()

    async def reaches(self, campaign: CampaignId, many: int, seconds: float = 60) -> None:
        """Until the provider's acceptance is known of so many, or it ended. The sums are checked at every reading."""

        async def has() -> bool:
            reading = await self.reading(campaign)
            return reading is not None and (reading.reached >= many or reading.state in {"finished", "cancelled"})

        await self.until(has, seconds, f"{many} accepted")

    async def finished(self, *campaigns: CampaignId, seconds: float = 60) -> None:
        """Until all are, with the sums checked at every reading."""

        async def all_finished() -> bool:
            self._note_pids()
            readings = await asyncio.gather(*(self.reading(campaign) for campaign in campaigns))
            return all(reading is not None and reading.state == "finished" for reading in readings)

        await self.until(all_finished, seconds, "finished")
        await self.settled()

    async def settled(self, seconds: float = 30) -> None:
        """Until every status has been told, and what we took of it is applied."""
        left: dict[str, object] = {}

        async def is_quiet() -> bool:
            left.clear()
            left["statuses"] = (await self.summary())["pending"]
            left["spooled"] = len(list((self.data_dir / "spool").glob("*.entry")))
            left["journal"] = "not read"
            with suppress(RedisError, OSError):
                left["journal"] = await self.redis.hlen(keys.journal_bodies())
            return not any(left.values())

        try:
            await self.until(is_quiet, seconds, "every status is told and applied")
        except AssertionError as error:
            raise AssertionError(f"{error}; left: {left}") from None

    async def queues_empty(self, seconds: float = 30) -> None:
        """Until the embedded broker holds no task any more."""

        async def are_empty() -> bool:
            async with Redis.from_url(self.supervisor.endpoints.broker) as broker:
                return not any([await broker.llen(name) for name in (queues.DIALER, queues.SEND_BULK)])

        await self.until(are_empty, seconds, "the queues are empty")

    async def check(self, campaign: CampaignId) -> tuple[list[Job], Seen]:
        """The promises that hold for any campaign at rest: in the store, and against the provider's journal."""
        await check_campaign(self.redis, campaign)
        jobs, provider = await self.jobs(campaign), await self.seen(campaign)
        check_truth(jobs, provider)
        return jobs, provider


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read().decode(errors="replace")
