"""Files that are sent while they are made. Owns CSV's form and the end of a file that cannot be finished.

Decision: a cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line break) gets an
apostrophe in front, unless it is a number: +E.164 and plain decimals do nothing in a spreadsheet but lose their plus,
and readers of the file want them as they are. Whoever needs every byte takes the NDJSON.
Source: RFC 4180; OWASP, CSV injection.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from structlog.stdlib import BoundLogger, get_logger

from workers.web.problems import request_id

CSV = "text/csv"
NDJSON = "application/x-ndjson"
BLOCK_CHARACTERS = 64 * 1024  # sent together

_FORMULA = re.compile(r"\s*[=+\-@]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")

log: BoundLogger = get_logger(__name__)


def csv_line(cells: Sequence[str]) -> str:
    r"""One row, with its end.

    >>> csv_line(["+14155550123", "=1+1", "-2.5"])
    "+14155550123,'=1+1,-2.5\r\n"
    """
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


async def send_file(request: web.Request, media_type: str, name: str, pieces: AsyncIterator[str]) -> web.StreamResponse:
    """Nothing is sent before the first piece is there, so that what is wrong from the start is still a problem.

    What goes wrong later breaks the connection: a file that looks whole and is not would be worse.
    """
    first = await anext(pieces, "")
    response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
    response.content_type, response.charset = media_type, "utf-8"
    await response.prepare(request)
    try:
        await response.write(first.encode())
        async for block in _blocks(pieces):
            await response.write(block.encode())
    except ConnectionError:
        raise  # the reader has gone
    except Exception as error:
        log.warning("file_not_finished", request=request_id(request), kind=type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the file could not be finished") from error
    await response.write_eof()
    return response


async def _blocks(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """Pieces together, so that a line is not a packet."""
    held, size = [], 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK_CHARACTERS:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)
