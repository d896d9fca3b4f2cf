"""Hints: one process asks another to look at the stores. A hint may be lost, repeated or late: its receiver decides by
compare-and-set, and the janitor's tick repeats lost hints.
"""

from collections.abc import Sequence
from typing import Protocol

from shared.ground.ids import CampaignId, ContactId, EntryId, LeaseId, SenderId


class Hints(Protocol):
    """*Raises*: nothing. While the broker is away the hint is logged and counted; the tick repeats it."""

    async def split(self, campaign: CampaignId) -> None:
        """Plan the contacts of this campaign that are not jobs yet."""

    async def release(self, sender: SenderId) -> None:
        """Lease parcels to this sender: it may have room for more."""

    async def send(self, campaign: CampaignId, lease: LeaseId) -> None:
        """Open this lease and send its parcel."""

    async def dispatch(self, contact: ContactId, sender: SenderId) -> None:
        """Something waits in this contact's outbox."""

    async def apply(self, event_class: str, entries: Sequence[EntryId]) -> None:
        """Apply these journal entries: provider events in the bodies of webhooks. event_class: `inbound` or `status`."""
