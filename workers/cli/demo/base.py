"""The demo's base of contacts: any size, the same rows every time, four of them with a problem.

Owns the generation. `config/demo/base.csv` is the base of a hundred rows, for imports by hand. Every number is made up.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MIN_CONTACTS, MAX_CONTACTS = 5, 10_000  # four problem rows and the row to repeat; the made-up numbers of +1 415 555
FIRST_SUFFIX = 101  # 0100 is the sender's number
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
    """text: the file, with its header.  not_on_whatsapp: a number whose message is accepted and never arrives."""

    text: str
    contacts: int
    not_on_whatsapp: str


def build_base(contacts: int, placeholders: Sequence[str] = ("1", "2")) -> DemoBase:
    """*Shape*: contacts from MIN_CONTACTS to MAX_CONTACTS, all four problem rows included.

    At one fifth: no number. At two fifths: the first row's number in another spelling. At three: no opt-in. At four: a
    number without WhatsApp.
    """
    if not MIN_CONTACTS <= contacts <= MAX_CONTACTS:
        raise ValueError(f"{contacts} contacts: from {MIN_CONTACTS} to {MAX_CONTACTS}")
    no_number, repeated, no_opt_in, absent = (contacts * fifth // 5 for fifth in range(1, 5))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("phone", *placeholders, "contact_id", *_COLUMNS))
    numbers = 0
    absent_number = ""
    for row in range(contacts):
        number = NOT_A_NUMBER if row == no_number else spell_number(0) if row == repeated else make_number(numbers)
        numbers += row not in {no_number, repeated}
        absent_number = number if row == absent else absent_number
        opt_in = ("", "", "") if row == no_opt_in else _make_opt_in(row)
        writer.writerow((number, *_make_values(row, len(placeholders)), f"P-{row + 1:05}", *opt_in))
    return DemoBase(file.getvalue(), contacts, absent_number)


def make_number(place: int) -> str:
    """The made-up number at this place, from 0.

    >>> make_number(0), make_number(9_898), make_number(9_899)
    ('+14155550101', '+14155559999', '+14155550000')
    """
    return f"+1415555{(FIRST_SUFFIX + place) % 10_000:04}"


def spell_number(place: int) -> str:
    """The same number as people write it.

    >>> spell_number(0)
    '+1 (415) 555-0101'
    """
    number = make_number(place)
    return f"+1 ({number[2:5]}) {number[5:8]}-{number[8:]}"


def _make_values(row: int, count: int) -> list[str]:
    """One for each placeholder, places and times in turn: 7 and 5 share no divisor, so all 35 pairs occur."""
    choices = (_PLACES, _TIMES)
    return [choices[column % 2][row % len(choices[column % 2])] for column in range(count)]


def _make_opt_in(row: int) -> tuple[str, str, str]:
    return _SOURCES[row % len(_SOURCES)], f"2025-04-{row % 28 + 1:02}T10:30:00Z", f"record-{row + 1:05}"
