"""The dialer: a Celery worker on the queue `dialer`. Contacts become jobs, and parcels are given to senders.

Thin on purpose: `shared.outbound.dialing` does the work of both tasks.
"""

from shared.ground.ids import CampaignId, SenderId
from workers.app import app
from workers.celery_process import process


@app.task(name="dialer.split_campaign")  # type: ignore[untyped-decorator]  # celery ships no types
def split_campaign(campaign: str) -> None:
    """Make one job of each contact that is not a job yet."""
    process.loop.run(process.installation.outbound.dialing.split(CampaignId(campaign)))


@app.task(name="dialer.release")  # type: ignore[untyped-decorator]
def release(sender: str) -> None:
    """Give a sender as many parcels as keep it busy."""
    process.loop.run(process.installation.outbound.dialing.release(SenderId(sender)))
