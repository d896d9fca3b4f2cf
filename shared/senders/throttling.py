"""Throttling: a NotAccepted answer slows the whole sender down, on whichever request it came."""

from shared.ground import telemetry
from shared.ground.errors import Again, Disposition, SendError
from shared.ground.ids import SenderId
from shared.senders.limits.store import LimitStore


async def slow_down(limits: LimitStore, account_key: str, sender: SenderId, error: SendError) -> None:
    """Slow the sender down, if the error says that nothing was accepted; a failed connection says so, too.

    A Retry-After stops the whole sender, replies included. A Retry-After of a daily limit does not: the message that
    met the limit waits alone, or its campaign pauses. Otherwise the open windows of the sender would close before any
    reply.
    *Raises*: BackendUnavailable.
    """
    if error.disposition is not Disposition.NOT_ACCEPTED:
        return
    telemetry.THROTTLED.labels(sender).inc()
    hold_s = None if error.again is Again.NEXT_DAY else error.retry_after_s
    await limits.slow_down(account_key, sender, hold_s)
