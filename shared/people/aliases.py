"""Aliases: whether two addresses can be names of one person, and who says that they are. Pure.

A person has one number at a time, in national variants, and user ids: one for each portfolio, a parent id over several
portfolios, and a new one after each registration. So two different numbers are two persons, unless the platform itself
says that somebody has moved.
Source: PLATFORM "who somebody is": a user id belongs to one portfolio, and a new number brings a new one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import phonenumbers

from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import SenderId
from shared.ground.phone import canonicalize, is_user_id

MAX_USER_IDS = (
    8  # of one number: two portfolios with a parent and some registrations; a fixed number in a proxy has more
)
MAX_INSERTED_DIGITS = 2  # by which a country lengthens its numbers: Benin put 01 before them in 2024
MIN_SAME_DIGITS = 7  # at the end of two national variants: a subscriber's own part
_PARENT = ".ENT."


class Source(StrEnum):
    """Where it was said that names are one person's."""

    MESSAGE = "message"  # of the contact
    ANSWER = "answer"  # of the provider to a message of ours
    STATUS = "status"
    CONTEXT = "context"  # the contact answers a message that went to the other name
    PREFERENCE = "preference"
    RENAMING = "renaming"  # the platform says that the contact has moved
    CALLER = "caller"


class Refusal(StrEnum):
    """Why names are not taken for one person's. Stable: these words are in metrics, logs and answers."""

    OTHER_NUMBER = "other-number"
    OTHER_USER_ID = "other-user-id"
    MANY_USER_IDS = "many-user-ids"
    SEPARATED = "separated"  # a person has said that they are two


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that names are one person's. sender: whose provider says so; None for a caller of ours."""

    source: Source
    sender: SenderId | None
    at: datetime

    def to_text(self) -> str:
        """Shape: `<source>|<sender>|<ms>`."""
        return f"{self.source}|{self.sender or ''}|{to_ms(self.at)}"


def claim_from_text(text: str) -> Claim:
    """The inverse of `to_text`."""
    source, sender, at_ms = text.split("|")
    return Claim(Source(source), SenderId(sender) if sender else None, from_ms(int(at_ms)))


def is_variant(one: str, other: str) -> bool:
    """Whether two numbers are one in national spellings: equal by rule, or one has a digit or two put in near its front.

    >>> is_variant("+5555991234567", "+555591234567"), is_variant("+22901951234567", "+229951234567")
    (True, True)
    >>> is_variant("+14155550123", "+14155550124"), is_variant("+14155550123", "+5514155550123")
    (False, False)
    """
    short, long = sorted((canonicalize(one)[1:], canonicalize(other)[1:]), key=len)
    inserted = len(long) - len(short)
    if inserted == 0 or inserted > MAX_INSERTED_DIGITS:
        return short == long
    code = _country_code(short)
    places = range(len(code), len(short) - MIN_SAME_DIGITS + 1)
    return bool(code) and any(long[:place] + long[place + inserted :] == short for place in places)


def numbers(addresses: Iterable[str]) -> list[str]:
    return [address for address in addresses if address.startswith("+")]


def user_ids(addresses: Iterable[str]) -> set[str]:
    return {address for address in addresses if is_user_id(address)}


def why_two(one: Collection[str], other: Collection[str]) -> Refusal | None:
    """Why these addresses cannot be one person's; None if they can. one, other: all addresses of a contact each."""
    here, there = numbers(one), numbers(other)
    if here and there and not any(is_variant(mine, theirs) for mine in here for theirs in there):
        return Refusal.OTHER_NUMBER
    if len(user_ids(one) | user_ids(other)) > MAX_USER_IDS:
        return Refusal.MANY_USER_IDS
    return None


def is_parent(address: str) -> bool:
    """Whether it is a user id over several portfolios."""
    return is_user_id(address) and _PARENT in address


def _country_code(digits: str) -> str:
    """The calling code at the front of a number; empty if no country has it."""
    for length in (1, 2, 3):
        if int(digits[:length] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length]
    return ""
