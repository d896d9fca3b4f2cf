"""What Meta calls a contact: its number without a `+`, and a business-scoped user id. Owns no contact and no message.

An id that was made up holds the number, so that who is written to by it is still the same contact.
Assumed: of which country an id is, is of no matter; these are all of one.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workers.simulator.script import Habits, Script

MADE_UP = "US.99"
_MADE_UP_ID = re.compile(r"US\.99([1-9]\d{5,14})", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_PUNCTUATION = re.compile(r"[\s().-]+")
_NUMBER = re.compile(r"\+?([1-9]\d{5,14})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Names:
    """wa_id: None of somebody who is known by the id alone."""

    wa_id: str | None
    user_id: str | None


def number_of(to: str) -> str | None:
    """`to` as the simulator knows contacts; None where it is no number. The business's own country is never put before.

    >>> number_of("+1 (415) 555-0101"), number_of("14155550101"), number_of("+123")
    ('+14155550101', '+14155550101', None)
    """
    found = _NUMBER.fullmatch(_PUNCTUATION.sub("", to))
    return f"+{found[1]}" if found else None


def somebody(recipient: str) -> str | None:
    """`recipient` as the simulator knows contacts; None where it is no user id.

    >>> somebody("US.9914155550101"), somebody("US.1234"), somebody("1234")
    ('+14155550101', 'US.1234', None)
    """
    made_up = _MADE_UP_ID.fullmatch(recipient)
    if made_up:
        return f"+{made_up[1]}"
    return recipient if _USER_ID.fullmatch(recipient) else None


def names_of(script: Script, address: str, bsuid: str | None = None) -> Names:
    """bsuid: what the contact is called besides, where that is known already."""
    if not address.startswith("+"):
        return Names(None, address)
    digits = address.removeprefix("+")
    known = bsuid or script.contacts.numbers.get(address, Habits()).bsuid
    return Names(digits, known or (f"{MADE_UP}{digits}" if script.meta.user_ids else None))


def told(**fields: str | None) -> Mapping[str, str]:
    """Those that there are."""
    return {name: value for name, value in fields.items() if value is not None}
