"""What a contact says, in Meta's JSON: one part by the name of its type. Owns no envelope.

What it tells WhatsApp of this sender's marketing is no message, and comes in a field of its own.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (a page each
kind), …/webhooks/reference/user_preferences (2026-05-21); Quirk(meta): of what is unsupported no page shows
`unsupported`, public code reads it (github.com/david-lev/pywa `pywa/types/message.py`, 4.5).
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence

from workers.simulator.meta.codes import unsupported
from workers.simulator.meta.envelope import Json, entry, heading, person, seconds
from workers.simulator.meta.people import Names, names_of, told
from workers.simulator.meta.posting import signed
from workers.simulator.provider import Callback, Letter, Line
from workers.simulator.speech import Button, Card, Choice, Form, Location, Media, Order, Reaction
from workers.simulator.traffic import SECOND_US

CAPTIONED = frozenset({"image", "video", "document"})
DETAILS: Mapping[str, str] = {
    "stop": "User requested to stop marketing messages",
    "resume": "User requested to resume marketing messages",
}


def inbound(letter: Letter, line: Line, *, forged: bool) -> Callback:
    """Single fields that are given go into the message, or into what it told of its wishes."""
    names = names_of(line.script, letter.contact, letter.bsuid)
    field, part, content = _told(letter, line, names)
    one = {name: value for name, value in {**content, **letter.raw}.items() if value is not None}
    value = {
        **heading(line.account, line.sender),
        "contacts": [person(names, letter.profile_name)],
        part: [one],
    }
    return signed(line.target.url, [entry(line.script.meta.waba_id, field, value)], line.secret, forged=forged)


def _told(letter: Letter, line: Line, names: Names) -> tuple[str, str, Json]:
    """The field, the list in it, and what is in that."""
    if letter.remark.preference is not None:
        return "user_preferences", "user_preferences", _wish(letter.remark.preference, letter.at_us, names)
    return "messages", "messages", _message(letter, line, names)


def _wish(wish: str, at_us: int, names: Names) -> Json:
    """Quirk(meta): its time is a number, and every other a text."""
    return {
        **told(wa_id=names.wa_id, user_id=names.user_id),
        "detail": DETAILS[wish],
        "category": "marketing_messages",
        "value": wish,
        "timestamp": at_us // SECOND_US,
    }


def _message(letter: Letter, line: Line, names: Names) -> Json:
    """Quirk(meta): a reaction names its message in itself, and has no context."""
    quotes = letter.reply_to is not None and letter.remark.reaction is None
    context = {"context": {"from": line.sender.removeprefix("+"), "id": letter.reply_to}} if quotes else {}
    return {
        **context,
        **told(**{"from": names.wa_id, "from_user_id": names.user_id}),
        "id": letter.id,
        "timestamp": seconds(letter.at_us),
        **_content(letter, line),
    }


def _content(letter: Letter, line: Line) -> Json:
    remark = letter.remark
    if remark.text is not None:
        return _typed("text", {"body": remark.text})
    if remark.button is not None:
        return _pressed(remark.button, remark.payload or "", is_of_template=_is_of_template(line))
    if remark.choice is not None:
        return _chosen(remark.choice)
    if remark.media is not None:
        return _typed(remark.media.kind, _file(remark.media))
    if remark.location is not None:
        return _typed("location", _place(remark.location))
    if remark.cards is not None:
        return _typed("contacts", [_card(card) for card in remark.cards])
    return _rarity(letter)


def _rarity(letter: Letter) -> Json:
    remark = letter.remark
    if remark.order is not None:
        return _typed("order", _order(remark.order))
    if remark.reaction is not None:
        return _typed("reaction", _reaction(remark.reaction, letter.reply_to))
    if remark.form is not None:
        return _typed("interactive", {"type": "nfm_reply", "nfm_reply": _filled(remark.form)})
    return {**_typed("unsupported", {"type": "unknown"}), "errors": [unsupported()]}


def _typed(kind: str, content: object) -> Json:
    return {"type": kind, kind: content}


def _is_of_template(line: Line) -> bool:
    """What is answered, or was last sent; a button of nothing is a template's."""
    about = line.answered or line.last
    return about is None or about.submission.template is not None


def _pressed(button: Button, payload: str, *, is_of_template: bool) -> Json:
    if is_of_template:
        return _typed("button", {"payload": payload, "text": button.text})
    return _typed("interactive", {"type": "button_reply", "button_reply": {"id": payload, "title": button.text}})


def _chosen(choice: Choice) -> Json:
    return _typed("interactive", {"type": "list_reply", "list_reply": {"id": choice.id, "title": choice.title}})


def _file(media: Media) -> Json:
    """Only some kinds have words of their own."""
    digest = hashlib.sha256(media.url.encode()).digest()
    return {
        **told(caption=media.caption if media.kind in CAPTIONED else None, filename=media.filename),
        "mime_type": media.mime_type,
        "sha256": base64.b64encode(digest).decode(),
        "id": media.id,
        "url": media.url,
        **({"voice": False} if media.kind == "audio" else {}),
        **({"animated": False} if media.kind == "sticker" else {}),
    }


def _place(place: Location) -> Json:
    named = told(name=place.label or None, address=place.address or None)
    return {"latitude": place.latitude, "longitude": place.longitude, **named}


def _card(card: Card) -> Json:
    phones: Sequence[Json] = [{"phone": phone, "type": "CELL"} for phone in card.phones]
    return {"name": {"formatted_name": card.name, "first_name": card.name}, "phones": phones}


def _order(order: Order) -> Json:
    """Assumed: one of each, at a price of one."""
    items = [
        {"product_retailer_id": product, "quantity": 1, "item_price": 1, "currency": "USD"}
        for product in order.products
    ]
    return {"catalog_id": order.catalog_id, "text": order.text, "product_items": items}


def _reaction(reaction: Reaction, reply_to: str | None) -> Json:
    """What is taken back has no emoji."""
    return {**told(message_id=reply_to), **told(emoji=reaction.emoji)}


def _filled(form: Form) -> Json:
    return {"name": "flow", "body": form.body, "response_json": json.dumps(form.response)}
