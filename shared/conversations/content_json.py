"""Contents of messages as JSON and as a line to read: one form for sessions, threads, events and the API. Pure.

Reading is lenient: one odd entry, of an earlier release or a later one, must not make its whole thread unreadable.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from shared.providers.events import (
    Content,
    ContentKind,
    IncomingMedia,
    Location,
    Order,
    OrderItem,
    Payment,
    Referral,
)

VERSION = 1

# ── to JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_json(content: Content) -> str:
    """*Shape*: `{"v", "kind", "text"?, "payload"?, "media"?: [{mime_type, url?, media_id?, filename?}], "location"?,
    "order"?: {catalog, items: [{product, quantity, price, currency}], note}, "payment"?, "referral"?, "changes"?}`.
    """
    fields: dict[str, object] = {"v": VERSION, "kind": content.kind.value}
    if content.text:
        fields["text"] = content.text
    if content.media:
        fields["media"] = [_without_none(asdict(one)) for one in content.media]
    parts = {
        "payload": content.payload,
        "changes": content.changes,
        "location": None if content.location is None else asdict(content.location),
        "order": None if content.order is None else asdict(content.order),
        "payment": None if content.payment is None else asdict(content.payment),
        "referral": None if content.referral is None else asdict(content.referral),
    }
    return json.dumps(fields | _without_none(parts), separators=(",", ":"), ensure_ascii=False)


def _without_none(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


# ── from JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────


def from_json(text: str) -> Content:
    """The inverse of `to_json`. Total: what cannot be read is left out, and an unknown kind is UNKNOWN.

    >>> from_json('{"kind":"hologram","text":"x"}').kind, from_json("").kind
    (<ContentKind.UNKNOWN: 'unknown'>, <ContentKind.UNKNOWN: 'unknown'>)
    """
    fields = _load(text)
    kind, texts = fields.get("kind"), _texts(fields, "text", "payload", "changes")
    return Content(
        ContentKind(kind) if isinstance(kind, str) and kind in set(ContentKind) else ContentKind.UNKNOWN,
        texts.get("text", ""),
        texts.get("payload"),
        tuple(
            IncomingMedia(**_texts(one, "mime_type", "url", "media_id", "filename"))
            for one in _objects(fields, "media")
        ),
        _read_location(fields.get("location")),
        _read_order(fields.get("order")),
        _read_payment(fields.get("payment")),
        _read_referral(fields.get("referral")),
        texts.get("changes"),
    )


def _load(text: str) -> Mapping[str, object]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _objects(fields: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = fields.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _texts(fields: Mapping[str, object], *names: str) -> dict[str, str]:
    """Those of these fields that are texts."""
    return {name: value for name in names if isinstance(value := fields.get(name), str)}


def _read_location(stored: object) -> Location | None:
    if not isinstance(stored, dict):
        return None
    latitude, longitude = stored.get("latitude"), stored.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return Location(float(latitude), float(longitude), **_texts(stored, "name", "address"))


def _read_order(stored: object) -> Order | None:
    if not isinstance(stored, dict):
        return None
    items = [_read_item(one) for one in _objects(stored, "items")]
    return Order(items=tuple(items), **_texts(stored, "catalog", "note"))


def _read_item(stored: Mapping[str, object]) -> OrderItem:
    texts, quantity = _texts(stored, "product", "price", "currency"), stored.get("quantity")
    return OrderItem(
        texts.get("product", ""),
        quantity if isinstance(quantity, int) else 1,
        texts.get("price", ""),
        texts.get("currency", ""),
    )


def _read_payment(stored: object) -> Payment | None:
    if not isinstance(stored, dict):
        return None
    return Payment(**_texts(stored, "reference", "state", "amount", "currency"))


def _read_referral(stored: object) -> Referral | None:
    if not isinstance(stored, dict):
        return None
    return Referral(**_texts(stored, "source", "source_id", "url", "headline", "body", "click_id"))


# ── a line ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def line_of(content: Content) -> str:
    """One line for a report: the text, or what it is.

    >>> line_of(Content(ContentKind.IMAGE)), line_of(Content(ContentKind.TEXT, "yes"))
    ('[image]', 'yes')
    """
    return content.text or f"[{content.kind.value}]"
