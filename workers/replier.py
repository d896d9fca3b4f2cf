"""The replier: a Celery worker on the queue `send.reply`. Agents' replies, single messages, confirmations.

Thin on purpose: the order of a send outside campaigns is in `shared.conversations.dispatching`.
"""

from shared.ground.ids import ContactId, SenderId
from shared.upkeep.liveness import nonce_of
from workers.app import app
from workers.celery_process import process


@app.task(name="replier.send_messages")  # type: ignore[untyped-decorator]  # celery ships no types
def send_messages(contact: str, sender: str) -> None:
    """Send the messages of one contact's outbox, in order."""
    process.loop.run(_send(ContactId(contact), SenderId(sender)))


async def _send(contact: ContactId, sender: SenderId) -> None:
    await process.installation.conversations.dispatching.dispatch(contact, sender, nonce_of(process.loop.worker))
