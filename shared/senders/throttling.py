"""Throttling: a sender slows down after an answer that nothing was accepted, whether a job or a message heard it."""

from shared.ground import telemetry
from shared.ground.errors import Again, Disposition, SendError
from shared.ground.ids import SenderId
from shared.senders.limits.store import LimitStore


async def slow_down(limits: LimitStore, account_key: str, sender: SenderId, error: SendError) -> None:
    """Ask the provider less often, if the error says that nothing was accepted: also one that cannot be reached.

    A Retry-After holds the sender altogether, replies included. That of a daily limit is waited for by the message that met
    the limit, or by the paused campaign: held for a day, the sender's open windows would close on every reply.
    *Raises*: BackendUnavailable.
    """
    if error.disposition is not Disposition.NOT_ACCEPTED:
        return
    telemetry.THROTTLED.labels(sender).inc()
    hold_s = None if error.again is Again.NEXT_DAY else error.retry_after_s
    await limits.slow_down(account_key, sender, hold_s)
