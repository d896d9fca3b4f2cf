"""Contacts' messages in Meta's webhooks: each kind has a part of its own name.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (one page a
kind).
"""

from pydantic import Field

from shared.providers.inbound import Card
from shared.providers.meta.wire.values import Degrees, Moment
from shared.providers.wire import Inner, Many, Part, Text, Token


class Body(Part):
    body: Text = ""


class Button(Part):
    """Of a template's quick reply."""

    text: Text = ""
    payload: Text = ""


class Reply(Part):
    """To a button or a list of ours."""

    id: Text = ""
    title: Text = ""


class FlowReply(Part):
    body: Text = ""
    response_json: Text = ""


class Interactive(Part):
    type: Token = ""
    button_reply: Inner[Reply] = Reply()
    list_reply: Inner[Reply] = Reply()
    nfm_reply: Inner[FlowReply] = FlowReply()


class File(Part):
    id: Token = ""
    mime_type: Token = ""
    url: Token = ""
    caption: Text = ""
    filename: Text = ""


class Place(Part):
    latitude: Degrees = None
    longitude: Degrees = None
    name: Text = ""
    address: Text = ""


class Order(Part):
    text: Text = ""


class Reaction(Part):
    """emoji: empty or absent when the contact has taken the reaction back."""

    message_id: Token = ""
    emoji: Text = ""


# Quirk(meta) new-wa-id: the older spelling of wa_id (weni-ai/courier @0afa5f92, 2026-11)
class System(Part):
    """new_wa_id: the older spelling of wa_id."""

    type: Token = ""
    wa_id: Token = ""
    new_wa_id: Token = ""
    user_id: Token = ""
    previous_user_id: Token = ""


class Context(Part):
    id: Token = ""


class Message(Part):
    id: Token = ""
    from_: Token = Field("", alias="from")
    from_user_id: Token = ""
    from_parent_user_id: Token = ""
    timestamp: Moment = None
    type: Token = ""
    group_id: Token = ""
    context: Inner[Context] = Context()
    text: Inner[Body] = Body()
    button: Inner[Button] = Button()
    interactive: Inner[Interactive] = Interactive()
    image: Inner[File] = File()
    video: Inner[File] = File()
    audio: Inner[File] = File()
    voice: Inner[File] = File()
    document: Inner[File] = File()
    sticker: Inner[File] = File()
    location: Inner[Place] = Place()
    contacts: Many[Card] = ()
    order: Inner[Order] = Order()
    reaction: Inner[Reaction] = Reaction()
    system: Inner[System] = System()
