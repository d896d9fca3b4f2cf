"""The process `web`: `python -m workers.web`. Owns its server's life and the wait for the state store."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import uvloop
from aiohttp import web
from redis.exceptions import RedisError
from structlog.stdlib import BoundLogger, get_logger

from config.loading import Settings
from config.logs import configure_logging
from config.settings import Listen
from shared.ground.domain_events import EventPublisher
from shared.ground.errors import BackendUnavailable, ConfigurationError, OrielError
from shared.ground.hints import Hints
from workers.app import app as celery_app
from workers.app import settings
from workers.domain_events import BrokerPublisher
from workers.hints import BrokerHints
from workers.http_server import STOP_S, Runner
from workers.ops import Progress, build_ops_routes, start_ops_server
from workers.readiness import make_store_check
from workers.watchdog import Watchdog
from workers.web.api import Api
from workers.web.app import TRAFFIC, make_app
from workers.wiring.installation import installation

CUT_OFF_S = 1.0  # and those that are not are ended
LOOP_SILENCE_S = 30.0
STORE_TRIES, STORE_ANSWER_S = 2, 3.0  # people wait: after some 9 s of a store that hangs they are told
MIN_WAIT_S, MAX_WAIT_S = 0.25, 5.0  # between two tries to reach the state store at the start, doubling

log: BoundLogger = get_logger(__name__)


async def run(settings: Settings, hints: Hints, publisher: EventPublisher) -> None:
    """Until SIGTERM or SIGINT. It listens before the store has answered, so that clients get a problem answer."""
    stop, progress, api = asyncio.Event(), Progress(), Api(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    checks = {"state": make_store_check(settings)}
    ops = start_ops_server(settings.ops.listen, "web", progress, checks)
    progress.watch("loop", LOOP_SILENCE_S)
    beating, watchdog = asyncio.create_task(progress.beat_from_loop("loop")), Watchdog(progress)
    watchdog.start()
    try:
        # What is opened is closed last: requests under way need it to their end.
        application = make_app(api, build_ops_routes("web", progress, checks))
        async with AsyncExitStack() as kept, _listening(settings, application):
            await _open(settings, hints, publisher, api, kept, stop)
            await stop.wait()
    finally:
        watchdog.stop()
        beating.cancel()
        ops.close()


@asynccontextmanager
async def _listening(settings: Settings, application: web.Application) -> AsyncIterator[None]:
    """At the end, requests under way are finished. *Raises*: ConfigurationError when the port cannot be had."""
    runner = Runner(application, access_log=None, handle_signals=False, shutdown_timeout=CUT_OFF_S)
    await runner.setup()
    try:
        site = await _listen(runner, settings.api.listen)
        yield
        await site.stop()
        await application[TRAFFIC].end(STOP_S)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, listen: Listen) -> web.TCPSite:
    site = web.TCPSite(runner, listen.host, listen.port, reuse_port=True)
    try:
        await site.start()
    except OSError as error:
        raise ConfigurationError(f"[api] listen = {str(listen)!r}: {error.strerror or error}") from None
    log.info("api_listening", url=listen.url)
    return site


async def _open(
    settings: Settings, hints: Hints, publisher: EventPublisher, api: Api, kept: AsyncExitStack, stop: asyncio.Event
) -> None:
    """Returns once the store has answered, or when there is no more use for it. *Raises*: ConfigurationError."""
    wait_s = MIN_WAIT_S
    while not stop.is_set():
        try:
            opened = installation(settings, hints, publisher, STORE_TRIES, STORE_ANSWER_S)
            api.open(await kept.enter_async_context(opened))
        except (BackendUnavailable, RedisError) as error:
            log.warning("state_store_awaited", again_in_seconds=wait_s, remedy=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)
            wait_s = min(2 * wait_s, MAX_WAIT_S)
        else:
            log.info("api_ready")
            return


def main() -> None:
    configure_logging("web", settings.logging, settings.secret_values())
    hints, publisher = BrokerHints(celery_app), BrokerPublisher(celery_app)
    try:
        uvloop.run(run(settings, hints, publisher))
    except OrielError as error:
        sys.stderr.write(f"oriel web: {error}\n")
        sys.exit(2)
    finally:
        hints.close()
        publisher.close()


if __name__ == "__main__":
    main()
