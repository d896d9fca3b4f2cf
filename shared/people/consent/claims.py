"""Consents as a caller claims them, one by one or as a CSV file. Owns the columns and the form of their cells. Pure.

`consenting` judges whether a claim counts.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.ground.clock import read_instant
from shared.ground.columns import PHONE_NAMES, key
from shared.ground.errors import InputError
from shared.ground.names import join_names
from shared.ground.tables import BYTE_ORDER_MARK, decode, named_separator, separator_of
from shared.people.consent.model import EVERYTHING

CONTACT_NAMES = ("contact", "contact_id", *PHONE_NAMES)
NAMES = ("source", "scope", "at", "evidence")


@dataclass(frozen=True, slots=True)
class Claim:
    """An opt-in or an opt-out. line: of the file, or the element's position, from 1. contact: a number or a contact id.

    at: in the tenant's zone if it has no offset; None if the caller does not know it.
    """

    line: int
    contact: str = field(repr=False)
    source: str
    scope: str = EVERYTHING
    at: datetime | None = None
    evidence: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RejectedClaim:
    """A claim that was not recorded. reason: stable, for programs. detail: the remedy, without the row's values."""

    line: int
    reason: str
    detail: str


# ── a file of them ──────────────────────────────────────────────────────────────────────────────────────────────────


def read_claims(raw: bytes) -> Iterator[Claim | RejectedClaim]:
    """Read a CSV file row by row. *Raises*: InputError for a file that cannot be read to its end."""
    rows = _rows(decode(raw.removeprefix(BYTE_ORDER_MARK), 0))
    _, header = next(rows, (0, None))
    if header is None:
        raise InputError("empty-file", "The file is empty: send a line with the columns' names and a row a contact.")
    columns = _columns(header)
    for line, cells in rows:
        yield _claim(line, {name: cells[at].strip() for name, at in columns.items() if at < len(cells)})


def _claim(line: int, cells: Mapping[str, str]) -> Claim | RejectedClaim:
    """cells: by column; a blank cell counts as absent."""
    if not cells.get("source"):
        return RejectedClaim(line, "missing-source", "The row has no source: fill the column.")
    try:
        at = read_instant(cells["at"]) if cells.get("at") else None
    except ValueError:
        detail = "The column at must be a date, with or without a time, as 2026-05-01T10:30."
        return RejectedClaim(line, "bad-time", detail)
    scope = cells.get("scope", "").lower() or EVERYTHING
    return Claim(line, cells.get("contact", ""), cells["source"], scope, at, cells.get("evidence", ""))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows that are not blank, each with the number of its first line."""
    named, rest, line = _divide_off_separator(text)
    header = next((one for one in rest.splitlines() if one.strip()), "x")
    reader = csv.reader(
        io.StringIO(rest, newline=""), delimiter=named or separator_of(header), skipinitialspace=True, strict=True
    )
    skipped = line
    line += 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error:
        raise InputError(
            "malformed-csv", f"The row that begins in line {line} is not CSV: check that every quote is closed."
        ) from None


def _divide_off_separator(text: str) -> tuple[str | None, str, int]:
    """The separator that a first line `sep=;` names, the text behind that line, and the number of lines left out."""
    end = 0
    for count, line in enumerate(io.StringIO(text, newline=""), 1):
        end += len(line)
        if (named := named_separator(line)) is not None:
            return named, text[end:], count
        if line.strip():
            break
    return None, text, 0


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        name = "contact" if key(cell) in CONTACT_NAMES else key(cell)
        if name not in {"contact", *NAMES}:
            raise InputError(
                "unknown-column",
                f"There is no column {join_names([cell])} here: the columns are contact (or phone), {', '.join(NAMES)}.",
            )
        if name in columns:
            raise InputError("duplicate-column", f"The column {name} is there twice: keep one.")
        columns[name] = index
    lacking = [name for name in ("contact", "source") if name not in columns]
    if lacking:
        raise InputError("missing-column", f"The file needs the column {' and the column '.join(lacking)}.")
    return columns
