"""Answers about sessions and contacts' messages. Owns names."""

from datetime import datetime

from pydantic import Field

from shared.providers.events import ContentKind
from workers.web.api import View


class MediumView(View):
    mime_type: str
    url: str | None = Field(None, description="The provider's; some ask for its credentials.")
    media_id: str | None = None
    filename: str | None = None


class LocationView(View):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class SaidView(View):
    """Something that a contact said."""

    kind: ContentKind
    text: str | None = Field(None, description="What can be read: a text, a caption, a button's title, an emoji.")
    payload: str | None = Field(None, description="Of a button or a choice.")
    media: list[MediumView] | None = None
    location: LocationView | None = None


class ReceivedView(SaidView):
    at: datetime


class WindowView(View):
    """expires_at, seconds_left: by the state store's clock."""

    open: bool
    expires_at: datetime | None = Field(description="24 hours after the contact's last message; null when closed.")
    seconds_left: float | None = Field(description="Until expires_at, when the session's key goes.")
    may_reply: bool = Field(description="Whether a reply would be taken now.")
    reply_until: datetime | None = Field(description="A little before the end: a message needs time for its way.")
    reason: str | None = Field(description="Why no reply would be taken: window-closed or opted-out.")
    last_inbound_at: datetime | None


class SessionView(WindowView):
    sender: str
    contact_id: str
    messages: list[ReceivedView] = Field(description="What the contact said inside the window, oldest first.")
