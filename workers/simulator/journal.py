"""The journal: one JSON line per request, callback, contact's message, news and intervention, appended to a file; its
reader.

Owns the file and its format. What is in it is what the provider really did, whatever the client was told.
A line is on disk at most `FLUSH_S` after it was written, at once when somebody reads over HTTP, and at the end.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, assert_never

from workers.simulator.traffic import Outcome

InterventionKind = Literal["start", "script", "reset"]

FLUSH_S = 0.05  # at 4,000 lines/s one write of 200 lines; short beside the 1 s in which a test looks again

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request to send.

    at: epoch seconds at which the decision fell, to the microsecond.  to, sender: without the provider's decoration.
    message_id: set when accepted.  code: of the refusal.  fault: the accident that the script had for it.
    answered: the client was sent a whole answer that says truly what became of its request.
    """

    at: float
    provider: str
    account: str
    to: str
    sender: str
    template: str | None
    variables: Mapping[str, str] = field(repr=False)
    reference: str | None
    message_id: str | None
    outcome: Outcome
    code: str | None
    answered: bool
    fault: str | None


@dataclass(frozen=True, slots=True)
class CallbackRecord:
    """One attempt to tell one status. http_status: None when no answer came.  forged: its signature was wrong."""

    at: float
    provider: str
    message_id: str
    status: str
    code: str | None
    http_status: int | None
    attempt: int
    forged: bool


@dataclass(frozen=True, slots=True)
class InboundRecord:
    """One attempt to bring one message of a contact.

    sender: the contact.  to: the client's sender.  content: as `Remark.kind`.  http_status, forged: as of a callback.
    text, payload: kept, though never shown: whether a STOP was obeyed can only be judged by what was said, and nobody
    but the script and the tests has said it.
    """

    at: float
    provider: str
    message_id: str
    sender: str
    to: str
    content: str
    text: str | None = field(repr=False)
    payload: str | None = field(repr=False)
    reply_to: str | None
    http_status: int | None
    attempt: int
    forged: bool


@dataclass(frozen=True, slots=True)
class NewsRecord:
    """One attempt to tell some news. about: a template's name, a number, or the provider's word for the kind."""

    at: float
    provider: str
    about: str
    event: str
    http_status: int | None
    attempt: int


@dataclass(frozen=True, slots=True)
class HandshakeRecord:
    """The provider has asked for a challenge. passed: the client gave it, and nothing else."""

    at: float
    provider: str
    http_status: int | None
    passed: bool


@dataclass(frozen=True, slots=True)
class InterventionRecord:
    """Somebody started, reset or re-scripted the simulator: counters and lines part here."""

    at: float
    kind: InterventionKind


JournalRecord = RequestRecord | CallbackRecord | InboundRecord | NewsRecord | HandshakeRecord | InterventionRecord


def read_journal(path: Path) -> list[JournalRecord]:
    """All records, in order of writing. A last line that is still being written is left out.

    *Raises*: ValueError for any other line that is not a record.
    """
    return list(_records(path))


def since_reset(records: Sequence[JournalRecord]) -> list[JournalRecord]:
    """What came after the last reset; everything when there was none."""
    resets = [place for place, record in enumerate(records) if _is_reset(record)]
    return list(records[resets[-1] + 1 :] if resets else records)


class Journal:
    """The writing end. *Effects*: creates the file and its folder; never truncates."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: BinaryIO = path.open("ab")
        self._lines: list[str] = []

    def write(self, record: JournalRecord) -> None:
        self._lines.append(_encode(_as_json(record)))

    def flush(self) -> None:
        """*Raises*: OSError; a journal with holes would prove nothing, so the process ends."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._file.write(("\n".join(lines) + "\n").encode())
            self._file.flush()

    async def keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self.flush()

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._file.close()


def _as_json(record: JournalRecord) -> dict[str, object]:
    match record:
        case RequestRecord():
            return _request(record)
        case CallbackRecord():
            return _callback(record)
        case InboundRecord():
            return _inbound(record)
        case NewsRecord():
            return {"kind": "news", **asdict(record)}
        case HandshakeRecord():
            return {"kind": "handshake", **asdict(record)}
        case InterventionRecord():
            return {"kind": record.kind, "at": record.at}
        case _:
            assert_never(record)


def _request(record: RequestRecord) -> dict[str, object]:
    return {
        "kind": "request",
        "at": record.at,
        "provider": record.provider,
        "account": record.account,
        "to": record.to,
        "from": record.sender,
        "template": record.template,
        "variables": record.variables,
        "reference": record.reference,
        "message_id": record.message_id,
        "outcome": record.outcome,
        "code": record.code,
        "answered": record.answered,
        "fault": record.fault,
    }


def _callback(record: CallbackRecord) -> dict[str, object]:
    return {
        "kind": "callback",
        "at": record.at,
        "provider": record.provider,
        "message_id": record.message_id,
        "status": record.status,
        "code": record.code,
        "http_status": record.http_status,
        "attempt": record.attempt,
        "forged": record.forged,
    }


def _inbound(record: InboundRecord) -> dict[str, object]:
    return {
        "kind": "inbound",
        "at": record.at,
        "provider": record.provider,
        "message_id": record.message_id,
        "from": record.sender,
        "to": record.to,
        "content": record.content,
        "text": record.text,
        "payload": record.payload,
        "reply_to": record.reply_to,
        "http_status": record.http_status,
        "attempt": record.attempt,
        "forged": record.forged,
    }


def _records(path: Path) -> Iterator[JournalRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield _from_json(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: not a journal record: {error!r}") from None


def _from_json(raw: dict[str, object]) -> JournalRecord:
    """A line's own keys are the fields' names, but for `from`, which Python keeps for itself."""
    kind = raw.pop("kind")
    if kind == "request":
        outcome, sender = Outcome(str(raw.pop("outcome"))), raw.pop("from")
        return RequestRecord(**raw, outcome=outcome, sender=sender)  # type: ignore[arg-type]
    if kind == "callback":
        return CallbackRecord(**raw)  # type: ignore[arg-type]
    if kind == "inbound":
        sender = raw.pop("from")
        return InboundRecord(**raw, sender=sender)  # type: ignore[arg-type]
    if kind == "news":
        return NewsRecord(**raw)  # type: ignore[arg-type]
    if kind == "handshake":
        return HandshakeRecord(**raw)  # type: ignore[arg-type]
    return InterventionRecord(kind=kind, **raw)  # type: ignore[arg-type]


def _is_reset(record: JournalRecord) -> bool:
    return isinstance(record, InterventionRecord) and record.kind == "reset"
