"""The part of a dialect that reads webhooks. Owns no wire."""

from collections.abc import Sequence
from typing import Protocol

from shared.providers.events import EventClass, ProviderEvent, RawWebhook


class Webhooks(Protocol):
    """Every function is pure."""

    def classify(self, webhook: RawWebhook) -> EventClass:
        """The queue in which the body waits. Cheap and total; a mistake changes the order of events and nothing else."""
        ...

    def read_events(self, webhook: RawWebhook) -> Sequence[ProviderEvent]:
        """The normalised events, in the body's order. Total on arbitrary bytes: an unreadable one is Unrecognised."""
        ...
