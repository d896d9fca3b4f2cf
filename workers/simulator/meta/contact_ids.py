"""A contact's ids at Meta: its number without `+`, and a business-scoped user id. Owns no contact and no message.

A made-up id holds the number, so that a message to it still reaches the same contact.
Assumed: the country in an id has no meaning; all made-up ids have the same.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workers.simulator.habits import Habits
from workers.simulator.script import Script

MADE_UP = "US.99"
_MADE_UP_ID = re.compile(r"US\.99([1-9]\d{5,14})", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True)
class ContactIds:
    """wa_id: None for a contact known by its user id alone."""

    wa_id: str | None
    user_id: str | None


def parse_user_id(recipient: str) -> str | None:
    """`recipient` as the simulator writes addresses; None if it is no user id.

    >>> parse_user_id("US.9914155550101"), parse_user_id("US.1234"), parse_user_id("1234")
    ('+14155550101', 'US.1234', None)
    """
    made_up = _MADE_UP_ID.fullmatch(recipient)
    if made_up:
        return f"+{made_up[1]}"
    return recipient if _USER_ID.fullmatch(recipient) else None


def find_ids(script: Script, address: str, bsuid: str | None = None) -> ContactIds:
    """bsuid: the contact's user id, if the caller has it already."""
    if not address.startswith("+"):
        return ContactIds(None, address)
    digits = address.removeprefix("+")
    user_id = bsuid or script.contacts.numbers.get(address, Habits()).bsuid
    return ContactIds(digits, user_id or (f"{MADE_UP}{digits}" if script.meta.user_ids else None))


def drop_missing(**fields: str | None) -> Mapping[str, str]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
