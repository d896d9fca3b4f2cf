"""When something may be tried again. Pure: chance and time are arguments."""

from datetime import datetime, timedelta

from shared.ground.errors import Again, SendError

MOST_ATTEMPTS = {Again.NOW: 3, Again.BACK_OFF: 3, Again.NEXT_DAY: 2, Again.NEVER: 1}
WAITS = {Again.NOW: timedelta(seconds=30), Again.BACK_OFF: timedelta(minutes=5), Again.NEXT_DAY: timedelta(hours=24)}
NOT_ACCEPTED_S = (1.0, 3.0)  # a throttled or unreachable provider: the limiter slows down as well, so this may be short


def next_attempt_at(error: SendError, attempt: int, failed_at: datetime) -> datetime | None:
    """When attempt + 1 may begin after a failure, or None. Depends on the fact alone, so any order gives the same."""
    if attempt >= MOST_ATTEMPTS[error.again]:
        return None
    return failed_at + WAITS[error.again] * attempt


def not_accepted_until(error: SendError, now: datetime, chance: float) -> datetime:
    """When the same attempt may be made after all. chance: 0 … 1, spreads those who were refused together."""
    low, high = NOT_ACCEPTED_S
    wait_s = max(error.retry_after_s or 0.0, error.wait_s, low + (high - low) * chance)
    return now + timedelta(seconds=wait_s)


def limited_until(error: SendError, now: datetime) -> datetime:
    """When a daily limit may have passed: when the provider says so, else a day later.

    A Retry-After of seconds comes from a gateway that counts requests; five minutes at least keep it from being a loop.
    """
    if error.retry_after_s is None:
        return now + WAITS[Again.NEXT_DAY]
    return now + max(timedelta(seconds=error.retry_after_s), WAITS[Again.BACK_OFF])
