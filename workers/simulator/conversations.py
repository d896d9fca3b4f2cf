"""The state between a sender and a contact: an open window, an opt-out. Owns no messages and no script."""

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Keyword(StrEnum):
    """The meaning that a provider gives to a word by itself, if its client has enabled that."""

    STOP = "stop"
    START = "start"
    HELP = "help"


def find_keyword(keywords: Mapping[str, Keyword], words: str) -> Keyword | None:
    """A keyword counts only as the whole message, in any case."""
    return keywords.get(words.strip().upper())


class Conversations:
    """Instants are microseconds and never go back."""

    def __init__(self) -> None:
        self._last_inbound_us: dict[tuple[str, str], int] = {}
        self._opted_out: set[tuple[str, str]] = set()
        self._no_marketing: set[tuple[str, str]] = set()

    def record_message(self, sender: str, addresses: Sequence[str], keyword: Keyword | None, at_us: int) -> None:
        """A contact has written. addresses: all of its addresses.  keyword: the opt-out keyword in its message."""
        pairs = [(sender, address) for address in addresses]
        self._last_inbound_us.update(dict.fromkeys(pairs, at_us))
        if keyword is Keyword.STOP:
            self._opted_out.update(pairs)
        elif keyword is Keyword.START:
            self._opted_out.difference_update(pairs)

    def record_preference(self, sender: str, addresses: Sequence[str], *, wants_marketing: bool) -> None:
        """A contact has chosen whether it wants this sender's marketing. A preference opens no window."""
        pairs = [(sender, address) for address in addresses]
        if wants_marketing:
            self._no_marketing.difference_update(pairs)
        else:
            self._no_marketing.update(pairs)

    def is_open(self, sender: str, contact: str, at_us: int, window_us: int) -> bool:
        """Whether a free-form message may be sent. At the instant of its end a window is closed."""
        inbound_us = self._last_inbound_us.get((sender, contact))
        return inbound_us is not None and at_us < inbound_us + window_us

    def has_opted_out(self, sender: str, contact: str) -> bool:
        return bool(self._opted_out) and (sender, contact) in self._opted_out

    def wants_marketing(self, sender: str, contact: str) -> bool:
        return (sender, contact) not in self._no_marketing

    def clear(self) -> None:
        self._last_inbound_us.clear()
        self._opted_out.clear()
        self._no_marketing.clear()
