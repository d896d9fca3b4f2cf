"""A fast HTTP/1.1 client for webhooks: POST only, with kept connections. Owns connections; not signatures, not retries.

Decision: not aiohttp's client. Measured on one core, a webhook costs 55 µs here and 200 µs there; a message has three,
and in a benchmark the simulator shares two cores with the system under test. The cost: no redirects, no cookies, no
proxies, no compressed responses, none of which a provider uses to call a webhook.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

# Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (ct, tt)
CONNECT_S, TOTAL_S = 5.0, 15.0

_PORTS = {"http": 80, "https": 443}
_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class PostResult:
    """http_status, or else a failure: `ct` no connection or a broken one, `rt` no response in time."""

    http_status: int | None
    failure: Literal["ct", "rt"] | None = None


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def is_usable(self) -> bool:
        return not (self.reader.at_eof() or self.writer.is_closing())


class HttpClient:
    """Opens as many connections as there are concurrent calls; the caller bounds the calls."""

    def __init__(self, total_s: float = TOTAL_S) -> None:
        self._total_s = total_s
        self._idle: defaultdict[_Origin, list[_Connection]] = defaultdict(list)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, within_s: float | None = None
    ) -> PostResult:
        """*Raises*: nothing: every failure is a result. url: absolute, ASCII; sent byte for byte."""
        try:
            async with asyncio.timeout(self._total_s if within_s is None else within_s):
                return PostResult(await self._post(url, headers, body))
        except TimeoutError:
            return PostResult(None, "rt")
        except (OSError, EOFError, ValueError, LookupError, asyncio.LimitOverrunError):
            return PostResult(None, "ct")

    def close(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.writer.close()
        self._idle.clear()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        origin, head = _build_head(url, headers, body)
        connection = await self._connect(origin)
        try:
            connection.writer.write(head + body)
            status, may_stay = await _read_response(connection.reader)
        except BaseException:
            connection.writer.close()
            raise
        if may_stay:
            self._idle[origin].append(connection)
        else:
            connection.writer.close()
        return status

    async def _connect(self, origin: _Origin) -> _Connection:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_usable():
                return connection
            connection.writer.close()
        tls = True if origin.scheme == "https" else None
        try:
            async with asyncio.timeout(CONNECT_S):
                return _Connection(*await asyncio.open_connection(origin.host, origin.port, ssl=tls))
        except TimeoutError:
            raise ConnectionError from None


def _build_head(url: str, headers: Mapping[str, str], body: bytes) -> tuple[_Origin, bytes]:
    parts = urlsplit(url)
    origin = _Origin(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    host = parts.netloc.rpartition("@")[2]
    head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
    return origin, head.encode("ascii")


async def _read_response(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, and whether the connection may be kept. *Raises*: EOFError, ValueError, LimitOverrunError."""
    start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, code = start.split(" ", 2)[:2]
    headers = {
        name.strip().lower(): value.strip().lower() for name, _, value in (line.partition(":") for line in lines)
    }
    may_stay = version == "HTTP/1.1" and headers.get("connection") != "close"
    status = int(code)
    if status in _BODILESS:
        return status, may_stay
    if headers.get("transfer-encoding") == "chunked":
        await _skip_chunks(reader)
    elif "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    else:
        may_stay = False  # the end of the connection ends the body, and the body is not needed
    return status, may_stay


async def _skip_chunks(reader: asyncio.StreamReader) -> None:
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        await reader.readexactly(size + 2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
