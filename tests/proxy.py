"""A TCP proxy that harms connections as a network does: a reset, an end, a half-close, silence, no new connection.

Owns the bytes between a client and one server on this machine. It runs in a thread of its own, so that a busy test does
not slow the connections down.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER for 0 s: the kernel sends a reset in place of an orderly end
SECONDS = 10.0


class _Link:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server

    def reset(self) -> None:
        for side in (self.client, self.server):
            connection: socket.socket = side.get_extra_info("socket")
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            side.transport.abort()

    def close(self) -> None:
        for side in (self.client, self.server):
            side.transport.abort()

    def half_close(self) -> None:
        """The client reads an end; what it writes is still taken, and goes nowhere."""
        with suppress(OSError):
            self.client.write_eof()


class Proxy:
    """`with Proxy(port) as proxy`: `proxy.port` leads to the server's port. Its methods may be called from any thread."""

    def __init__(self, server_port: int, port: int = 0) -> None:
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._links: set[_Link] = set()
        self._flowing = asyncio.Event()
        self._refusing = False
        self._server: asyncio.Server | None = None
        self.port = port
        self.accepted = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    # ── harm ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def reset(self) -> int:
        """Every connection ends with a TCP reset. The number of them."""
        return self._do(lambda: self._end(_Link.reset))

    def close(self) -> int:
        """Every connection ends in order, with a FIN."""
        return self._do(lambda: self._end(_Link.close))

    def half_close(self) -> int:
        """Every client reads an end; its own direction stays open."""
        return self._do(lambda: self._end(_Link.half_close))

    def stall(self) -> int:
        """No byte passes any more, in either direction, and no connection ends; a new one is accepted and silent."""
        return self._do(self._flowing.clear)

    def lose(self) -> int:
        """The present connections are half-open: silent for good, as behind a firewall that forgot them. New ones pass."""
        return self._do(self._lose)

    def flow(self) -> int:
        """Bytes pass again."""
        return self._do(self._flowing.set)

    def refuse(self, *, refusing: bool) -> int:
        """Whether new connections are reset at once."""

        def change() -> None:
            self._refusing = refusing

        return self._do(change)

    def lead_to(self, server_port: int) -> int:
        """New connections lead to another server: a failover."""

        def change() -> None:
            self._server_port = server_port

        return self._do(change)

    def _do(self, change: Callable[[], None]) -> int:
        async def on_loop() -> int:
            count = len(self._links)
            change()
            return count

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(SECONDS)

    def _end(self, end: Callable[[_Link], None]) -> None:
        for link in list(self._links):
            end(link)

    def _lose(self) -> None:
        """Each direction waits for the event that it began with: the old one never comes again."""
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    # ── the bytes ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._end(_Link.reset)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        flowing = self._flowing
        try:
            if self._refusing:
                raise ConnectionRefusedError
            from_server, to_server = await asyncio.open_connection(HOST, self._server_port)
        except OSError:
            _Link(writer, writer).reset()
            return
        link = _Link(writer, to_server)
        self._links.add(link)
        try:
            await asyncio.gather(
                _pump(reader, to_server, flowing), _pump(from_server, writer, flowing), return_exceptions=True
            )
        except asyncio.CancelledError:
            return  # the proxy ends; asyncio's server would write a traceback for each connection
        finally:
            self._links.discard(link)
            link.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
    """Until one side ends; then the other reads an end too."""
    with suppress(OSError, RuntimeError):
        while chunk := await reader.read(CHUNK_BYTES):
            await flowing.wait()
            writer.write(chunk)
            await writer.drain()
        await flowing.wait()
        writer.write_eof()
