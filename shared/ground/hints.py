"""The port through which one process asks another to look at the ledger. A hint may be lost, repeated or late: whoever
receives it decides by compare-and-set, and the janitor's tick repeats what was lost.
"""

from collections.abc import Sequence
from typing import Protocol

from shared.ground.ids import CampaignId, ContactId, EntryId, LeaseId, SenderId


class Hints(Protocol):
    """*Raises*: nothing. A broker that is away is logged and counted; the tick hints again."""

    async def split(self, campaign: CampaignId) -> None:
        """There are contacts that are not jobs yet."""

    async def release(self, sender: SenderId) -> None:
        """A sender may have room for more parcels."""

    async def send(self, campaign: CampaignId, lease: LeaseId) -> None:
        """A parcel waits for a worker."""

    async def dispatch(self, contact: ContactId, sender: SenderId) -> None:
        """Something waits in this contact's outbox."""

    async def events(self, event_class: str, entries: Sequence[EntryId]) -> None:
        """Webhook bodies wait in the journal."""
