"""The part of a dialect that asks for events which no webhook brings, or may have failed to bring. Owns no wire.

A dialect without it hears everything by webhook.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.providers.account import Account
from shared.providers.events import ProviderEvent
from shared.providers.flows import RequestFlow

News = RequestFlow[Iterable[ProviderEvent]]
"""The events may be read from a file while they are iterated."""
OVERLAP: Final = timedelta(days=1)  # of two polls, so that a time in a wrong zone hides no event


class Polling(Protocol):
    """Every function is pure."""

    def poll(self, account: Account, since: datetime | None, now: datetime) -> News | None:
        """A flow that ends with the events since then; None where there is nothing to ask about this account.

        since: the time of the last poll, None for the first. Events that a webhook has brought already come again, and
        change nothing.

        *Raises* (while the flow runs): a leaf of SendError. Nothing is sent, so OutcomeUnknown means an unreadable answer.
        """
        ...
