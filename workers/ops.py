"""The ops port of every process: `/livez` (progress, not ping), `/readyz` (what is missing, and what to do), `/metrics`.

Owns watching loops and answering; which loops and which checks there are is each process's own.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder

from config.logs import redact
from config.settings import Listen
from shared.ground.errors import ConfigurationError

Check = Callable[[], str | None]
"""Asks whether something is there: None, or a sentence with what to do. Synchronous, and ends by its own timeout."""

CHECK_SECONDS = 3.0  # a probe of Kubernetes gives up after 1 s by default, ours says why; more would only pile up
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Progress:
    """The loops that must turn for the process to count as alive. Each reports every turn, with or without work.

    May be used from any thread. monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._allowed: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def watch(self, name: str, silence_seconds: float) -> None:
        """silence_seconds: longer than its longest honest turn. The first beat is counted here."""
        with self._lock:
            self._allowed[name] = silence_seconds
            self._last[name] = self._monotonic()

    def beat(self, name: str) -> None:
        """*Raises*: KeyError for a loop that nobody watches: a beat that cannot be missed proves nothing."""
        with self._lock:
            self._allowed[name]
            self._last[name] = self._monotonic()

    def forget(self, name: str) -> None:
        """A loop that ended on purpose."""
        with self._lock:
            self._allowed.pop(name, None)
            self._last.pop(name, None)

    def stuck(self) -> Mapping[str, str]:
        """Loop → what is wrong with it; empty is alive."""
        now = self._monotonic()
        with self._lock:
            silences = {name: now - last for name, last in self._last.items()}
            return {
                name: f"silent for {silence:.1f} s, {self._allowed[name]:g} s are allowed"
                for name, silence in silences.items()
                if silence > self._allowed[name]
            }


class Probe:
    """One readiness check, asked in a thread of its own, never twice at a time: a hung one is waited for, not piled up."""

    def __init__(self, name: str, check: Check) -> None:
        self.name = name
        self._check = check
        self._running: Future[str | None] | None = None

    async def ask(self, seconds: float = CHECK_SECONDS) -> str | None:
        """None when ready, else why not."""
        if self._running is None or self._running.done():
            self._running = self._begin()
        answer = asyncio.wrap_future(self._running)
        done, _ = await asyncio.wait({answer}, timeout=seconds)
        return answer.result() if done else f"no answer within {seconds:g} s"

    def _begin(self) -> Future[str | None]:
        answer: Future[str | None] = Future()

        def run() -> None:
            try:
                result = self._check()
            except Exception as error:  # noqa: BLE001 (whatever goes wrong, it is not ready)
                result = f"{type(error).__name__}: {error}"
            answer.set_result(None if result is None else redact(result))

        threading.Thread(target=run, name=f"probe {self.name}", daemon=True).start()
        return answer


# ── the answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def ops_routes(
    process: str,
    progress: Progress,
    ready_checks: Mapping[str, Check],
    registry: CollectorRegistry = REGISTRY,
) -> list[web.RouteDef]:
    """The three routes, for any aiohttp application: the ops port's, and the API's."""
    probes = [Probe(name, check) for name, check in ready_checks.items()]

    async def livez(_request: web.Request) -> web.Response:
        stuck = progress.stuck()
        return _answer(process, "stuck", stuck)

    async def readyz(_request: web.Request) -> web.Response:
        answers = await asyncio.gather(*(probe.ask() for probe in probes))
        missing = {probe.name: answer for probe, answer in zip(probes, answers, strict=True) if answer is not None}
        return _answer(process, "not_ready", missing)

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    return [web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)]


def _answer(process: str, complaint: str, problems: Mapping[str, str]) -> web.Response:
    body = {"process": process, "ok": not problems, **({complaint: dict(problems)} if problems else {})}
    status = 503 if problems else 200
    return web.Response(status=status, text=json.dumps(body) + "\n", content_type="application/json")


# ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────────


class OpsServer:
    """A server in a daemon thread with a loop of its own: it answers while the process's own loops do not."""

    def __init__(self, listen: Listen, routes: list[web.RouteDef]) -> None:
        self._asked = listen
        self._routes = routes
        self._bound: Future[Listen] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="ops", daemon=True)

    def start(self) -> None:
        """Returns when it listens. *Raises*: ConfigurationError when it cannot."""
        self._thread.start()
        try:
            self._bound.result()
        except OSError as error:
            raise ConfigurationError(f"[ops] listen = {str(self._asked)!r}: {error.strerror or error}") from None

    @property
    def listen(self) -> Listen:
        """With the port it has, where any free one was asked for."""
        return self._bound.result()

    @property
    def url(self) -> str:
        return self.listen.url

    def close(self) -> None:
        """Returns when the port is free again. May be called again."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended already
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_SECONDS)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application()
        app.add_routes(self._routes)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._asked.host, self._asked.port)
            await site.start()
        except BaseException as error:  # noqa: BLE001 (handed to the thread that waits)
            await runner.cleanup()
            self._bound.set_exception(error)
            return
        self._bound.set_result(Listen(self._asked.host, runner.addresses[0][1]))
        await self._stop.wait()
        await runner.cleanup()


def start_ops_server(
    listen: Listen,
    process: str,
    progress: Progress,
    ready_checks: Mapping[str, Check],
    registry: CollectorRegistry = REGISTRY,
) -> OpsServer:
    """Serves /livez, /readyz and /metrics until closed. *Raises*: ConfigurationError when the port cannot be had."""
    server = OpsServer(listen, ops_routes(process, progress, ready_checks, registry))
    server.start()
    log.info("ops_listening", url=server.url)
    return server
