"""From a session to what is told of it. Pure."""

from typing import Any

from shared.conversations import content_json
from shared.conversations.windows import Window
from shared.ground.ids import ContactId, SenderId
from shared.people.sessions.model import Received
from shared.providers.events import Content
from workers.web.sessions.schemas import LocationView, MediumView, ReceivedView, SessionView, WindowView


def session_view(sender: SenderId, contact: ContactId, window: Window) -> SessionView:
    return SessionView(
        **dict(window_view(window)),
        sender=sender,
        contact_id=contact,
        messages=[_received(one) for one in window.messages],
    )


def window_view(window: Window) -> WindowView:
    return WindowView(
        open=window.is_open,
        expires_at=window.expires_at,
        seconds_left=None if window.left is None else round(window.left.total_seconds(), 1),
        may_reply=window.may_reply,
        reply_until=window.reply_until,
        reason=None if window.reason is None else window.reason.value,
        last_inbound_at=window.last_inbound_at,
    )


def _received(message: Received) -> ReceivedView:
    return ReceivedView(at=message.at, **said_fields(content_json.from_json(message.body)))


def said_fields(content: Content) -> dict[str, Any]:
    """Of a view of something said."""
    place = content.location
    return {
        "kind": content.kind,
        "text": content.text or None,
        "payload": content.payload,
        "media": [
            MediumView(mime_type=one.mime_type, url=one.url, media_id=one.media_id, filename=one.filename)
            for one in content.media
        ]
        or None,
        "location": None
        if place is None
        else LocationView(latitude=place.latitude, longitude=place.longitude, name=place.name, address=place.address),
    }
