"""The sender: a Celery worker on the queue `send.bulk`. A thread waits per parcel; one event loop does the work.

Thin on purpose: the order of a send is in `shared.sending`.
"""

from shared.ids import CampaignId, LeaseId, Nonce, new_token
from workers.app import app
from workers.process import process


@app.task(name="sender.send_jobs")  # type: ignore[untyped-decorator]  # celery ships no types
def send_jobs(campaign: str, lease: str) -> None:
    """Send the jobs of one lease, if nobody else has opened it."""
    process.engine.run(_send(CampaignId(campaign), LeaseId(lease)))


async def _send(campaign: CampaignId, lease: LeaseId) -> None:
    installation = process.installation
    sender = await installation.sending.send_parcel(campaign, lease, Nonce(new_token("n")))
    if sender is not None:
        await installation.hints.release(sender)
