"""Files that are sent while they come. Owns what a file is called, and the end of one that cannot be finished.

Source: RFC 6266 for names.
"""

from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import web
from structlog.stdlib import BoundLogger, get_logger

from workers.web.problems import request_id

CSV = "text/csv"
NDJSON = "application/x-ndjson"
ANY = "*/*"  # whatever somebody else's file is
MAX_NAME_CHARACTERS = 150
BLOCK_CHARACTERS = 64 * 1024  # sent together

log: BoundLogger = get_logger(__name__)


async def send_file(request: web.Request, media_type: str, name: str, pieces: AsyncIterator[str]) -> web.StreamResponse:
    """Nothing is sent before the first piece is there, so that what is wrong from the start is still a problem.

    What goes wrong later breaks the connection: a file that looks whole and is not would be worse.
    """
    first = await anext(pieces, "")
    response = web.StreamResponse(headers={"Content-Disposition": attachment(name)})
    response.content_type, response.charset = media_type, "utf-8"
    return await send(request, response, _blocks(first, pieces))


async def send(request: web.Request, response: web.StreamResponse, blocks: AsyncIterator[bytes]) -> web.StreamResponse:
    """The body as it comes; the connection breaks where that does."""
    await response.prepare(request)
    try:
        async for block in blocks:
            await response.write(block)
    except ConnectionError:
        raise  # the reader has gone
    except Exception as error:
        log.warning("file_not_finished", request=request_id(request), kind=type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the file could not be finished") from error
    await response.write_eof()
    return response


def attachment(name: str) -> str:
    r"""Content-Disposition of a file to be kept, not shown. name: whatever somebody called it.

    >>> print(attachment("año.pdf"))
    attachment; filename="a_o.pdf"; filename*=UTF-8''a%C3%B1o.pdf
    >>> attachment('a/b\r\n".pdf'), attachment("..")
    ('attachment; filename="ab.pdf"', 'attachment; filename="file"')
    """
    bare = "".join(sign for sign in name if sign.isprintable() and sign not in r'\/:*?"<>|%')[-MAX_NAME_CHARACTERS:]
    bare = bare.strip(" .") or "file"
    plain = bare.encode("ascii", "replace").decode().replace("?", "_")
    extended = "" if plain == bare else f"; filename*=UTF-8''{quote(bare, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


async def _blocks(first: str, pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """The first at once, then pieces together, so that a line is not a packet."""
    yield first.encode()
    held, size = [], 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK_CHARACTERS:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()
