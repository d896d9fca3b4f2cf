"""The provider of every contestant: Twilio's answer to a message, and a memory of who was written to when.

`python -m tests.benchmarks.provider` prints its port as JSON and answers until it is ended. A raw protocol on uvloop:
17-25 µs of processor time a request, of which a third is the kernel's. It knows neither credentials nor templates.
Control address: `POST /_bench/reset` (`?statuses=1`: tell each message's statuses), `GET /_bench/count`,
`GET /_bench/summary`, `GET /_bench/texts`.
"""

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qs

import uvloop

from tests.benchmarks.statuses import Statuses

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
MESSAGES = b"/Messages.json"
CONTROL = "/_bench/"
ANSWER = (
    '{"account_sid": "AC00000000000000000000000000000001", "api_version": "2010-04-01", "body": "", "date_created": '
    '"Sat, 28 Nov 2026 12:00:00 +0000", "date_sent": null, "date_updated": "Sat, 28 Nov 2026 12:00:00 +0000", '
    '"direction": "outbound-api", "error_code": null, "error_message": null, "from": "whatsapp:+14155550100", '
    '"messaging_service_sid": null, "num_media": "0", "num_segments": "1", "price": null, "price_unit": null, "sid": '
    '"%s", "status": "queued", "to": "%s", "uri": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/'
    '%s.json"}'
)  # as long as Twilio's own
CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


@dataclass(slots=True)
class Memory:
    """accepted: (epoch seconds, the body as it came), in order. Forms are read when somebody asks, not when they come."""

    accepted: list[tuple[float, bytes]] = field(default_factory=list)
    processor_s: float = field(default_factory=time.process_time)

    def count(self) -> dict[str, float]:
        """So far. processor_s: of this process, since the reset."""
        at = [instant for instant, _ in self.accepted[:1] + self.accepted[-1:]] or [0.0]
        spent_s = time.process_time() - self.processor_s
        return {"requests": len(self.accepted), "processor_s": spent_s, "first_at": at[0], "last_at": at[-1]}

    def texts(self) -> dict[str, float]:
        """Messages in free form: text → epoch seconds."""
        free = ((at, body) for at, body in self.accepted if b"&Body=" in body)
        return {parse_qs(body.decode("ascii", "replace"))["Body"][0]: at for at, body in free}

    def summary(self) -> dict[str, object]:
        """senders: address → requests, contacts written to again, the fullest second, and when it began and ended."""
        instants, contacts = defaultdict[str, list[float]](list), defaultdict[str, Counter[str]](Counter)
        for at, body in self.accepted:
            fields = parse_qs(body.decode("ascii", "replace"))
            sender, contact = (fields.get(name, [""])[0].removeprefix("whatsapp:") for name in ("From", "To"))
            instants[sender].append(at)
            contacts[sender][contact] += 1
        senders = {name: _sender_summary(at, contacts[name]) for name, at in instants.items()}
        return {**self.count(), "senders": senders, "duplicates": sum(int(one["again"]) for one in senders.values())}


def _sender_summary(at: list[float], contacts: Mapping[str, int]) -> dict[str, float]:
    return {
        "requests": len(at),
        "again": len(at) - len(contacts),
        "fullest_second": fullest_second(at),
        "steady_rate": steady_rate(at),
        "first_at": at[0],
        "last_at": at[-1],
    }


def fullest_second(instants: Iterable[float]) -> int:
    """The most in any second at all, wherever it begins. instants: seconds, in order; a second apart is not within one."""
    at, most, first = list(instants), 0, 0
    for last, instant in enumerate(at):
        while at[first] <= instant - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def steady_rate(instants: Iterable[float], ramp_s: float = 1.0) -> float:
    """A second, without the first and the last second, where there is not yet, or no longer, enough work. 0: too short."""
    at = list(instants)
    begin, end = at[0] + ramp_s, at[-1] - ramp_s
    return sum(begin <= instant < end for instant in at) / (end - begin) if end > begin else 0.0


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as far as clients of a provider use it: no chunks, no upgrades."""

    def __init__(self, answer: Callable[[bytes, bytes], bytes]) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's inherits from none of asyncio's

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        while (end := buffer.find(HEAD_END)) >= 0:
            head = buffer[:end]
            length = LENGTH.search(head)
            whole = end + len(HEAD_END) + (int(length[1]) if length else 0)
            if len(buffer) < whole:
                break
            self._transport.write(self._answer(head, buffer[end + len(HEAD_END) : whole]))
            buffer = buffer[whole:]
        self._buffer = buffer


class Provider:
    """Answers messages, and whoever asks about them."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._statuses: Statuses | None = None

    def answer(self, head: bytes, body: bytes) -> bytes:
        target = head[: head.find(b"\r\n")].split(b" ")[1]
        if target.endswith(MESSAGES):
            return self._accept(body)
        path, _, query = target.decode("ascii", "replace").partition("?")
        if path.startswith(CONTROL):
            return self._control(path.removeprefix(CONTROL), query)
        return respond(HTTPStatus.NOT_IMPLEMENTED, {"message": "messages only", "status": 501})

    def _accept(self, body: bytes) -> bytes:
        memory = self._memory.accepted
        memory.append((time.time(), body))
        sid = f"SM{len(memory):032x}"
        to = body[: body.find(b"&")].removeprefix(b"To=").replace(b"%3A", b":").replace(b"%2B", b"+").decode("ascii")
        if self._statuses is not None:
            self._statuses.tell(sid, body)
        content = (ANSWER % (sid, to, sid)).encode("ascii")
        return CREATED % (len(content), content)

    def _control(self, word: str, query: str) -> bytes:
        if word == "reset":
            self._memory = Memory()
            if self._statuses is not None:
                self._statuses.close()
            self._statuses = Statuses() if "statuses=1" in query else None
            return respond(HTTPStatus.OK, {})
        if word == "texts":
            return respond(HTTPStatus.OK, self._memory.texts())
        return respond(HTTPStatus.OK, self._memory.summary() if word == "summary" else self._memory.count())


def respond(status: HTTPStatus, value: Mapping[str, object]) -> bytes:
    content = json.dumps(value).encode()
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


async def listen() -> asyncio.Server:
    """On a free port, for as long as the server lives."""
    provider = Provider()
    return await asyncio.get_running_loop().create_server(lambda: Connection(provider.answer), "127.0.0.1", 0)


async def _main() -> None:
    server = await listen()
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
