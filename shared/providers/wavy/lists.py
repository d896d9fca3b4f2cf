"""The file of a list of contacts at Wavy. Owns its form, not its fetching (see `polling`).

No document shows how its columns are divided and its times written: comma, semicolon and tab are taken, and ISO or
day/month/year. Unverified against the live service.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API":
columns source and createdAt, the time in America/Sao_Paulo.
"""

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO, Final, TextIO

from shared.ground.errors import NotAccepted
from shared.ground.http import HttpResponse
from shared.ground.zones import read_zone
from shared.providers.codes import require_answer
from shared.providers.wavy.codes import judge
from shared.providers.wire import parse_number

MAX_BYTES: Final = 1 << 30  # thirty million rows, in the folder for temporary files, read a line at a time
ZONE: Final = "America/Sao_Paulo"
ADDRESS, AT = "source", "createdat"
DAY_FIRST: Final = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
MAX_LINE_CHARACTERS: Final = 400  # a number and a time are shorter; of a longer line the rest is passed over

Entry = tuple[str, datetime]


def read_list(response: HttpResponse, polled_at: datetime) -> Iterator[Entry | None]:
    """Each row's address, and the time from which it counts; None for a row without an address. Read while it is iterated.

    polled_at: stands for a time that cannot be read, since the refusal counts all the same.

    *Raises*, at once: a leaf of SendError, never OutcomeUnknown; NotAccepted for a file that was cut off, since a refusal
    may be missing. Total on arbitrary responses. *Effects*: closes the response's file at the end.
    """
    require_answer(response, judge)
    file = response.file or io.BytesIO(response.body)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size >= MAX_BYTES:
        file.close()
        raise NotAccepted("list-too-long", f"the list is longer than {MAX_BYTES >> 20} MiB: somebody on it is missing")
    return _read_file(file, polled_at)


def _read_file(file: BinaryIO, polled_at: datetime) -> Iterator[Entry | None]:
    """A first line without `source` is a row like the others: number, then time."""
    with io.TextIOWrapper(file, "utf-8-sig", "replace") as text:
        lines = _list_lines(text)
        first = next(lines, "")
        divider = max((",", ";", "\t"), key=first.count)
        names = [name.lower().replace("_", "") for name in _split(first, divider)]
        number_at = names.index(ADDRESS) if ADDRESS in names else 0
        time_at = names.index(AT) if AT in names else number_at + 1
        for line in lines if ADDRESS in names or not first else itertools.chain([first], lines):
            row = _split(line, divider)
            found = parse_number(row[number_at]) if number_at < len(row) else None
            at = row[time_at] if time_at < len(row) else ""
            yield None if found is None else (found, _read_time(at, polled_at))


def _list_lines(text: TextIO) -> Iterator[str]:
    """Without blank ones, and the beginning alone of one that is too long."""
    is_rest = False
    while piece := text.readline(MAX_LINE_CHARACTERS):
        line = piece.replace("\0", "").strip()
        if line and not is_rest:
            yield line
        is_rest = not piece.endswith("\n")


def _split(line: str, divider: str) -> list[str]:
    """Cells may be quoted and hold no line break."""
    with suppress(csv.Error):
        return [cell.strip() for cell in next(csv.reader([line], delimiter=divider), [])]
    return []


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
