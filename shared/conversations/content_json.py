"""Contents of messages as JSON and as a line to read: one form for sessions, threads, events and the API. Pure."""

import json

from shared.providers.events import Content, ContentKind, IncomingMedia, Location

VERSION = 1


def to_json(content: Content) -> str:
    """*Shape*: `{"v", "kind", "text"?, "payload"?, "media"?: [{mime_type, url?, media_id?, filename?}], "location"?}`."""
    fields: dict[str, object] = {"v": VERSION, "kind": content.kind.value}
    if content.text:
        fields["text"] = content.text
    if content.payload is not None:
        fields["payload"] = content.payload
    if content.media:
        fields["media"] = [_medium(one) for one in content.media]
    if content.location is not None:
        place = content.location
        fields["location"] = {
            "latitude": place.latitude, "longitude": place.longitude, "name": place.name, "address": place.address,
        }  # fmt: skip
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def _medium(one: IncomingMedia) -> dict[str, str]:
    fields = {"mime_type": one.mime_type, "url": one.url, "media_id": one.media_id, "filename": one.filename}
    return {name: value for name, value in fields.items() if value}


def from_json(text: str) -> Content:
    """The inverse of `to_json`."""
    fields = json.loads(text)
    place = fields.get("location")
    return Content(
        ContentKind(fields["kind"]),
        fields.get("text", ""),
        fields.get("payload"),
        tuple(IncomingMedia(**one) for one in fields.get("media", ())),
        Location(**place) if place else None,
    )


def line_of(content: Content) -> str:
    """One line for a report: the text, or what it is.

    >>> line_of(Content(ContentKind.IMAGE)), line_of(Content(ContentKind.TEXT, "yes"))
    ('[image]', 'yes')
    """
    return content.text or f"[{content.kind.value}]"
