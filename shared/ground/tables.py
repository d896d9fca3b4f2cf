"""Tables as text, in the forms that spreadsheets save: encoding, separator, the spelling of column names, one line.

Owns the common parts of all CSV files. Each kind of file owns its columns; `outbound.intake` reads rows from chunks.

Decision: a cell that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line break) gets an
apostrophe in front, unless it is a number: +E.164 and plain decimals are harmless in a spreadsheet, and programs that read
the file need them unchanged. The cost: such cells differ by one character from the NDJSON, which has every byte.
Source: RFC 4180; OWASP, CSV injection.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final
from unicodedata import normalize

from shared.ground.errors import InputError

PHONE_NAMES: Final = ("phone", "destination", "telefono", "teléfono", "celular", "telefone")
SEPARATORS: Final = ",;\t"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_FORMULA = re.compile(r"\s*[=+\-@]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def decode(raw: bytes, offset: int) -> str:
    """offset: of the first byte in the file, behind its byte order mark; for the error. *Raises*: InputError."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "not-utf-8",
            f"The file is not UTF-8 (byte {offset + error.start}): save it as UTF-8, which a spreadsheet calls "
            "“CSV UTF-8”, or convert it with: iconv -f WINDOWS-1252 -t UTF-8.",
        ) from None
    return text.replace("\0", "") if "\0" in text else text


def key(name: str) -> str:
    """The form in which names of columns are compared.

    >>> key(" Opt-in  Source "), key("{{1}}"), key("TELÉFONO")
    ('opt_in_source', '1', 'teléfono')
    """
    return "_".join(normalize("NFC", name).casefold().replace("-", " ").replace("_", " ").strip("{} \t").split())


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
