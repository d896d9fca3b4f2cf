"""The demo's base of contacts: any size, the same rows every time, with four contacts that are not like the others.

Owns the recipe. `config/demo/base.csv` is its hundred rows, for importing by hand; every number is made up.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEWEST, MOST = 5, 10_000  # four odd ones and somebody to repeat; the made-up numbers of +1 415 555
FIRST_SUFFIX = 101  # 0100 is the sender's own
NOT_A_NUMBER = "ask at the front desk"

_PLACES: Final = (
    "Crystal Lounge", "Harbor Dental", "Northside Clinic", "Maple Street Salon", "City Optics",
    "Riverside Physio", "Lakeview Pediatrics",
)  # fmt: skip
_TIMES: Final = (
    "tomorrow at 12:00 PM", "tomorrow at 3:30 PM", "Monday at 9:15 AM", "Tuesday at 10:45 AM", "Friday at 4:00 PM",
)  # fmt: skip
_SOURCES: Final = ("web_form", "sms_link", "phone_agent")
_COLUMNS: Final = ("opt_in_source", "opt_in_at", "opt_in_evidence")


@dataclass(frozen=True, slots=True)
class DemoBase:
    """text: the file, with its header.  not_on_whatsapp: the contact whom the provider accepts and cannot reach."""

    text: str
    contacts: int
    not_on_whatsapp: str


def demo_base(contacts: int, placeholders: Sequence[str] = ("1", "2")) -> DemoBase:
    """*Shape*: contacts from FEWEST to MOST, all four odd rows included.

    A fifth of the way down: no number. Two fifths: the first row's number, written otherwise. Three: no opt-in. Four:
    a number that is not on WhatsApp.
    """
    if not FEWEST <= contacts <= MOST:
        raise ValueError(f"{contacts} contacts: from {FEWEST} to {MOST}")
    no_number, repeated, no_opt_in, absent = (contacts * fifth // 5 for fifth in range(1, 5))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("phone", *placeholders, "contact_id", *_COLUMNS))
    given = 0
    absent_number = ""
    for row in range(contacts):
        number = NOT_A_NUMBER if row == no_number else spelled(0) if row == repeated else address(given)
        given += row not in {no_number, repeated}
        absent_number = number if row == absent else absent_number
        opt_in = ("", "", "") if row == no_opt_in else _opt_in(row)
        writer.writerow((number, *_values(row, len(placeholders)), f"P-{row + 1:05}", *opt_in))
    return DemoBase(file.getvalue(), contacts, absent_number)


def address(place: int) -> str:
    """The place-th made-up number.

    >>> address(0), address(9_898), address(9_899)
    ('+14155550101', '+14155559999', '+14155550000')
    """
    return f"+1415555{(FIRST_SUFFIX + place) % 10_000:04}"


def spelled(place: int) -> str:
    """The same number as people write it.

    >>> spelled(0)
    '+1 (415) 555-0101'
    """
    number = address(place)
    return f"+1 ({number[2:5]}) {number[5:8]}-{number[8:]}"


def _values(row: int, count: int) -> list[str]:
    """One for each placeholder, places and times in turn; their numbers share no divisor, so all pairs occur."""
    choices = (_PLACES, _TIMES)
    return [choices[column % 2][row % len(choices[column % 2])] for column in range(count)]


def _opt_in(row: int) -> tuple[str, str, str]:
    return _SOURCES[row % len(_SOURCES)], f"2025-04-{row % 28 + 1:02}T10:30:00Z", f"record-{row + 1:05}"
