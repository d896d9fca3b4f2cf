"""The part of a dialect that lists messages the provider has, so that a request without an answer can be proven accepted.
Owns the match between a request and the list; the wire is each provider's.

Decision: a message with the wrong text is no match, and no proof of absence either: a provider may render a template
otherwise than we do. Nor is one outside of the request's time: a process that stood still sends late, and clocks differ.
Only a complete list without any message that could be ours says that there is none. Whatever is between the two stays
unknown, for a contact who is written to twice cannot be unwritten.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from shared.ground.clock import MAX_CLOCK_SKEW
from shared.ground.errors import SendError
from shared.providers.account import Account
from shared.providers.events import DeliveryStatus
from shared.providers.flows import RequestFlow

SKEW: Final = timedelta(seconds=60)  # between the provider's clock and ours, and its times are whole seconds


@dataclass(frozen=True, slots=True)
class Sought:
    """A request that was not answered. since, until: it left between these instants.

    text: as the contact reads it; empty where it is not known.  reference: our own, as the request carried it.
    """

    to: str = field(repr=False)
    since: datetime
    until: datetime
    text: str = field(default="", repr=False)
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A message that the provider has. at: when its status began.  text, reference: empty where the list has none."""

    provider_message_id: str
    created_at: datetime
    status: DeliveryStatus
    at: datetime
    text: str = field(default="", repr=False)
    reference: str = ""
    error: SendError | None = None
    addresses: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """is_complete: whether every message to this address in this time is among them, and each could be read."""

    messages: Sequence[Listed]
    is_complete: bool


class Reconciling(Protocol):
    """Every function is pure."""

    def list_messages(self, account: Account, sought: Sought) -> RequestFlow[Listing]:
        """A flow that ends with the messages to this address, at least those of this time.

        *Raises* (while the flow runs): a leaf of SendError. Nothing is sent, so OutcomeUnknown means an unreadable answer.
        """
        ...


class Finding(StrEnum):
    """What a list says about a request. The words of the last three stand in a job's record."""

    FOUND = "found"
    ABSENT = "not-listed"
    SEVERAL = "several-listed"
    UNCLEAR = "listed-otherwise"


@dataclass(frozen=True, slots=True)
class Match:
    """message: the one that was found, with FOUND alone."""

    finding: Finding
    message: Listed | None = None


def is_in_doubt(sought: Sought, listed: Listed) -> bool:
    """Whether the message may be the request's at all, and so none that proves its absence. It has no latest time."""
    if sought.reference and listed.reference:
        return sought.reference == listed.reference
    return listed.created_at >= sought.since - MAX_CLOCK_SKEW


def match(sought: Sought, listing: Listing, known: Collection[str]) -> Match:
    """known: ids of messages that another job, or another attempt, has."""
    doubtful = [one for one in listing.messages if one.provider_message_id not in known and is_in_doubt(sought, one)]
    named = [one for one in doubtful if sought.reference and one.reference]
    fitting = named or [one for one in doubtful if _is_in_time(sought, one) and _is_text_possible(sought, one)]
    if len(fitting) == 1 and (named or (listing.is_complete and _is_proof(sought, fitting[0]))):
        return Match(Finding.FOUND, fitting[0])
    if len(fitting) > 1:
        return Match(Finding.SEVERAL)
    return Match(Finding.UNCLEAR if doubtful or not listing.is_complete else Finding.ABSENT)


def _is_in_time(sought: Sought, listed: Listed) -> bool:
    return sought.since - SKEW <= listed.created_at <= sought.until + SKEW


def _is_text_possible(sought: Sought, listed: Listed) -> bool:
    return not sought.text or not listed.text or _words(sought.text) == _words(listed.text)


def _is_proof(sought: Sought, listed: Listed) -> bool:
    """Whether what became of the message may be ours. One without a text may be somebody else's, and its failure would let
    ours, which has not been listed yet, be sent again.
    """
    return listed.status is not DeliveryStatus.FAILED or bool(sought.text and listed.text)


def _words(text: str) -> list[str]:
    """Without regard to spaces and lines, which wires change."""
    return text.split()
