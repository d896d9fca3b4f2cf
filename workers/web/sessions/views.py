"""From a session to what is told of it. Pure."""

from typing import Any

from shared.conversations import content_json
from shared.conversations.windows import Window
from shared.ground.ids import ContactId, SenderId
from shared.people.sessions.model import Received
from shared.providers.events import Content, Order, Payment, Referral
from shared.providers.inbound import describe_referral
from workers.web.sessions.schemas import (
    LocationView,
    MediumView,
    OrderItemView,
    OrderView,
    PaymentView,
    ReceivedView,
    ReferralView,
    SessionView,
    WindowView,
)


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
        held_by=window.held_by,
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
        "order": _order(content.order),
        "payment": _payment(content.payment),
        "referral": _referral(content.referral),
        "changes": content.changes,
    }


def _order(order: Order | None) -> OrderView | None:
    if order is None:
        return None
    items = [
        OrderItemView(
            product=one.product, quantity=one.quantity, price=one.price or None, currency=one.currency or None
        )
        for one in order.items
    ]
    return OrderView(catalog=order.catalog or None, items=items, note=order.note or None)


def _payment(payment: Payment | None) -> PaymentView | None:
    if payment is None:
        return None
    return PaymentView(
        reference=payment.reference or None,
        state=payment.state,
        amount=payment.amount or None,
        currency=payment.currency or None,
    )


def _referral(referral: Referral | None) -> ReferralView | None:
    if referral is None:
        return None
    return ReferralView(
        line=describe_referral(referral),
        source=referral.source or None,
        source_id=referral.source_id or None,
        url=referral.url or None,
        headline=referral.headline or None,
        body=referral.body or None,
        click_id=referral.click_id or None,
    )
