"""From bytes to lines of text, one at a time, with a limit on a line's length.

Owns line ends, UTF-8 and the limit. A CSV row may hold several lines, which is `csv_rows`' matter.
"""

from collections.abc import Iterator

from shared.ground.errors import TooLarge
from shared.ground.tables import decode

MAX_ROW_BYTES = 64 * 1024  # hundreds of times a long row; a longer one is another file type, or an open quote


class Lines:
    r"""`\n`, `\r\n` and `\r` end a line. Lines keep their ends and lose their NULs.

    *Raises*: TooLarge as soon as a line passes the bound, whole or not; InputError for what is not UTF-8.
    """

    def __init__(self) -> None:
        self._tail = bytearray()  # the line that has not ended yet
        self._offset = 0  # of its first byte
        self._number = 1

    def feed(self, chunk: bytes) -> Iterator[str]:
        self._tail += chunk
        if b"\n" in chunk or b"\r" in self._tail[-len(chunk) - 1 :]:
            lines = bytes(self._tail).splitlines(keepends=True)
            # A last \r may be the first half of \r\n: it ends nothing before the next byte is seen.
            self._tail = bytearray(b"" if lines[-1].endswith(b"\n") else lines.pop())
            yield from map(self._text, lines)
        self._refuse_long(self._tail)

    def end(self) -> Iterator[str]:
        if self._tail:
            yield self._text(bytes(self._tail))
            self._tail.clear()

    def _text(self, line: bytes) -> str:
        self._refuse_long(line)
        text = decode(line, self._offset)
        self._offset += len(line)
        self._number += 1
        return text

    def _refuse_long(self, line: bytes | bytearray) -> None:
        if len(line) > MAX_ROW_BYTES and len(line.rstrip(b"\r\n")) > MAX_ROW_BYTES:
            raise row_too_long(f"Line {self._number}")


def row_too_long(where: str) -> TooLarge:
    """where: the subject of the sentence, as `Line 7` or `Contact 7`."""
    return TooLarge(
        "row-too-long",
        f"{where} is longer than {MAX_ROW_BYTES // 1024} KiB: check that every quote is closed and that each contact "
        "is a row of its own.",
    )
