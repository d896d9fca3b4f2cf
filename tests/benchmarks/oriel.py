"""The third contestant: Oriel, with everything that it promises."""

import time
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import campaigns
from tests.benchmarks.course import Provider, Turn
from tests.benchmarks.installation import running
from tests.benchmarks.machine import processor_s, spent_us

NAME, SINGLE_NAME = "Oriel", "Oriel, one job a message"


async def oriel(provider: Provider, folder: Path, contacts: int, jobs_per_message: int) -> Turn:
    """From the start of a campaign, admitted and not yet split, to the last acceptance."""
    async with running(folder, provider.url, jobs_per_message) as everything:
        await campaigns.agree(everything.inside, contacts)
        campaign = await campaigns.admitted(everything.inside, contacts)
        pids = {"provider": provider.pid, **everything.pids}
        await provider.reset()
        before, began_at = processor_s(pids), time.time()
        await campaigns.start(everything.inside, campaign)
        turn = await provider.turn(NAME if jobs_per_message > 1 else SINGLE_NAME, contacts, began_at)
        return replace(turn, spent_us=spent_us(before, processor_s(pids), contacts))
