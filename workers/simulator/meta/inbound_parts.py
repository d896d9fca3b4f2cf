"""The content of a contact's message in Meta's JSON: one object under the name of its type. Owns no envelope.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (a page each
type).
"""

import base64
import hashlib
import json
from collections.abc import Sequence

from workers.simulator.inbound_content import Button, Card, Choice, Form, Location, Media, Order, Reaction
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.meta.codes import build_unsupported_error
from workers.simulator.meta.contact_ids import drop_missing
from workers.simulator.meta.envelope import Json

CAPTIONED = frozenset({"image", "video", "document"})


def build_content(message: InboundMessage, endpoint: SenderEndpoint) -> Json:
    content = message.content
    if content.text is not None:
        return _wrap("text", {"body": content.text})
    if content.button is not None:
        return _build_button(content.button, content.payload or "", is_of_template=_answers_template(endpoint))
    if content.choice is not None:
        return _build_choice(content.choice)
    if content.media is not None:
        return _wrap(content.media.kind, _build_file(content.media))
    if content.location is not None:
        return _wrap("location", _build_place(content.location))
    if content.cards is not None:
        return _wrap("contacts", [_build_card(card) for card in content.cards])
    return _build_rare_content(message)


def _build_rare_content(message: InboundMessage) -> Json:
    content = message.content
    if content.order is not None:
        return _wrap("order", _build_order(content.order))
    if content.reaction is not None:
        return _wrap("reaction", _build_reaction(content.reaction, message.reply_to))
    if content.form is not None:
        return _wrap("interactive", {"type": "nfm_reply", "nfm_reply": _build_form(content.form)})
    # Quirk(meta) unsupported-without-a-page: only public code shows `unsupported` (pywa `types/message.py` 4.5, 2026-11)
    return {**_wrap("unsupported", {"type": "unknown"}), "errors": [build_unsupported_error()]}


def _wrap(kind: str, content: object) -> Json:
    return {"type": kind, kind: content}


def _answers_template(endpoint: SenderEndpoint) -> bool:
    """Judges by the quoted message, or else the last one. A button without either counts as a template's."""
    message = endpoint.quoted or endpoint.last
    return message is None or message.submission.template is not None


def _build_button(button: Button, payload: str, *, is_of_template: bool) -> Json:
    if is_of_template:
        return _wrap("button", {"payload": payload, "text": button.text})
    return _wrap("interactive", {"type": "button_reply", "button_reply": {"id": payload, "title": button.text}})


def _build_choice(choice: Choice) -> Json:
    return _wrap("interactive", {"type": "list_reply", "list_reply": {"id": choice.id, "title": choice.title}})


def _build_file(media: Media) -> Json:
    """Audio and stickers have no caption."""
    digest = hashlib.sha256(media.url.encode()).digest()
    return {
        **drop_missing(caption=media.caption if media.kind in CAPTIONED else None, filename=media.filename),
        "mime_type": media.mime_type,
        "sha256": base64.b64encode(digest).decode(),
        "id": media.id,
        "url": media.url,
        **({"voice": False} if media.kind == "audio" else {}),
        **({"animated": False} if media.kind == "sticker" else {}),
    }


def _build_place(place: Location) -> Json:
    names = drop_missing(name=place.label or None, address=place.address or None)
    return {"latitude": place.latitude, "longitude": place.longitude, **names}


def _build_card(card: Card) -> Json:
    phones: Sequence[Json] = [{"phone": phone, "type": "CELL"} for phone in card.phones]
    return {"name": {"formatted_name": card.name, "first_name": card.name}, "phones": phones}


def _build_order(order: Order) -> Json:
    """Assumed: one of each product, at a price of 1 USD."""
    items = [
        {"product_retailer_id": product, "quantity": 1, "item_price": 1, "currency": "USD"}
        for product in order.products
    ]
    return {"catalog_id": order.catalog_id, "text": order.text, "product_items": items}


def _build_reaction(reaction: Reaction, reply_to: str | None) -> Json:
    """A reaction that is taken back has no emoji."""
    return {**drop_missing(message_id=reply_to, emoji=reaction.emoji)}


def _build_form(form: Form) -> Json:
    return {"name": "flow", "body": form.body, "response_json": json.dumps(form.response)}
