"""The dialer: a Celery worker on the queue `dialer`. Contacts become jobs, and parcels are given to senders.

Thin on purpose: what splitting and releasing do is in `shared.outbound.splitting` and `shared.outbound.releasing`.
"""

import asyncio
from collections import defaultdict

from shared.ground.ids import CampaignId, SenderId
from workers.app import app
from workers.process import process

_one_at_a_time: defaultdict[SenderId, asyncio.Lock] = defaultdict(asyncio.Lock)
_being_split: set[CampaignId] = set()


@app.task(name="dialer.split_campaign")  # type: ignore[untyped-decorator]  # celery ships no types
def split_campaign(campaign: str) -> None:
    """Make one job of each contact that is not a job yet."""
    process.engine.run(_split(CampaignId(campaign)))


@app.task(name="dialer.release")  # type: ignore[untyped-decorator]
def release(sender: str) -> None:
    """Give a sender as many parcels as keep it busy."""
    process.engine.run(_release(SenderId(sender)))


async def _split(campaign: CampaignId) -> None:
    if campaign in _being_split:  # whoever splits goes on until nothing is left
        return
    installation = process.installation
    _being_split.add(campaign)
    try:
        sender = (await installation.stores.campaigns.get(campaign)).sender
        await installation.outbound.splitting.split(campaign, lambda: installation.ground.hints.release(sender))
    finally:
        _being_split.discard(campaign)
    await installation.ground.hints.release(sender)


async def _release(sender: SenderId) -> None:
    async with _one_at_a_time[sender]:  # two releases at once would both count the same room
        await process.installation.outbound.releasing.release(sender)
