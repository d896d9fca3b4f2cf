"""Answers about sessions and contacts' messages. Owns names."""

from datetime import datetime

from pydantic import Field

from shared.providers.events import ContentKind
from workers.web.api import View


class MediumView(View):
    mime_type: str = Field(description="Empty where the provider told none.")
    url: str | None = Field(None, description="The provider's; some ask for its credentials.")
    media_id: str | None = None
    filename: str | None = None


class LocationView(View):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class OrderItemView(View):
    product: str = Field(description="Your own id of it.")
    quantity: int
    price: str | None = Field(None, description="Of one, as a decimal number.")
    currency: str | None = None


class OrderView(View):
    catalog: str | None = None
    items: list[OrderItemView]
    note: str | None = Field(None, description="What the contact wrote beside it.")


class PaymentView(View):
    reference: str | None = Field(None, description="Yours, of the request for it.")
    state: str = Field(description="The provider's word: captured, pending, failed …")
    amount: str | None = None
    currency: str | None = None


class ReferralView(View):
    """The ad or post that brought the contact."""

    line: str = Field(description="In a sentence.")
    source: str | None = Field(None, description="ad or post.")
    source_id: str | None = None
    url: str | None = None
    headline: str | None = None
    body: str | None = None
    click_id: str | None = Field(None, description="Of this one click (Meta's ctwa_clid).")


class SaidParts(View):
    """The parts of something that was said."""

    text: str | None = Field(
        None, description="What can be read: a text, a caption, a button's title, an emoji, an order's lines."
    )
    payload: str | None = Field(None, description="Of a button or a choice.")
    location: LocationView | None = None
    order: OrderView | None = None
    payment: PaymentView | None = None
    referral: ReferralView | None = Field(None, description="The ad that the contact came by.")
    changes: str | None = Field(None, description="The id of the message that this one edits, or that was taken back.")


class SaidView(SaidParts):
    """Something that a contact said."""

    kind: ContentKind
    media: list[MediumView] | None = None


class ReceivedView(SaidView):
    at: datetime


class WindowView(View):
    """expires_at, seconds_left: by the state store's clock."""

    open: bool
    expires_at: datetime | None = Field(description="24 hours after the contact's last message; null when closed.")
    seconds_left: float | None = Field(description="Until expires_at, when the session's key goes.")
    may_reply: bool = Field(description="Whether a reply would be taken now.")
    reply_until: datetime | None = Field(description="A little before the end: a message needs time for its way.")
    reason: str | None = Field(description="Why no reply would be taken: window-closed, opted-out or not-in-control.")
    last_inbound_at: datetime | None
    held_by: str | None = Field(
        None, description="Who else holds the conversation and answers it: ai_agent, other …; null where it is us."
    )


class SessionView(WindowView):
    sender: str
    contact_id: str
    messages: list[ReceivedView] = Field(description="What the contact said inside the window, oldest first.")
