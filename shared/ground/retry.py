"""The instants at which a job may be tried again. Pure: chance and time are arguments."""

from datetime import datetime, timedelta

from shared.ground.errors import Again, SendError

MAX_ATTEMPTS = {Again.NOW: 3, Again.BACK_OFF: 3, Again.NEXT_DAY: 2, Again.NEVER: 1}
WAITS = {Again.NOW: timedelta(seconds=30), Again.BACK_OFF: timedelta(minutes=5), Again.NEXT_DAY: timedelta(hours=24)}
NOT_ACCEPTED_S = (1.0, 3.0)  # after a throttled or failed connection; short, because the limiter slows down as well


def next_attempt_at(error: SendError, attempt: int, failed_at: datetime) -> datetime | None:
    """The instant at which attempt + 1 may begin after a failure, or None if it may not.

    It depends on the failure alone, so that a repeated or reordered report of it gives the same instant.
    """
    if attempt >= MAX_ATTEMPTS[error.again]:
        return None
    return failed_at + WAITS[error.again] * attempt


def not_accepted_until(error: SendError, now: datetime, chance: float) -> datetime:
    """The instant at which an attempt that was not accepted may be repeated.

    chance: 0 … 1; it spreads the jobs that were refused at the same time over NOT_ACCEPTED_S.
    """
    low, high = NOT_ACCEPTED_S
    wait_s = max(error.retry_after_s or 0.0, error.wait_s, low + (high - low) * chance)
    return now + timedelta(seconds=wait_s)


def limited_until(error: SendError, now: datetime) -> datetime:
    """The instant at which a daily limit may have passed: after the provider's Retry-After, else a day later.

    At least 5 minutes later: a Retry-After of seconds comes from a gateway that counts requests, and would make a loop.
    """
    if error.retry_after_s is None:
        return now + WAITS[Again.NEXT_DAY]
    return now + max(timedelta(seconds=error.retry_after_s), WAITS[Again.BACK_OFF])
