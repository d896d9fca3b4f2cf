"""Intake: the gate that a base of contacts passes. Every row gets a verdict: a `Row`, or a `Rejection` that says why.

Owns reading and judging; not duplicates (the ledger decides), not consent, not what is stored.

Decision: each format is a synchronous machine (`feed` a chunk, then `end`) that yields verdicts as it goes; only
`read_rows` awaits. Whatever the size of the file, what is held is one chunk and one row of at most 64 KiB. The cost: the
end of a row is found by us, in CSV as in JSON, because the standard parsers cannot be suspended in the middle of one.

A fault of the file, and not of one row, is an InputError out of the iterator: the caller undoes what it has staged.
The bytes alone decide verdicts and errors, not how they were cut into chunks.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, Protocol

from shared.ground.errors import InputError
from shared.outbound.intake.csv_rows import CsvReader
from shared.outbound.intake.json_rows import ArrayReader, NdjsonReader
from shared.outbound.intake.lines import MAX_ROW_BYTES
from shared.outbound.intake.reasons import Reason
from shared.outbound.intake.rows import OptInClaim, Rejection, Row, RowJudge, Verdict
from shared.templates.model import Template

__all__ = [
    "MAX_ROW_BYTES",
    "MEDIA_TYPES",
    "OptInClaim",
    "Reason",
    "Rejection",
    "Row",
    "Verdict",
    "read_rows",
]

MEDIA_TYPES: Final = ("text/csv", "application/x-ndjson", "application/json")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Reader(Protocol):
    def feed(self, chunk: bytes) -> Iterator[Verdict]: ...

    def end(self) -> Iterator[Verdict]: ...


async def read_rows(
    chunks: AsyncIterator[bytes],
    media_type: str,
    template: Template,
    region: str | None,
    timezone: str = "UTC",
    siblings: Sequence[Template] = (),
) -> AsyncIterator[Row | Rejection]:
    """The verdicts, in the file's order, while the file comes in.

    media_type: one of MEDIA_TYPES, with or without parameters.  region: for numbers without `+`.
    timezone: the campaign's, for instants without an offset in rows without a zone of their own.
    siblings: every template of the sender, for rows that hold a rendered text.
    *Raises*: InputError, or TooLarge, for a file that cannot be read on; verdicts given before it are then void.
    """
    reader = _reader(media_type, RowJudge(template, region, timezone, siblings))
    async for chunk in _without_byte_order_mark(chunks):
        for verdict in reader.feed(chunk):
            yield verdict
    for verdict in reader.end():
        yield verdict


def _reader(media_type: str, judge: RowJudge) -> _Reader:
    name, _, parameters = media_type.partition(";")
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        raise InputError("not-utf-8", "The file is announced in another encoding: send it as UTF-8.")
    match name.strip().lower():
        case "text/csv":
            return CsvReader(judge)
        case "application/x-ndjson":
            return NdjsonReader(judge)
        case "application/json":
            return ArrayReader(judge)
        case _:
            raise InputError(
                "unsupported-media-type",
                f"A base of contacts is {', '.join(MEDIA_TYPES[:-1])} or {MEDIA_TYPES[-1]}: say which in Content-Type.",
            )


async def _without_byte_order_mark(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    head: bytes | None = b""
    async for chunk in chunks:
        if head is None:
            yield chunk
        elif len(head + chunk) < len(_BYTE_ORDER_MARK):
            head += chunk
        else:
            yield (head + chunk).removeprefix(_BYTE_ORDER_MARK)
            head = None
    if head:
        yield head
