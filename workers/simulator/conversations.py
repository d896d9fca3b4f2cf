"""What stands between a sender and a contact: an open window, or the contact's STOP. Owns no messages and no script."""

from collections.abc import Sequence
from enum import StrEnum


class Keyword(StrEnum):
    """What a provider makes of a word by itself, where a client has asked it to."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class Conversations:
    """Instants are microseconds and never go back."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], int] = {}
        self._stopped: set[tuple[str, str]] = set()
        self._unwanted: set[tuple[str, str]] = set()

    def hear(self, sender: str, addresses: Sequence[str], keyword: Keyword | None, at_us: int) -> None:
        """A contact has written. addresses: all that it is called by.  keyword: what its message was taken for."""
        pairs = [(sender, address) for address in addresses]
        self._heard.update(dict.fromkeys(pairs, at_us))
        if keyword is Keyword.STOP:
            self._stopped.update(pairs)
        elif keyword is Keyword.START:
            self._stopped.difference_update(pairs)

    def prefer(self, sender: str, addresses: Sequence[str], *, wanted: bool) -> None:
        """A contact has told the provider what it wants of this sender's marketing. That opens nothing."""
        pairs = [(sender, address) for address in addresses]
        if wanted:
            self._unwanted.difference_update(pairs)
        else:
            self._unwanted.update(pairs)

    def is_open(self, sender: str, contact: str, at_us: int, window_us: int) -> bool:
        """Whether anything may be sent. At the instant at which a window ends, it has ended."""
        heard_us = self._heard.get((sender, contact))
        return heard_us is not None and at_us < heard_us + window_us

    def is_stopped(self, sender: str, contact: str) -> bool:
        return bool(self._stopped) and (sender, contact) in self._stopped

    def wants_marketing(self, sender: str, contact: str) -> bool:
        return (sender, contact) not in self._unwanted

    def clear(self) -> None:
        self._heard.clear()
        self._stopped.clear()
        self._unwanted.clear()
