"""Bodies: as they come in, or whole with a bound. Owns slowness and broken connections; knows no format."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from shared.ground.errors import TooLarge
from workers.web.problems import Invalid, TooSlow, UnsupportedMedia

IDLE_S = 60.0  # without a byte: whoever sends so slowly has gone
KIB = 1024


async def chunks(request: web.Request, idle_s: float = IDLE_S) -> AsyncIterator[bytes]:
    """The body, decompressed, as the network brings it; the sender waits while nobody asks.

    *Raises*: Invalid when it ends before its end; TooSlow.
    """
    while True:
        try:
            async with asyncio.timeout(idle_s):
                chunk = await request.content.readany()
        except TimeoutError:
            raise TooSlow(
                "upload-stalled", f"Nothing came for {idle_s:g} seconds: nothing was kept, send it again."
            ) from None
        except Exception as error:  # noqa: BLE001 (the library hands on whatever broke the connection or its encoding)
            raise Invalid(
                "upload-broken", f"The body broke off ({type(error).__name__}): nothing was kept, send it again."
            ) from None
        if not chunk:
            return
        yield chunk


async def whole(request: web.Request, max_bytes: int) -> bytes:
    """*Raises*: TooLarge before more than that is held; as `chunks`."""
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    async for chunk in chunks(request):
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


def media_type(request: web.Request, allowed: tuple[str, ...]) -> str:
    """The body's declared media type. *Raises*: UnsupportedMedia, which lists the accepted types."""
    if request.content_type not in allowed or "Content-Type" not in request.headers:
        raise UnsupportedMedia(
            "unsupported-media-type", f"Send {' or '.join(allowed)}, and say which in the header Content-Type."
        )
    return request.content_type


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge("body-too-large", f"The body is larger than {max_bytes // KIB} KiB: send it in parts.")
