"""Tables as text, as spreadsheets save them: encoding, separator, a line. `columns` has the names of columns.

Owns the parts that all files of rows share. Each kind of file owns its columns; `outbound.intake` owns rows that span
chunks.

Decision: a written cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line break) gets an
apostrophe in front, unless it is a number: +E.164 and plain decimals do nothing in a spreadsheet but lose their plus,
and readers of the file want them unchanged. The NDJSON has every byte.
Source: RFC 4180; OWASP, CSV injection.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from shared.ground.columns import PHONE_NAMES, key
from shared.ground.errors import InputError

SEPARATORS: Final = ",;\t"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_FORMULA = re.compile(r"\s*[=+\-@]|[\t\r\n]")
_NAMED_SEPARATOR = re.compile(rf'"?sep=([{SEPARATORS}|])"?[{SEPARATORS}]*', re.IGNORECASE)
_UTF_16_MARK: Final = b"\xff\xfe"  # FF FE or FE FF; no other encoding begins with either byte
_ARCHIVE: Final = "PK\x03\x04"  # XLSX and ODS are ZIP files
_OLD_SPREADSHEET: Final = b"\xd0\xcf\x11\xe0"  # XLS
_SAVE_AS_CSV: Final = (
    "it is a spreadsheet's own format or an archive. Save the sheet as “CSV UTF-8”, and send that file."
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def decode(raw: bytes, offset: int) -> str:
    """The bytes as text, without NUL. offset: of the first byte in the file, after the byte order mark; the error names it.

    *Raises*: InputError.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "not-utf-8", f"The file is not UTF-8 (byte {offset + error.start}): {_remedy(raw, offset)}"
        ) from None
    if offset == 0 and text.startswith(_ARCHIVE):
        raise InputError("not-utf-8", f"The file is not UTF-8 (byte 0): {_SAVE_AS_CSV}")
    if text.count("\0") > len(text) // 4:  # UTF-16 or UTF-32 without a mark, whose bytes are ASCII's by chance
        raise InputError("not-utf-8", f"The file is not UTF-8 (byte {offset + raw.find(0)}): {_remedy(raw, offset)}")
    return text.replace("\0", "") if "\0" in text else text


def _remedy(raw: bytes, offset: int) -> str:
    """raw: the line, or the byte, that could not be read."""
    if offset == 0 and raw.startswith((_ARCHIVE.encode(), _OLD_SPREADSHEET)):
        return _SAVE_AS_CSV
    if (offset == 0 and raw[0] in _UTF_16_MARK) or raw.count(0) > len(raw) // 4:
        return (
            "it is UTF-16, which a spreadsheet calls “Unicode text”. Save it as “CSV UTF-8”, or convert it with: "
            "iconv -f UTF-16 -t UTF-8."
        )
    return (
        "save it as UTF-8, which a spreadsheet calls “CSV UTF-8”, or convert it with: iconv -f WINDOWS-1252 -t UTF-8."
    )


def named_separator(line: str) -> str | None:
    """The separator that a first line `sep=;` names, as spreadsheets write it; None for any other line.

    >>> named_separator("sep=;"), named_separator('"SEP=,"'), named_separator("phone;name")
    (';', ',', None)
    """
    found = _NAMED_SEPARATOR.fullmatch(line.strip(" \r\n"))
    return found[1] if found else None


def separator_of(header: str) -> str:
    """The separator that gives a phone column, else the one that gives most columns."""

    def merit(separator: str) -> tuple[bool, int]:
        names = next(csv.reader([header], delimiter=separator, skipinitialspace=True))
        return any(key(name) in PHONE_NAMES for name in names), len(names)

    return max(SEPARATORS, key=merit)


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def csv_line(cells: Sequence[str]) -> str:
    r"""One row with its line end.

    >>> csv_line(["+14155550123", "=1+1", "-2.5"])
    "+14155550123,'=1+1,-2.5\r\n"
    """
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
