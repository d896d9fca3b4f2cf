"""The ops port of every process: `/livez` (its loops make progress), `/readyz` (missing parts, with remedies), `/metrics`.

Owns the watching and the answers; each process names its loops and its checks.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from types import MappingProxyType

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder

from config.logs import redact
from config.settings import Listen
from shared.ground import zones
from shared.ground.errors import ConfigurationError
from workers.http_server import Runner

Check = Callable[[], str | None]
"""Returns None if ready, else a sentence with the remedy; `Warned` if ready. Synchronous, with a timeout of its own."""

CHECK_SECONDS = 3.0  # Kubernetes gives up after 1 s by default; 3 s show a person the reason, more would pile up
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Warned(str):
    """What a check says of a part that works, and should not stay as it is. It does not make a process unready."""

    __slots__ = ()


class Progress:
    """The liveness of a process's loops: each watched loop calls `beat` at every turn, with or without work.

    May be used from any thread. monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._allowed: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def watch(self, name: str, silence_seconds: float) -> None:
        """silence_seconds: longer than the loop's longest normal turn. Counts as the first beat."""
        with self._lock:
            self._allowed[name] = silence_seconds
            self._last[name] = self._monotonic()

    def beat(self, name: str) -> None:
        """*Raises*: KeyError for an unwatched loop: its silence would never be noticed."""
        with self._lock:
            self._allowed[name]
            self._last[name] = self._monotonic()

    @contextlib.contextmanager
    def uncounted(self, name: str) -> Iterator[None]:
        """The time inside is no silence of this loop: its watcher waits for somebody else. A beat inside counts."""
        with self._lock:
            last = self._last.pop(name, None)
            silence = 0.0 if last is None else self._monotonic() - last
        try:
            yield
        finally:
            with self._lock:
                if name in self._allowed:
                    self._last.setdefault(name, self._monotonic() - silence)

    async def beat_from_loop(self, name: str) -> None:
        """Beat every second until cancelled: the proof that this event loop turns."""
        while True:
            self.beat(name)
            await asyncio.sleep(1)

    def forget(self, name: str) -> None:
        """Stop watching a loop that ended on purpose."""
        with self._lock:
            self._allowed.pop(name, None)
            self._last.pop(name, None)

    def silence(self, name: str) -> float | None:
        """Seconds since the last beat; None for a loop that is not watched."""
        with self._lock:
            last = self._last.get(name)
            return None if last is None else self._monotonic() - last

    def find_stuck(self) -> Mapping[str, str]:
        """Loop → its problem; empty if the process is alive."""
        now = self._monotonic()
        with self._lock:
            silences = {name: now - last for name, last in self._last.items()}
            return {
                name: f"silent for {silence:.1f} s, {self._allowed[name]:g} s are allowed"
                for name, silence in silences.items()
                if silence > self._allowed[name]
            }


class Probe:
    """One readiness check in a thread of its own. While one call hangs, no second one starts."""

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
            except Exception as error:  # noqa: BLE001 (after any error the process is not ready)
                result = f"{type(error).__name__}: {error}"
            answer.set_result(None if result is None else type(result)(redact(result)))

        threading.Thread(target=run, name=f"probe {self.name}", daemon=True).start()
        return answer


# ── the answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def build_ops_routes(
    process: str,
    progress: Progress,
    ready_checks: Mapping[str, Check],
    registry: CollectorRegistry = REGISTRY,
) -> list[web.RouteDef]:
    """The three routes, for any aiohttp application: the ops port's, and the API's."""
    probes = [Probe(name, check) for name, check in ready_checks.items()]

    async def show_liveness(_request: web.Request) -> web.Response:
        stuck = progress.find_stuck()
        return _answer(process, "stuck", stuck)

    async def show_readiness(_request: web.Request) -> web.Response:
        answers = await asyncio.gather(*(probe.ask() for probe in probes))
        told = {probe.name: answer for probe, answer in zip(probes, answers, strict=True) if answer is not None}
        warnings = {name: answer for name, answer in told.items() if isinstance(answer, Warned)}
        missing = {name: answer for name, answer in told.items() if name not in warnings}
        return _answer(process, "not_ready", missing, warnings, {"time_zones": str(zones.EDITION)})

    async def show_metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    return [
        web.get("/livez", show_liveness),
        web.get("/readyz", show_readiness),
        web.get("/metrics", show_metrics),
    ]


def _answer(
    process: str,
    complaint: str,
    problems: Mapping[str, str],
    warnings: Mapping[str, str] = MappingProxyType({}),
    facts: Mapping[str, str] = MappingProxyType({}),
) -> web.Response:
    told = {name: dict(texts) for name, texts in ((complaint, problems), ("warnings", warnings)) if texts}
    body = {"process": process, "ok": not problems, **told, **facts}
    status = 503 if problems else 200
    return web.Response(status=status, text=json.dumps(body) + "\n", content_type="application/json")


# ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────────


class OpsServer:
    """A server in a daemon thread with a loop of its own: it answers even if the process's loops hang."""

    def __init__(self, listen: Listen, routes: list[web.RouteDef]) -> None:
        self._configured = listen
        self._routes = routes
        self._bound: Future[Listen] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="ops", daemon=True)

    def start(self) -> None:
        """Returns when it listens. *Raises*: ConfigurationError if it cannot."""
        self._thread.start()
        try:
            self._bound.result()
        except OSError as error:
            raise ConfigurationError(f"[ops] listen = {str(self._configured)!r}: {error.strerror or error}") from None

    @property
    def listen(self) -> Listen:
        """The address with its port, also if the configured port was 0."""
        return self._bound.result()

    @property
    def url(self) -> str:
        return self.listen.url

    def close(self) -> None:
        """Returns when the port is free again. May be called again."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_SECONDS)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application()
        app.add_routes(self._routes)
        runner = Runner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._configured.host, self._configured.port)
            await site.start()
        except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
            await runner.cleanup()
            self._bound.set_exception(error)
            return
        self._bound.set_result(Listen(self._configured.host, runner.addresses[0][1]))
        await self._stop.wait()
        await runner.cleanup()


def start_ops_server(
    listen: Listen,
    process: str,
    progress: Progress,
    ready_checks: Mapping[str, Check],
    registry: CollectorRegistry = REGISTRY,
) -> OpsServer:
    """Serves /livez, /readyz and /metrics until closed. *Raises*: ConfigurationError if the port is taken."""
    server = OpsServer(listen, build_ops_routes(process, progress, ready_checks, registry))
    server.start()
    log.info("ops_listening", url=server.url)
    return server
