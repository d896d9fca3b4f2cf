"""From a session to what is told of it. Pure."""

from datetime import timedelta
from typing import Any

from shared.conversations import saying
from shared.ground.ids import ContactId, SenderId
from shared.people.consent.model import Records
from shared.people.sessions.model import Received, Session
from shared.providers.events import Content
from shared.rules.judge import judge
from shared.rules.question import ReplyQuestion
from shared.rules.verdict import Allowed
from shared.rules.window import free_form_until
from workers.web.sessions.schemas import LocationView, MediumView, ReceivedView, SessionView, WindowView


def session_view(
    sender: SenderId, contact: ContactId, session: Session, records: Records, margin: timedelta
) -> SessionView:
    """records: the contact's consents, by field. margin: before the window's end, in which nothing is taken any more."""
    return SessionView(
        **dict(window_view(session, records, margin)),
        sender=sender,
        contact_id=contact,
        messages=[_received(one) for one in session.messages] if session.is_open else [],
    )


def window_view(session: Session, records: Records, margin: timedelta) -> WindowView:
    expires_at = session.expires_at if session.is_open else None
    verdict = judge(ReplyQuestion(records, session, margin))
    reason = None if isinstance(verdict, Allowed) else verdict.reason.value
    return WindowView(
        open=session.is_open,
        expires_at=expires_at,
        seconds_left=None if expires_at is None else round((expires_at - session.asked_at).total_seconds(), 1),
        may_reply=reason is None,
        reply_until=free_form_until(session, margin) if session.is_open else None,
        reason=reason,
        last_inbound_at=session.last_inbound_at,
    )


def _received(message: Received) -> ReceivedView:
    return ReceivedView(at=message.at, **said_fields(saying.from_json(message.body)))


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
