"""The journal's format: one JSON line for each request, status, contact's message, news, handshake and intervention.

Owns the records, their JSON and the reader; `journal_writer` appends them to the file. A record states the provider's
real outcome, whatever response the client got.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import Literal

from workers.simulator.traffic import Outcome

InterventionKind = Literal["start", "script", "reset"]


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request to send.

    at: epoch seconds of the decision, to the microsecond.  to, sender: without the provider's prefix.
    message_id: set if accepted.  code: of the refusal.  fault: the script's fault for this request.
    answered: the client was sent a complete response that states the real outcome.
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
    """One attempt to report one status. http_status: None if no response came.  forged: the signature was wrong."""

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

    sender: the contact.  to: the client's sender.  content: as `InboundContent.kind`.  http_status, forged: as above.
    text, payload: kept, so that a test can judge whether a STOP was obeyed; they come from the script, from no person.
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
    """One attempt to report news. about: a template's name, a number, or the provider's word for the kind of news."""

    at: float
    provider: str
    about: str
    event: str
    http_status: int | None
    attempt: int


@dataclass(frozen=True, slots=True)
class HandshakeRecord:
    """One handshake. passed: the response was the challenge and nothing else."""

    at: float
    provider: str
    http_status: int | None
    passed: bool


@dataclass(frozen=True, slots=True)
class InterventionRecord:
    """The simulator was started, reset, or given another script. After a reset, counters and lines differ."""

    at: float
    kind: InterventionKind


JournalRecord = RequestRecord | CallbackRecord | InboundRecord | NewsRecord | HandshakeRecord | InterventionRecord

_KINDS: Mapping[str, type[JournalRecord]] = {
    "request": RequestRecord,
    "callback": CallbackRecord,
    "inbound": InboundRecord,
    "news": NewsRecord,
    "handshake": HandshakeRecord,
}
_NAMES = {type_: kind for kind, type_ in _KINDS.items()}
_KEYS = {"sender": "from"}  # a field's key in JSON, where it differs: `from` is a word of Python's
_JSON_KEYS = {type_: ("kind", *(_KEYS.get(one.name, one.name) for one in fields(type_))) for type_ in _NAMES}
_VALUES = {type_: attrgetter(*(one.name for one in fields(type_))) for type_ in _NAMES}  # faster than `asdict`


def encode_record(record: JournalRecord) -> dict[str, object]:
    """The record as a JSON object: its kind, then its fields in order."""
    if isinstance(record, InterventionRecord):
        return {"kind": record.kind, "at": record.at}
    kind = type(record)
    return dict(zip(_JSON_KEYS[kind], (_NAMES[kind], *_VALUES[kind](record)), strict=True))


def read_journal(path: Path) -> list[JournalRecord]:
    """All records, in order of writing, without a last line that is still being written.

    *Raises*: ValueError for any other line that is not a record.
    """
    return list(_iterate_records(path))


def _iterate_records(path: Path) -> Iterator[JournalRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield _decode_record(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: not a journal record: {error!r}") from None


def _decode_record(raw: dict[str, object]) -> JournalRecord:
    kind = str(raw.pop("kind"))
    if kind not in _KINDS:
        return InterventionRecord(kind=kind, **raw)  # type: ignore[arg-type]  # a missing or strange field raises
    for name, key in _KEYS.items():
        if key in raw:
            raw[name] = raw.pop(key)
    if "outcome" in raw:
        raw["outcome"] = Outcome(str(raw["outcome"]))
    return _KINDS[kind](**raw)  # type: ignore[arg-type]  # a missing or strange field raises
