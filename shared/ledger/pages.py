"""The rows of the base, packed into pages. Owns the format of a page; an admitted page never changes."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.ground.clock import from_ms, to_ms

VERSION = 1


@dataclass(frozen=True, slots=True)
class JobRow:
    """The row of one contact. own: the dialer's other columns, kept for the report."""

    address: str
    parameters: Mapping[str, str] = field(repr=False)
    priority: int = 0
    send_at: datetime | None = None
    language: str | None = None
    timezone: str | None = None
    external_contact_id: str | None = None
    own: Mapping[str, str] = field(default_factory=dict, repr=False)


def pack(rows: Sequence[JobRow]) -> bytes:
    """Shape: about 15 bytes per row with two short parameters."""
    packed = [
        [
            row.address, dict(row.parameters), row.priority, to_ms(row.send_at) if row.send_at else None,
            row.language, row.timezone, row.external_contact_id, dict(row.own),
        ]
        for row in rows
    ]  # fmt: skip
    return zlib.compress(json.dumps([VERSION, packed], separators=(",", ":"), ensure_ascii=False).encode())


def unpack(page: bytes) -> list[JobRow]:
    """The inverse of `pack`. *Raises*: ValueError for a page of another version."""
    version, packed = json.loads(zlib.decompress(page))
    if version != VERSION:
        raise ValueError(f"a page of version {version} cannot be read by this release")
    return [
        JobRow(address, parameters, priority, from_ms(at) if at is not None else None, language, timezone, contact, own)
        for address, parameters, priority, at, language, timezone, contact, own in packed
    ]
