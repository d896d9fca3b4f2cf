"""The janitor's proof of life: each step of a tick is one, however long the tick takes."""

import os
import subprocess
import sys

NOWHERE = "redis://127.0.0.1:1/0"
LONG_TICK = """
import asyncio
from workers.janitor import _Pulse
from workers.ops import Progress

now, shown = 0.0, []

class Presence:
    async def beat(self, kinds):
        shown.append((now, *kinds))

async def tick():
    global now
    progress = Progress(lambda: now)
    progress.watch("ticks", 120.0)
    pulse = _Pulse(progress, Presence(), lambda: now)
    for _ in range(1200):
        await pulse()
        now += 0.5
        assert not progress.find_stuck()
    assert len(shown) == 600 and shown[1] == (1.0, "janitor")
    now += 121
    assert progress.find_stuck(), "a step that does not end is found out"

asyncio.run(tick())
"""


def test_a_tick_over_thousands_of_campaigns_is_neither_stuck_nor_absent() -> None:
    urls = {"ORIEL_STATE__URL": NOWHERE, "ORIEL_BROKER__URL": NOWHERE}
    ran = subprocess.run(
        [sys.executable, "-c", LONG_TICK], env={**os.environ, **urls}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
