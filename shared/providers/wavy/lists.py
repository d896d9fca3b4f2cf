"""The file of a list of contacts at Wavy. Owns its form, not its fetching (see `polling`).

No document shows how its columns are divided and its times written: comma, semicolon and tab are taken, and ISO or
day/month/year. Unverified against the live service.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API":
columns source and createdAt, the time in America/Sao_Paulo.
"""

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.ground.http import HttpResponse
from shared.ground.zones import read_zone
from shared.providers.codes import require_answer
from shared.providers.wavy.codes import judge
from shared.providers.wire import parse_number

MAX_BYTES: Final = 64 << 20  # two million rows
ZONE: Final = "America/Sao_Paulo"
ADDRESS, AT = "source", "createdat"
DAY_FIRST: Final = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_CELL_CHARACTERS: Final = 100  # a number or a time is shorter


@dataclass(frozen=True, slots=True)
class ContactList:
    """entries: address, and the time from which it counts.  unread: rows without an address.  is_whole: False when the
    transport cut the file off at 64 MiB: then contacts are missing.
    """

    entries: Sequence[tuple[str, datetime]]
    unread: int = 0
    is_whole: bool = True


def read_list(response: HttpResponse, polled_at: datetime) -> ContactList:
    """The file's rows. polled_at: stands for a time that cannot be read, since the refusal counts all the same.

    *Raises*: a leaf of SendError, never OutcomeUnknown. Total on arbitrary responses.
    """
    require_answer(response, judge)
    is_whole = len(response.body) < MAX_BYTES
    lines = response.body.decode("utf-8-sig", "replace").replace("\0", "").splitlines()
    if not is_whole:
        lines = lines[:-1]  # half a number is somebody else's
    return _read_lines(lines, polled_at, is_whole=is_whole)


def _read_lines(lines: Sequence[str], polled_at: datetime, *, is_whole: bool) -> ContactList:
    """A first line without `source` is a row like the others: number, then time."""
    rows = [[cell.strip() for cell in row] for row in _split(lines)]
    names = [name.lower().replace("_", "") for name in rows[0]] if rows else []
    has_names = ADDRESS in names
    number_at = names.index(ADDRESS) if has_names else 0
    time_at = names.index(AT) if AT in names else number_at + 1
    entries, unread = [], 0
    for row in rows[1:] if has_names else rows:
        found = parse_number(row[number_at]) if number_at < len(row) else None
        if found is None:
            unread += 1
        else:
            entries.append((found, _read_time(row[time_at] if time_at < len(row) else "", polled_at)))
    return ContactList(entries, unread, is_whole)


def _split(lines: Sequence[str]) -> Iterable[list[str]]:
    """Cells may be quoted and hold no line break; blank lines are left out."""
    first = lines[0] if lines else ""
    divider = max((",", ";", "\t"), key=first.count)
    for line in lines:
        if line.strip():
            yield next(csv.reader([line[: 4 * _CELL_CHARACTERS]], delimiter=divider), [])


def _read_time(text: str, otherwise: datetime) -> datetime:
    """A time without a zone is in Wavy's.

    >>> _read_time("2019-02-12 10:30:00", datetime.now(UTC)).isoformat()
    '2019-02-12T12:30:00+00:00'
    >>> _read_time("12/07/2019 10:30", datetime.now(UTC)).isoformat()
    '2019-07-12T13:30:00+00:00'
    """
    with suppress(ValueError, OverflowError):
        found = _parse_time(text)
        at = found.replace(tzinfo=read_zone(ZONE)) if found.tzinfo is None else found
        return min(at.astimezone(UTC), otherwise)
    return otherwise


def _parse_time(text: str) -> datetime:
    """*Raises*: ValueError."""
    for form in DAY_FIRST:
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 (the zone is the caller's matter)
    return datetime.fromisoformat(text)
