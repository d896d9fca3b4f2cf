"""The janitor: its ticks tend expired leases, unapplied journal entries, finished campaigns and lost hints; beside them,
it fetches templates and late events from the providers now and then.

Owns the rhythm, and that one replica alone is active. `shared.upkeep` does the work of a tick; `shared.inbound.syncing`
and `shared.inbound.catching_up` ask the providers.
"""

import asyncio
import functools
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from math import inf

import uvloop
from structlog.stdlib import BoundLogger, get_logger

from config.loading import Settings
from config.logs import configure_logging
from shared.ground import telemetry
from shared.ground.errors import BackendUnavailable, OrielError, SendError
from shared.ground.ids import new_token
from shared.ground.lua import OUTAGE
from shared.ground.presence import JANITOR, Presence
from shared.upkeep.singleton import Singleton
from workers.app import app, settings
from workers.domain_events import BrokerPublisher
from workers.hints import BrokerHints
from workers.ops import Progress, start_ops_server
from workers.readiness import make_store_check
from workers.watchdog import Watchdog
from workers.wiring.installation import Installation, installation
from workers.wiring.upkeep import Upkeep

TICK_S = 0.5  # the longest delay of a campaign by a lost hint
# While no campaign is active: the longest delay of a campaign whose very first hint was lost. Ticks twice a second were a
# fifth of what an idle installation cost.
IDLE_TICK_S = 2.0
JOURNAL_S = 5.0
PULSE_S = 1.0
TICK_SILENCE_S = 120.0  # of one step of a tick: the store's client tries for about a minute
LOOP_SILENCE_S = 20.0
ROUND_S = 1.0
RECONCILING_HELD_FOR = timedelta(seconds=120)  # a round may wait for as many answers as it has looks
HELD_FOR = timedelta(seconds=5)  # the others wait that long for a dead janitor

log: BoundLogger = get_logger(__name__)


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    progress, stop = Progress(), asyncio.Event()
    progress.watch("ticks", TICK_SILENCE_S)
    progress.watch("loop", LOOP_SILENCE_S)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hints, publisher = BrokerHints(app), BrokerPublisher(app)
    async with installation(settings, hints, publisher) as opened:
        ops = start_ops_server(settings.ops.listen, "janitor", progress, {"state": make_store_check(settings)})
        watchdog = Watchdog(progress)
        watchdog.start()
        beating = asyncio.create_task(progress.beat_from_loop("loop"))
        syncing = asyncio.create_task(_sync_until(stop, opened))
        reconciling = asyncio.create_task(_reconcile_until(stop, opened))
        await _tick_until(stop, opened, progress)
        watchdog.stop()
        await syncing
        await reconciling
        beating.cancel()
        ops.close()
    hints.close()
    publisher.close()


async def _tick_until(stop: asyncio.Event, opened: Installation, progress: Progress) -> None:
    place = Singleton(opened.ground.redis, "janitor", new_token("j"), HELD_FOR)
    ticking = _Ticking(opened.upkeep, place, progress)
    while not stop.is_set():
        ticking.rest_s = TICK_S
        await _skip_on_outage(ticking.tick)
        progress.beat("ticks")
        await _wait(stop, ticking.rest_s)
    await _skip_on_outage(place.leave)


class _Ticking:
    """rest_s: until the next tick.  monotonic: seconds of a clock that never goes back."""

    def __init__(
        self, upkeep: Upkeep, place: Singleton, progress: Progress, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._upkeep = upkeep
        self._place = place
        self._progress = progress
        self._monotonic = monotonic
        self._journal_at = -inf
        self.rest_s = TICK_S

    async def tick(self) -> None:
        """*Raises*: BackendUnavailable."""
        fence = await self._place.hold()
        telemetry.ACTIVE.labels("janitor").set(fence is not None)
        if fence is None:
            return
        pulse = _Pulse(self._progress, self._upkeep.presence)
        await pulse()
        has_work = bool(await self._upkeep.sweeping.tick(pulse))
        has_work = await self._upkeep.rehinting.rehint_outboxes() > 0 or has_work
        if self._monotonic() - self._journal_at >= JOURNAL_S:
            has_work = await self._upkeep.rehinting.rehint_journal() > 0 or has_work
            self._journal_at = self._monotonic()
        self.rest_s = TICK_S if has_work else IDLE_TICK_S


class _Pulse:
    """A proof of life for each step of a tick; at most one write a second.

    monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, progress: Progress, presence: Presence, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._presence = presence
        self._monotonic = monotonic
        self._shown_at = -inf

    async def __call__(self) -> None:
        self._progress.beat("ticks")
        now = self._monotonic()
        if now - self._shown_at >= PULSE_S:
            self._shown_at = now
            await self._presence.beat([JANITOR])


async def _sync_until(stop: asyncio.Event, opened: Installation) -> None:
    """Runs beside the ticks, so that a silent provider delays none of them."""
    every = opened.ground.settings.sync.templates_seconds
    place = Singleton(opened.ground.redis, "syncing", new_token("j"), timedelta(seconds=2 * every))
    while not stop.is_set():
        await _skip_on_outage(functools.partial(_sync, opened, place, stop))
        await _wait(stop, every)
    await _skip_on_outage(place.leave)


async def _sync(opened: Installation, place: Singleton, stop: asyncio.Event) -> None:
    if await place.hold() is None:
        return
    for sender in opened.senders.clients:
        if stop.is_set():
            return
        try:
            synced = await opened.inbound.syncing.sync(sender)
            events = await opened.inbound.catching_up.catch_up(sender)
        except SendError as error:
            log.warning("provider_not_asked", sender=sender, code=error.code, why=error.gloss)
        else:
            log.info("provider_asked", sender=sender, listed=synced.listed, enabled=synced.enabled, events=events)


async def _reconcile_until(stop: asyncio.Event, opened: Installation) -> None:
    """Runs beside the ticks, too. A round a second: the settings' looks per second are those of a round."""
    place = Singleton(opened.ground.redis, "reconciling", new_token("j"), RECONCILING_HELD_FOR)
    while not stop.is_set():
        await _skip_on_outage(functools.partial(_reconcile, opened, place))
        await _wait(stop, ROUND_S)
    await _skip_on_outage(place.leave)


async def _reconcile(opened: Installation, place: Singleton) -> None:
    """A fault is logged and the next round is tried: nothing else of the janitor's may end by it."""
    if await place.hold() is None:
        return
    try:
        await opened.upkeep.reconciling.round()
    except OUTAGE:
        raise
    except Exception:
        log.exception("reconciling_failed")


async def _skip_on_outage(step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except OUTAGE as error:
        log.warning("tick_skipped", kind=type(error).__name__)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def main() -> None:
    configure_logging("janitor", settings.logging, settings.secret_values())
    try:
        uvloop.run(run(settings))
    except BackendUnavailable as error:
        log.warning("janitor_not_started", remedy=str(error))
        sys.exit(1)
    except OrielError as error:
        sys.stderr.write(f"oriel janitor: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
