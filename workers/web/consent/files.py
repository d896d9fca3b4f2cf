"""Consents as CSV: from bytes to claims. Owns the names of columns; `shared.people.consenting` judges a claim."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.ground.errors import InputError
from shared.outbound.intake.columns import PHONE_NAMES, key
from shared.outbound.intake.csv_rows import separator_of
from shared.outbound.intake.lines import decode
from shared.templates.model import listed

CONTACT_NAMES = ("contact", "contact_id", *PHONE_NAMES)
NAMES = ("source", "scope", "at", "evidence")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Claim:
    """A consent as written; blank is nothing. line: where it begins, from 1."""

    line: int
    contact: str = field(repr=False)
    source: str
    scope: str
    at: str
    evidence: str = field(repr=False)


def read_claims(raw: bytes) -> Iterator[Claim]:
    """*Raises*: InputError for a file that cannot be read to its end."""
    rows = _rows(decode(raw.removeprefix(BYTE_ORDER_MARK), 0))
    _, header = next(rows, (0, None))
    if header is None:
        raise InputError("empty-file", "The file is empty: send a line with the columns' names and a row a contact.")
    columns = _columns(header)
    for line, cells in rows:
        values = {name: cells[index].strip() for name, index in columns.items() if index < len(cells)}
        yield Claim(line, *(values.get(name, "") for name in ("contact", *NAMES)))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Those that hold anything, each with the number of its first line."""
    header = next((line for line in text.splitlines() if line.strip()), "x")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator_of(header), skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise InputError(
            "malformed-csv", f"The row that begins in line {line} is not CSV: check that every quote is closed."
        ) from None


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        name = "contact" if key(cell) in CONTACT_NAMES else key(cell)
        if name not in {"contact", *NAMES}:
            raise InputError(
                "unknown-column",
                f"There is no column {listed([cell])} here: the columns are contact (or phone), {', '.join(NAMES)}.",
            )
        if name in columns:
            raise InputError("duplicate-column", f"The column {name} is there twice: keep one.")
        columns[name] = index
    lacking = [name for name in ("contact", "source") if name not in columns]
    if lacking:
        raise InputError("missing-column", f"The file needs the column {' and the column '.join(lacking)}.")
    return columns
