"""Intake: reads a base of contacts. Every row gets a verdict: a `Row`, or a `Rejection` with its reason.

Owns reading and judging. Duplicates are the ledger's, consent is `people`'s, staging is `staging`'s.

Decision: each format is a synchronous machine (`feed` a chunk, then `end`) that yields verdicts as it goes; only
`read_rows` awaits. So memory holds one chunk and one row of at most 64 KiB, whatever the size of the file. The cost: our
own code finds the end of a row, in CSV and in JSON, because the standard parsers cannot be suspended inside a row.

A fault of the whole file is an InputError out of the iterator, and the caller discards the pages that it staged.
Verdicts and errors depend on the bytes alone, not on the chunks in which they came.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, Protocol

from shared.ground.errors import InputError
from shared.ground.tables import BYTE_ORDER_MARK
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
    """Yield verdicts in the file's order while the file comes in.

    media_type: one of MEDIA_TYPES, with or without parameters.  region: for numbers without `+`.
    timezone: the campaign's, for instants without an offset in rows without a zone of their own.
    siblings: every template of the sender, for rows that hold a rendered text.
    *Raises*: InputError, or TooLarge, for a file that cannot be read on; verdicts before it are void then.
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
        elif len(head + chunk) < len(BYTE_ORDER_MARK):
            head += chunk
        else:
            yield (head + chunk).removeprefix(BYTE_ORDER_MARK)
            head = None
    if head:
        yield head
