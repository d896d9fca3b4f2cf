"""How soon the janitor ticks again: at once while there is work, seldom while there is none."""

import os
import subprocess
import sys

NOWHERE = "redis://127.0.0.1:1/0"
TICKS = """
import asyncio
from types import SimpleNamespace
from workers.janitor import IDLE_TICK_S, JOURNAL_S, TICK_S, _Ticking
from workers.ops import Progress

now, active, overlooked, stale, journal_looks = 0.0, {}, 0, 0, []

async def hold(): return 1
async def beat(kinds): pass
async def sweep(pulse): return active
async def outboxes(): return overlooked
async def journal():
    journal_looks.append(now)
    return stale

async def ticks():
    global now, active, overlooked, stale
    progress = Progress(lambda: now)
    progress.watch("ticks", 120.0)
    upkeep = SimpleNamespace(
        presence=SimpleNamespace(beat=beat),
        sweeping=SimpleNamespace(tick=sweep),
        rehinting=SimpleNamespace(rehint_outboxes=outboxes, rehint_journal=journal),
    )
    ticking = _Ticking(upkeep, SimpleNamespace(hold=hold), progress, lambda: now)

    async def rest():
        await ticking.tick()
        return ticking.rest_s

    assert await rest() == IDLE_TICK_S
    active = {"c": "s"}
    assert await rest() == TICK_S
    active, overlooked = {}, 1
    assert await rest() == TICK_S
    overlooked, stale = 0, 1
    assert await rest() == IDLE_TICK_S and journal_looks == [0.0], "the journal is not looked at again so soon"
    now = JOURNAL_S
    assert await rest() == TICK_S and journal_looks == [0.0, JOURNAL_S]

asyncio.run(ticks())
"""


def test_an_idle_janitor_ticks_seldom_and_looks_at_the_journal_as_often_as_ever() -> None:
    urls = {"ORIEL_STATE__URL": NOWHERE, "ORIEL_BROKER__URL": NOWHERE}
    ran = subprocess.run(
        [sys.executable, "-c", TICKS], env={**os.environ, **urls}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
