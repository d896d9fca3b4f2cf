"""The instants at which a job may be tried again. Pure: chance and time are arguments."""

from datetime import datetime, timedelta

from shared.ground.errors import Again, SendError

MAX_ATTEMPTS = {Again.NOW: 3, Again.BACK_OFF: 3, Again.DAY_IF_REPEATED: 3, Again.NEXT_DAY: 2, Again.NEVER: 1}
BACK_OFF, DAY = timedelta(minutes=5), timedelta(hours=24)
WAITS = {
    Again.NOW: timedelta(seconds=30),
    Again.BACK_OFF: BACK_OFF,
    Again.DAY_IF_REPEATED: BACK_OFF,
    Again.NEXT_DAY: DAY,
}
NOT_ACCEPTED_S = (1.0, 3.0)  # after a throttled or failed connection; short, because the limiter slows down as well


def next_attempt_at(error: SendError, attempt: int, failed_at: datetime) -> datetime | None:
    """The instant at which attempt + 1 may begin after a failure, or None if it may not.

    It depends on the failure alone, so that a repeated or reordered report of it gives the same instant.
    """
    if attempt >= MAX_ATTEMPTS[error.again]:
        return None
    if error.again is Again.DAY_IF_REPEATED and attempt > 1:
        return failed_at + DAY
    return failed_at + WAITS[error.again] * attempt


def not_accepted_until(error: SendError, now: datetime, chance: float) -> datetime:
    """The instant at which an attempt that was not accepted may be repeated.

    chance: 0 … 1; it spreads the jobs that were refused at the same time over NOT_ACCEPTED_S.
    """
    low, high = NOT_ACCEPTED_S
    wait_s = max(error.retry_after_s or 0.0, error.wait_s, low + (high - low) * chance)
    return now + timedelta(seconds=wait_s)


def limited_until(error: SendError, now: datetime) -> datetime:
    """The instant at which a daily limit may have passed: after the provider's Retry-After, else a day later. A limit that
    may be one of speed is tried again after 5 minutes.

    At least 5 minutes later: a Retry-After of seconds comes from a gateway that counts requests, and would make a loop.
    """
    if error.again is Again.DAY_IF_REPEATED:
        return now + BACK_OFF
    if error.retry_after_s is None:
        return now + DAY
    return now + max(timedelta(seconds=error.retry_after_s), BACK_OFF)
