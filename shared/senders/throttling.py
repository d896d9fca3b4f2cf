"""Throttling: a provider that accepts nothing slows its sender down, whether an answer or a status says so.

Owns how long a wish is believed, which lane slows down, and when a limit that may be a day's counts as one.

Decision: a `Retry-After` is believed for minutes at most (`[timing] max_hold_seconds`). A longer one is a mistake or a
limit of another kind, so after that time one message probes. If it is accepted, the hold ends; if it is refused, the hold
begins again. The cost: a provider that means a day is asked every few minutes.
Decision: replies and single messages have a lane of their own. The refusals of campaigns neither slow nor hold it, and its
own refusals hold it for seconds only, since windows close meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import Again, Disposition, NotAccepted, SendError
from shared.ground.ids import SenderId
from shared.senders.limits.store import Lane, LimitStore, Refusal

PEOPLES_MAX_HOLD = timedelta(seconds=10)  # of the lane of people, and of the refused message
NEWS = timedelta(minutes=1)  # age of a status up to which it says how fast to send now; later ones are history
PERSISTENT_FACTOR = 0.15  # after about 10 s of refusals at ever lower rates: the limit is not one of speed


@dataclass(frozen=True, slots=True)
class Throttling:
    """accounts: account key by sender. max_hold: how long a provider's wish is believed."""

    limits: LimitStore
    accounts: Mapping[SenderId, str]
    max_hold: timedelta
    now: Now

    async def heed(self, sender: SenderId, error: SendError, lane: Lane, at: datetime | None = None) -> SendError:
        """Slow the sender down, if the error says that nothing was accepted; a failed connection says so, too.

        A refused message to a person slows campaigns as well: they make room. The Retry-After of a daily limit holds
        nobody: the message that met the limit waits alone, or its campaigns pause.

        at: of a status, when the message failed; None for an answer. Returns the error to go on with: a limit of speed or
        of the day (`Again.DAY_IF_REPEATED`) becomes the day's when slower sending did not end it.
        *Raises*: BackendUnavailable.
        """
        account = self.accounts.get(sender)
        age = timedelta(0) if at is None else max(timedelta(0), self.now() - at)
        if error.disposition is not Disposition.NOT_ACCEPTED or account is None or age > NEWS:
            return error
        telemetry.THROTTLED.labels(sender).inc()
        factor = await self.limits.slow_down(account, sender, self._refusal(error, age, Lane.CAMPAIGNS), Lane.CAMPAIGNS)
        if lane is Lane.PEOPLE:
            await self.limits.slow_down(account, sender, self._refusal(error, age, lane), lane)
        if error.again is Again.DAY_IF_REPEATED and factor <= PERSISTENT_FACTOR:
            return NotAccepted(error.code, error.gloss, Again.NEXT_DAY, error.throttles, words=error.words)
        return error

    def believe(self, error: SendError, lane: Lane) -> SendError:
        """The error with as much of its Retry-After as is believed: how long the refused message itself waits."""
        if error.retry_after_s is None or error.again is Again.NEXT_DAY:
            return error
        return error.with_retry_after(min(error.retry_after_s, self._max_hold(lane).total_seconds()))

    async def note_accepted(self, sender: SenderId, lane: Lane) -> None:
        """End a hold that this process has probed. *Raises*: BackendUnavailable."""
        await self.limits.note_accepted(self.accounts[sender], sender, lane)

    def _max_hold(self, lane: Lane) -> timedelta:
        return self.max_hold if lane is Lane.CAMPAIGNS else min(self.max_hold, PEOPLES_MAX_HOLD)

    def _refusal(self, error: SendError, age: timedelta, lane: Lane) -> Refusal:
        wish_s = 0.0 if error.again is Again.NEXT_DAY else error.retry_after_s or 0.0
        hold_s = min(wish_s, self._max_hold(lane).total_seconds())
        return Refusal(error.code, hold_s, wish_s, age.total_seconds(), error.throttles)
