"""The cell of a phone number, as people, spreadsheets and programs fill it: from its text to digits, with or without `+`.

Owns what may stand around the digits (punctuation, `tel:`, links of WhatsApp, a written-out extension), and refuses the
rest. `phone` judges the digits.

Decision: letters are refused, because the number of a cell with letters is a guess. libphonenumber reads three letters or
more as keys of a telephone and drops fewer, so `+598 99 123 456 (Ana)` would be +59899123456262, and ` p1` one digit more:
the message would go to a stranger, and so would an opt-out. The cost: `Cel. 099 …` must be cleaned by its owner.
Source: RFC 3966 for `tel:`; https://faq.whatsapp.com/5913398998672934 for wa.me; libphonenumber for the meaning of letters.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import unquote

_TEL = re.compile(r"tel:", re.IGNORECASE)
_WHATSAPP = re.compile(r"whatsapp:(?!//)", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me/|(?:(?:api|web|www)\.)?whatsapp\.com/send/?\?(?:[^#]*&)?phone="
    r"|whatsapp://send/?\?(?:[^#]*&)?phone=)(?P<number>[^/?&#]*)(?:[/?&#].*)?",
    re.IGNORECASE | re.DOTALL,
)
# Written out, in the words of the region: `x12` and `#12` also stand for hidden digits and for notes.
_EXTENSION = re.compile(
    r"(?<=[\d\s).,;])(?:ext(?:n|ensi[oó]n|ension)?|int(?:erno)?|anexo|ramal)\s*[.:=]?\s*\d{1,7}$", re.IGNORECASE
)
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d*)?E\+?\d{1,2}", re.IGNORECASE)
# 59899123456.0, 2234567.8, 598 99123456,00, 59.899.123.456,00, 59,899,123,456: read as a number, the decimals would be
# digits of it. `22.345.678` and `99.12.34.56` are numbers as people group them.
_AMOUNT = re.compile(
    r"\+?(?:\d{7,}[.,]0+|\d{4,}[.,]\d{1,2}|(?:[\s()-]*\d){7,}[\s()-]*[.,]0{1,2}"
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?)"
)
# 12/03/2024, 2024-03-12, 12. 03. 2024, 3/12/24, with a time behind or without; 20240312103000. Eight digits in one piece or
# between blanks are a number where the country has such a number.
_TIME: Final = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?\s*(?:[ap]\.?\s?m\.?|Z|[+-]\d\d:?\d\d)?"
_DATE = re.compile(
    r"[(\[]?(?:(?:19|20)\d\d\s?(?P<s>[/.-])\s?(?P<month>\d\d?)\s?(?P=s)\s?(?P<day>\d\d?)"
    r"|(?P<first>\d\d?)\s?(?P<t>[/.-])\s?(?P<second>\d\d?)\s?(?P=t)\s?(?:(?:19|20)\d\d|(?<=/)\d\d))"
    rf"(?:(?:,?\s+|T){_TIME})?[)\]]?",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"(?:[\sT]?(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.\d+)?Z?|[\sT]{_TIME})",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\d\W*[,;|&\n\r\t\v\f\u2028]\W*\d")
_NUMBER = re.compile(r"[\s().\[\]-]*(\+*)([\d\s().\[\]/-]*)")
_LEGIBLE = re.compile(r"[\s().\[\]-]*\+*[\d\s().\[\]-]*")
# Behind a number: `(2)`, `[18]`, `(11)`; one or two groups of at most two digits, ` - 2`, ` 9-18`. Before: `2) `, `2 - `.
_IN_BRACKETS = re.compile(r"[(\[]\s*\d{1,5}\s*[)\]]$")
_SHORT_GROUPS = (re.compile(r"[\s().\[\]-]+\d{1,2}$"), re.compile(r"(?:[\s().\[\]-]+\d{1,2}){2}$"))
_ITEM = re.compile(r"[(\[]?\d{1,2}(?:\s*[)\]][\s.-]*|\.\s+|\s+-\s+|/\s+)(?=\d|\()")
MONTHS, MAX_DAYS = 12, 31  # of a year, of a month
_AROUND: Final = " \t\r\n.,;'’\"“”<>"  # signs that end a sentence, and a spreadsheet's mark of a text
_EMPHASISED = re.compile(r"([*_~`])([^*_~`]+)\1")  # as it is copied from a chat; `12345**` has hidden digits
MAX_CELL_CHARACTERS: Final = (
    2_048  # a link with a text to send; a longer cell is no number, and each character costs 0.3 µs
)
MAX_NUMBER_CHARACTERS: Final = 128  # without the link: some forms below take quadratic time
# By Unicode's category. A symbol (☎) counts as a semicolon: it is left out at the ends, and divides two numbers.
_ASCII_OF_KIND: Final = {"Cf": "", "Pd": "-", "Zs": " ", "So": ";"}
_ASCII: Final = {"＋": "+", "−": "-", "．": ".", "（": "(", "）": ")", "／": "/"}


class Cause(StrEnum):
    """Why a text with digits is not one number."""

    LETTERS = "letters"
    SEVERAL = "several"
    AMOUNT = "amount"
    DATE = "date"
    SCIENTIFIC = "scientific"


REMEDIES: Final[Mapping[Cause, str]] = {
    Cause.LETTERS: "holds letters beside the number, and they could be taken for digits of another one: keep the number "
    "alone, and notes in a column of their own",
    Cause.SEVERAL: "holds more than one number: keep one, and give another contact a row of its own",
    Cause.AMOUNT: "holds an amount, or a number that a spreadsheet has written as one, with decimals, a currency or commas "
    "between thousands: name the column of the numbers, and save it as text",
    Cause.DATE: "holds a date: name the column of the numbers",
    Cause.SCIENTIFIC: "holds a number that a spreadsheet has rounded and written like 5,98991E+11, so its last digits are "
    "lost: format the column as text, fill it from the source again, and save it",
}
"""Behind the name of the cell: `The phone column …`, `it …`. No sentence shows the value."""


class InvalidPhone(Exception):  # noqa: N818 (a verdict on a row, not a fault of the program)
    """*Shape*: `reason` is one of `missing`, `no-country`, `not-a-number`, `impossible`. cause: of `not-a-number`, if
    it is known.
    """

    def __init__(self, reason: str, cause: Cause | None = None) -> None:
        super().__init__(reason, cause)
        self.reason = reason
        self.cause = cause


def read_digits(text: str) -> str:
    """The digits of a number, with `+` in front if its country code is written. A slash stays, for `phone` to judge.

    >>> read_digits("(+598) 99-123.456"), read_digits("https://wa.me/59899123456?text=Hola"), read_digits("099 123 456")
    ('+59899123456', '+59899123456', '099123456')
    >>> read_digits("tel:+1-415-555-0123;ext=7"), read_digits("+1 415 555 0123 ext. 7")
    ('+14155550123', '+14155550123')

    *Raises*: InvalidPhone.
    """
    plain = _number_alone(text)
    _refuse_others(plain)
    return _digits(plain)


class Apart(NamedTuple):
    """A number without a note beside it. is_marked: brackets or a list's sign say that the note is none of its digits.

    is_before: the number stands before digits in brackets. If it is none without them, they are its area code, which
    belongs in front: put behind, they make another number.
    """

    digits: str
    is_marked: bool
    is_before: bool = False


def read_apart(text: str) -> Iterator[Apart]:
    """What a cell that `read_digits` takes would be, if its first or last digits were a note. `phone` judges which it is.

    >>> [(one.digits, one.is_before) for one in read_apart("334 3306005 (2)")]
    [('3343306005', True)]
    >>> [(one.digits, one.is_before) for one in read_apart("2) 030 123456")], list(read_apart("+598 99 123 456"))
    ([('030123456', False)], [])
    """
    plain = _number_alone(text).replace("/", "/ ")
    if item := _ITEM.match(plain):
        yield Apart(_digits(plain[item.end() :]).replace("/", ""), is_marked=True)
    if note := _IN_BRACKETS.search(plain):
        yield Apart(_digits(plain[: note.start()]).replace("/", ""), is_marked=True, is_before=True)
        return
    for groups in _SHORT_GROUPS:
        if note := groups.search(plain):
            yield Apart(_digits(plain[: note.start()]).replace("/", ""), is_marked=False)


def _number_alone(text: str) -> str:
    """Without a link, a scheme, an extension and the marks around."""
    if len(text) > MAX_CELL_CHARACTERS:
        raise InvalidPhone("not-a-number")
    plain = _without_marks(text)
    if link := _LINK.fullmatch(plain):
        return f"+{unquote(link['number']).strip().lstrip('+0')}"
    return _EXTENSION.sub("", _without_scheme(plain)).strip(f"{_AROUND}:")


def read_legible(text: str) -> str:
    """What stands before the first letter, slash or comma of a cell that `read_digits` refuses, and nothing of a date. It
    may be the contact's number, so it serves for finding the row again, and never for writing to somebody.

    >>> read_legible("+598 99 123 456 (Ana)"), read_legible("59899123456.00"), read_legible("+598 99 123 456/7")
    ('+598 99 123 456 (', '59899123456', '+598 99 123 456')
    """
    plain = _without_scheme(_without_marks(text[:MAX_NUMBER_CHARACTERS]))
    legible = None if _is_date(plain) else _LEGIBLE.match(plain)
    return re.sub(r"\.0+$", "", legible[0]) if legible else ""


def _without_marks(text: str) -> str:
    """Without invisible characters, which come along when a number is copied, and with ASCII digits, hyphens and plus."""
    shown = "".join(map(_plain, unicodedata.normalize("NFC", text)))
    formula = re.fullmatch(r'\s*=\s*"(.*)"\s*', shown)  # how a CSV file keeps a spreadsheet from rounding the number
    alone = (formula[1] if formula else shown).strip(_AROUND).removeprefix("=").strip(_AROUND)
    emphasised = _EMPHASISED.fullmatch(alone)
    return emphasised[2].strip(_AROUND) if emphasised else alone


def _plain(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    return _ASCII_OF_KIND.get(kind, _ASCII.get(character, character))


def _without_scheme(text: str) -> str:
    text = _WHATSAPP.sub("", text, count=1).strip() if _WHATSAPP.match(text) else text
    if not _TEL.match(text):
        return text.partition(";ext=")[0]
    number, *parameters = [part.strip() for part in text[len("tel:") :].split(";")]
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.lower() == "phone-context" and value.startswith("+") and not number.startswith("+"):
            number = f"{value}{number}"
    return number


def _refuse_others(text: str) -> None:
    """Refuse a text that is more or less than one number. *Raises*: InvalidPhone."""
    if not text:
        raise InvalidPhone("missing")
    if len(text) > MAX_NUMBER_CHARACTERS or not any(character.isdecimal() for character in text):
        raise InvalidPhone("not-a-number")
    for cause, is_one in (
        (Cause.SCIENTIFIC, _SCIENTIFIC.fullmatch),
        (Cause.AMOUNT, _is_amount),
        (Cause.DATE, _is_date),
    ):
        if is_one(text):
            raise InvalidPhone("not-a-number", cause)
    if any(unicodedata.category(character)[0] in "LM" for character in text):
        raise InvalidPhone("not-a-number", Cause.LETTERS)
    if _SEVERAL.search(text) or re.search(r"\d.*\+.*\d", text, re.DOTALL):
        raise InvalidPhone("not-a-number", Cause.SEVERAL)


def _is_amount(text: str) -> bool:
    """`$ 22.345.678` as well: any sign of a currency."""
    return _AMOUNT.fullmatch(text) is not None or any(unicodedata.category(character) == "Sc" for character in text)


def _is_date(text: str) -> bool:
    """Whether it is a day of the calendar, with day and month in any order: `31-13-2024` is none."""
    found = _DATE.fullmatch(text)
    if found is None:
        return _STAMP.fullmatch(text) is not None
    if found["month"]:
        return _is_day(found["month"], found["day"])
    return _is_day(found["first"], found["second"]) or _is_day(found["second"], found["first"])


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= MONTHS and 1 <= int(day) <= MAX_DAYS


def _digits(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise InvalidPhone("not-a-number")
    return ("+" if found[1] else "") + re.sub(r"[^\d/]", "", found[2])
