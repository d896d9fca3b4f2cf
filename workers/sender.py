"""The sender: a Celery worker on the queue `send.bulk`. A thread waits per parcel; one event loop does the work.

Thin on purpose: the order of a send is in `shared.outbound.sending`.
"""

from shared.ground.ids import CampaignId, LeaseId
from shared.upkeep.liveness import nonce_of
from workers.app import app
from workers.celery_process import process


@app.task(name="sender.send_jobs")  # type: ignore[untyped-decorator]  # celery ships no types
def send_jobs(campaign: str, lease: str) -> None:
    """Send the jobs of one lease, unless another sender has opened it."""
    process.loop.run(_send(CampaignId(campaign), LeaseId(lease)))


async def _send(campaign: CampaignId, lease: LeaseId) -> None:
    installation = process.installation
    sender = await installation.outbound.sending.send_parcel(campaign, lease, nonce_of(process.loop.worker))
    if sender is not None:
        await installation.ground.hints.release(sender)
