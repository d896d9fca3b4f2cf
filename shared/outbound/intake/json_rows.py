"""JSON: an array of objects, or one object per line. Owns the end of an element, and its values as text.

Numbers stay as they were written (1.50 is 1.50, and no digit of a long one is lost).
Source: RFC 8259; NDJSON as one JSON text a line, blank lines ignored.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, Union

from shared.ground.errors import InputError
from shared.ground.tables import decode
from shared.outbound.intake.layout import Layout, lay_out
from shared.outbound.intake.lines import MAX_ROW_BYTES, Lines, row_too_long
from shared.outbound.intake.reasons import Reason
from shared.outbound.intake.rows import Rejection, RowJudge, Verdict
from shared.outbound.intake.whole import split_params
from shared.templates.parameters import by_position

Json: TypeAlias = Union[str, bool, list["Json"], dict[str, "Json"], None]  # noqa: UP007 (| needs types, not names)

NUMBER_ALONE: Final = lay_out(["phone"], ())
"""The layout of a row that is not an object: its first text."""

_WHITESPACE: Final = b" \t\r\n"
_NEVER_IN_UTF_8: Final = b"\xfe\xff"  # how UTF-16 begins
_QUOTE, _COMMA, _END = b'",]'
_CLOSED_BY: Final = {ord("["): ord("]"), ord("{"): ord("}")}
# A whole string in one step, or what there is of it; group 1 is its closing quote.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+("?)|[\[\]{},]', re.DOTALL)
_REST_OF_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+("?)', re.DOTALL)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)


def parse(text: str, where: str) -> Json:
    """*Raises*: InputError; RecursionError."""
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise malformed(f"{where} is not JSON (character {error.pos + 1})") from None
    except ValueError:
        raise malformed(f"{where} holds NaN or Infinity, which are not JSON") from None
    return value


def malformed(what: str) -> InputError:
    return InputError(
        "malformed-json",
        f"{what}: application/json is one array of objects, application/x-ndjson one object in each line.",
    )


class ObjectReader:
    """From one element to its verdict. The last layout is kept, since the objects of a file mostly share their names."""

    def __init__(self, judge: RowJudge) -> None:
        self._judge = judge
        self._placeholders = judge.template.placeholders
        self._layout = lay_out([], self._placeholders)

    def verdict(self, line: int, text: str, where: str) -> Verdict:
        """where: the subject of an error's sentence, as `Line 7`. *Raises*: InputError for what is not JSON."""
        try:
            return self._verdict(line, text, parse(text, where))
        except RecursionError:
            raise malformed(f"{where} is nested too deep") from None

    def _verdict(self, line: int, text: str, element: Json) -> Verdict:
        if not isinstance(element, dict):
            detail = 'A contact is an object, as {"phone": "+…"}: write it as one.'
            return Rejection(
                line, Reason.NOT_AN_OBJECT, detail, self._judge.guess_address(NUMBER_ALONE, _first_text(element))
            )
        if not _is_encodable(text, element):
            detail = "A value holds half a character (\\ud800 to \\udfff): write it whole."
            return Rejection(line, Reason.MALFORMED_TEXT, detail, self._guess_address(_whole_characters(element)))
        names = tuple(name.replace("\0", "") for name in element)
        if names != self._layout.names:
            self._layout = lay_out(names, self._placeholders)
        return self._object_verdict(line, self._layout, list(element.values()))

    def _guess_address(self, element: Mapping[str, Json]) -> str | None:
        layout = lay_out(list(element), self._placeholders)
        return self._judge.guess_address(layout, [_text(value) for value in element.values()])

    def _object_verdict(self, line: int, layout: Layout, values: list[Json]) -> Verdict:
        at = layout.optional.get("params")
        params = {} if at is None else _params(values[at], self._placeholders)
        texts = [values[i] for i in layout.placeholders.values()]
        if params is None or not all(value is None or isinstance(value, str) for value in texts):
            return Rejection(
                line,
                Reason.MALFORMED_PARAMETER,
                "A parameter must be a text or a number, and params a list or an object of them: no true, false or lists.",
                self._judge.guess_address(layout, [_text(value) for value in values]),
            )
        return self._judge.verdict(line, layout, [_text(value) for value in values], params)


def _is_encodable(text: str, element: Json) -> bool:
    """Whether the element can be encoded. JSON can spell half of a surrogate pair, and UTF-8 cannot."""
    if "\\u" not in text:
        return True
    try:
        json.dumps(element, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole_characters(element: Mapping[str, Json]) -> Mapping[str, Json]:
    """The members that can be encoded."""
    return {name: value for name, value in element.items() if _is_encodable("\\u", {name: value})}


def _first_text(element: Json) -> list[str]:
    """One cell: a row that is a text, or a list that begins with one, mostly begins with the number."""
    first = element[0] if isinstance(element, list) and element else element
    return [first if isinstance(first, str) and _is_encodable("\\u", first) else ""]


def _text(value: Json) -> str:
    match value:
        case str():
            return value.replace("\0", "")
        case None:
            return ""
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _params(value: Json, placeholders: tuple[str, ...]) -> Mapping[str, str] | None:
    """Parameters by placeholder; None for a value of a wrong type."""
    match value:
        case None:
            return {}
        case str():
            return by_position(split_params(_text(value)), placeholders)
        case list() if all(item is None or isinstance(item, str) for item in value):
            return by_position([_text(item) for item in value], placeholders)
        case dict() if all(item is None or isinstance(item, str) for item in value.values()):
            return {name: text for name, item in value.items() if (text := _text(item)).strip()}
        case _:
            return None


class NdjsonReader:
    """*Raises*: InputError for a line that is not JSON and for an empty file; those of Lines."""

    def __init__(self, judge: RowJudge) -> None:
        self._objects = ObjectReader(judge)
        self._lines = Lines()
        self._line = 0
        self._is_empty = True

    def feed(self, chunk: bytes) -> Iterator[Verdict]:
        return self._verdicts(self._lines.feed(chunk))

    def end(self) -> Iterator[Verdict]:
        yield from self._verdicts(self._lines.end())
        if self._is_empty:
            raise InputError("empty-file", "The file is empty: send one JSON object in each line.")

    def _verdicts(self, lines: Iterator[str]) -> Iterator[Verdict]:
        for text in lines:
            self._line += 1
            if text.strip():
                self._is_empty = False
                yield self._objects.verdict(self._line, text, f"Line {self._line}")


class ArrayReader:
    """One array, element by element: an element is read when the comma or the bracket behind it is seen.

    *Raises*: InputError for what is not one array of JSON values; TooLarge as soon as an element passes the bound.
    """

    def __init__(self, judge: RowJudge) -> None:
        self._objects = ObjectReader(judge)
        self._count = 0
        self._offset = 0  # of the next byte of the file
        self._has_begun = self._has_ended = False
        self._element = bytearray()  # without blanks before it
        self._element_offset = 0
        self._closers = bytearray()  # what must close the brackets that are open inside the element
        self._is_in_string = False
        self._skip = 0  # 1 when the chunk ended between a backslash and what it escapes

    def feed(self, chunk: bytes) -> Iterator[Verdict]:
        at = 0 if self._has_begun else self._begin(chunk)
        while at < len(chunk) and not self._has_ended:
            end = self._find_end(chunk, at)
            self._take(chunk, at, end)
            if end < len(chunk):
                yield from self._verdict(chunk[end], self._offset + end)
            at = end + 1
        if self._has_ended and (rest := chunk[at:].lstrip(_WHITESPACE)):
            raise malformed(f"Something follows the array (byte {self._offset + len(chunk) - len(rest)})")
        self._offset += len(chunk)

    def end(self) -> Iterator[Verdict]:
        if not self._has_begun:
            raise InputError("empty-file", "The file is empty: send an array of objects.")
        if not self._has_ended:
            raise malformed(f"The array does not end (byte {self._offset}); the upload may have been cut")
        return iter(())

    def _begin(self, chunk: bytes) -> int:
        """The index behind the opening bracket."""
        at = len(chunk) - len(chunk.lstrip(_WHITESPACE))
        if at < len(chunk):
            if chunk[at] in _NEVER_IN_UTF_8:
                decode(chunk[at : at + 1], self._offset + at)
            if chunk[at] != ord("["):
                raise malformed(f"The file does not begin with [ (byte {self._offset + at})")
            self._has_begun = True
        return at + 1

    def _find_end(self, chunk: bytes, at: int) -> int:
        """The index of the byte that ends the element, well-formed or not; the chunk's length if it has not come yet."""
        at, self._skip = at + self._skip, 0
        if self._is_in_string:
            rest = next(_REST_OF_STRING.finditer(chunk, at))
            if not self._closes_string(rest, chunk):
                return len(chunk)
            at = rest.end()
        for found in _STRUCTURE.finditer(chunk, at):
            byte = chunk[found.start()]
            if byte == _QUOTE:
                if not self._closes_string(found, chunk):
                    return len(chunk)
            elif byte in _CLOSED_BY:
                self._closers.append(_CLOSED_BY[byte])
            elif not self._closers or byte not in {_COMMA, self._closers[-1]}:
                return found.start()
            elif byte != _COMMA:
                self._closers.pop()
        return len(chunk)

    def _closes_string(self, found: re.Match[bytes], chunk: bytes) -> bool:
        """Whether the string ends in this chunk. If not, the next chunk has the rest."""
        self._is_in_string = not found[1]
        self._skip = int(self._is_in_string and found.end() < len(chunk))
        return bool(found[1])

    def _take(self, chunk: bytes, start: int, end: int) -> None:
        piece = chunk[start:end]
        if not self._element:
            piece = piece.lstrip(_WHITESPACE)
            self._element_offset = self._offset + end - len(piece)
        self._element += piece
        if len(self._element) > MAX_ROW_BYTES:
            raise row_too_long(f"Contact {self._count + 1}")

    def _verdict(self, terminator: int, offset: int) -> Iterator[Verdict]:
        if self._closers or terminator not in {_COMMA, _END}:
            raise malformed(f"A bracket does not fit the one that it closes (byte {offset})")
        raw, self._element = bytes(self._element), bytearray()
        self._has_ended = terminator == _END
        if raw:
            self._count += 1
            text = decode(raw, self._element_offset)
            yield self._objects.verdict(self._count, text, f"Contact {self._count} (byte {self._element_offset})")
        elif self._count or not self._has_ended:
            raise malformed(f"There is a comma too many (byte {offset})")
