"""The process `webhook`: `python -m workers.webhook`. Owns the server's life and the replay of the spool."""

import asyncio
import signal
import sys
from contextlib import suppress

import uvloop
from aiohttp import web
from structlog.stdlib import BoundLogger, get_logger

from config.loading import Settings
from config.logs import configure_logging
from shared.ground.errors import BackendUnavailable, ConfigurationError, OrielError, explain_file_error
from shared.ground.lua import OUTAGE
from workers.app import app as celery_app
from workers.app import settings
from workers.domain_events import BrokerPublisher
from workers.hints import BrokerHints
from workers.http_server import STOP_S, Runner
from workers.ops import Progress, start_ops_server
from workers.readiness import make_store_check
from workers.spool import Spool
from workers.watchdog import Watchdog
from workers.webhook.ingress import MAX_BODY_BYTES, Ingress, build_routes
from workers.wiring.installation import installation

STORE_TRIES = 1  # no second try: while the store is away the disk takes the body, and the provider does not wait
REPLAY_S = 1.0
REPLAY_SILENCE_S = 30.0  # for one entry, or for reading a slice of the spool, however many there are
START_AGAIN_S = 1.0

log: BoundLogger = get_logger(__name__)


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    stop, progress = asyncio.Event(), Progress()
    progress.watch("replay", REPLAY_SILENCE_S)
    watchdog = Watchdog(progress)
    watchdog.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hints, publisher = BrokerHints(celery_app), BrokerPublisher(celery_app)
    ops = start_ops_server(settings.ops.listen, "webhook", progress, {"state": make_store_check(settings)})
    while not stop.is_set():
        try:
            async with installation(settings, hints, publisher, STORE_TRIES) as opened:
                spool = _open_spool(settings)
                ingress = Ingress(settings.public_url, opened.senders.clients, opened.stores.journal, hints, spool)
                await _serve(settings, ingress, spool, stop, progress)
        except BackendUnavailable as error:
            log.warning("webhook_not_started", remedy=str(error))
            await _wait(stop, START_AGAIN_S)
            progress.beat("replay")
    watchdog.stop()
    ops.close()
    hints.close()
    publisher.close()


def _open_spool(settings: Settings) -> Spool:
    """*Raises*: ConfigurationError for a folder that cannot be used."""
    folder = settings.data_dir / "spool"
    try:
        return Spool(folder)
    except OSError as error:
        raise explain_file_error(folder, error) from None


async def _serve(settings: Settings, ingress: Ingress, spool: Spool, stop: asyncio.Event, progress: Progress) -> None:
    application = web.Application(client_max_size=MAX_BODY_BYTES)
    application.add_routes(build_routes(ingress))
    runner = Runner(application, access_log=None, handle_signals=False, shutdown_timeout=STOP_S)
    await runner.setup()
    listen = settings.webhook.listen
    try:
        await web.TCPSite(runner, listen.host, listen.port, reuse_port=True).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(f"[webhook] listen = {str(listen)!r}: {error.strerror or error}") from None
    log.info("webhook_listening", url=listen.url)
    while not stop.is_set():
        progress.beat("replay")
        if not spool.is_empty:
            with suppress(*OUTAGE):
                log.info("spool_replayed", entries=await ingress.replay(lambda: progress.beat("replay")))
        await _wait(stop, REPLAY_S)
    await runner.cleanup()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def main() -> None:
    configure_logging("webhook", settings.logging, settings.secret_values())
    try:
        uvloop.run(run(settings))
    except OrielError as error:
        sys.stderr.write(f"oriel webhook: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
