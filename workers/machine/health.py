"""The health of one child, as its `/livez` says it: a child whose loops stand still is started anew. Owns the asking.

Each process also ends itself (`workers.watchdog`). This is for one that cannot: its threads hang in a C library, or its
watchdog was never started. A child that does not listen yet, or not any more, has no health: `children` sees its end.
"""

import asyncio
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus

import aiohttp
import structlog

from workers.machine.children import Child

ASK_S = 4.0
ANSWER_S = 5.0
STUCK_LOOKS = 3  # 503 in a row, 4 s apart, so 12 s: by then the watchdog of the process has had its turn
# No answer from a process that answered before, 9 times 5 + 4 s, so 81 s: it may be suspended, or read a large file.
SILENT_LOOKS = 9
TERM_S = 30.0  # then it is killed

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    START_ANEW = "start-anew"
    KILL = "kill"


class Health:
    """What the answers of one child amount to. Pure: `watch` asks."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._has_answered = False
        self._stuck = self._silent = 0
        self._killed_at: float | None = None

    def judge(self, pid: int | None, status: int | None, now: float) -> Verdict | None:
        """status: of `/livez`, None without an answer. now: seconds of a clock that never goes back."""
        if pid != self._pid:
            self._pid, self._has_answered = pid, False
            self._stuck, self._silent, self._killed_at = 0, 0, None
        if pid is None:
            return None
        self._count(status)
        if self._killed_at is not None:
            return Verdict.KILL if now >= self._killed_at else None
        if self._stuck < STUCK_LOOKS and self._silent < SILENT_LOOKS:
            return None
        self._killed_at = now + TERM_S
        return Verdict.START_ANEW

    def _count(self, status: int | None) -> None:
        self._has_answered = self._has_answered or status is not None
        self._stuck = self._stuck + 1 if status == HTTPStatus.SERVICE_UNAVAILABLE else 0
        self._silent = self._silent + 1 if status is None and self._has_answered else 0


async def watch(child: Child, url: str) -> None:
    """Until the child is ended on purpose. url: of its ops port."""
    health, loop = Health(), asyncio.get_running_loop()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as http:
        while not child.is_ending:
            pid = child.pid
            status = await _ask(http, url) if pid is not None else None
            verdict = health.judge(pid, status, loop.time())
            if verdict is not None and child.pid == pid:
                log.warning("process_stuck", child=child.name, pid=pid, verdict=verdict.value)
                child.start_anew(kill=verdict is Verdict.KILL)
            await asyncio.sleep(ASK_S)


async def _ask(http: aiohttp.ClientSession, url: str) -> int | None:
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        async with http.get(f"{url}/livez") as response:
            return response.status
    return None
