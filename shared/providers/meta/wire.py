"""Meta's JSON as models. Owns no meaning; how it is read is `reading`'s.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/ (messages/send-messages,
support/error-codes, webhooks/reference/…; read in 2026); bodies of webhooks in github.com/david-lev/pywa
`tests/data/updates` @0bcf2f19; `user_id_update` in github.com/weni-ai/courier `handlers/facebookapp` @0afa5f92.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from shared.ground.clock import from_ms
from shared.ground.phone import is_user_id
from shared.providers.reading import Part, Text, Token, mapping, mappings, mappings_if_any, number, token

_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")  # their enumerations
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_CODES: Final = range(10_000_000)  # their longest have six digits
_SECONDS: Final = range(1_230_768_000, 253_402_300_800)  # from 2009, before which there was no WhatsApp, to 9999


# ── how their values are read ───────────────────────────────────────────────────────────────────────────────────────


def _integer(value: object) -> int | None:
    digits = token(value)
    return int(digits) if _INTEGER.fullmatch(digits) else None


def _code(value: object) -> int | None:
    number = _integer(value)
    return number if number is not None and number in _CODES else None


def _moment(value: object) -> datetime | None:
    """Seconds since 1970, as a text or a number."""
    seconds = _integer(value)
    return from_ms(seconds * 1_000).astimezone(UTC) if seconds is not None and seconds in _SECONDS else None


def _degrees(value: object) -> float | None:
    """Neither nan nor infinite, and no number that is too large for a float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) <= 180 else None  # noqa: PLR2004 (degrees)


CodeNumber = Annotated[int | None, BeforeValidator(_code)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Degrees = Annotated[float | None, BeforeValidator(_degrees)]
Object = Annotated[Mapping[str, object], BeforeValidator(mapping)]
Objects = Annotated[tuple[Mapping[str, object], ...], BeforeValidator(mappings)]


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class AnsweredContact(Part):
    """input: what we wrote. wa_id, user_id: what the contact is called in webhooks."""

    wa_id: Token = ""
    user_id: Token = ""


class AnsweredMessage(Part):
    id: Token = ""
    message_status: Token = ""


class Answer(Part):
    """To a message that was taken."""

    contacts: Annotated[tuple[AnsweredContact, ...], BeforeValidator(mappings)] = ()
    messages: Annotated[tuple[AnsweredMessage, ...], BeforeValidator(mappings)] = ()


class Trouble(Part):
    """code decides; title, message and details are for people, and error_subcode is being removed."""

    code: CodeNumber = None


class ErrorAnswer(Part):
    error: Annotated[Trouble, BeforeValidator(mapping)] = Trouble()


# ── templates, numbers, subscriptions: what can be asked ────────────────────────────────────────────────────────────


class QualityScore(Part):
    score: Token = ""


class TemplateButton(Part):
    type: Token = ""
    text: Text = ""
    url: Text = ""


class Component(Part):
    """format: of a HEADER. buttons: of BUTTONS."""

    type: Token = ""
    format: Token = ""
    text: Text = ""
    buttons: Annotated[tuple[TemplateButton, ...], BeforeValidator(mappings)] = ()


class TemplateResource(Part):
    id: Token = ""
    name: Token = ""
    language: Token = ""
    status: Token = ""
    category: Token = ""
    rejected_reason: Token = ""
    quality_score: Annotated[QualityScore, BeforeValidator(mapping)] = QualityScore()
    components: Annotated[tuple[Component, ...], BeforeValidator(mappings)] = ()


class Cursors(Part):
    after: Token = ""


class Paging(Part):
    """next: the URL of the next page, there as long as there is one."""

    cursors: Annotated[Cursors, BeforeValidator(mapping)] = Cursors()
    next: Token = ""


class Templates(Part):
    """data: None where the body is no list at all: an empty one would say that every template has gone."""

    data: Annotated[tuple[TemplateResource, ...] | None, BeforeValidator(mappings_if_any)] = None
    paging: Annotated[Paging, BeforeValidator(mapping)] = Paging()


class Throughput(Part):
    level: Token = ""


class NumberResource(Part):
    id: Token = ""
    display_phone_number: Token = ""
    verified_name: Text = ""
    status: Token = ""
    quality_rating: Token = ""
    platform_type: Token = ""
    name_status: Token = ""
    throughput: Annotated[Throughput, BeforeValidator(mapping)] = Throughput()
    whatsapp_business_manager_messaging_limit: Token = ""


class MediaResource(Part):
    url: Token = ""


class Subscriptions(Part):
    data: Objects = ()


# ── webhooks: the envelope ──────────────────────────────────────────────────────────────────────────────────────────


class Change(Part):
    field: Token = ""
    value: Object = Field(default_factory=dict)


class Entry(Part):
    """id: the WhatsApp Business account. time: of the event, in fields that have no time of their own."""

    id: Token = ""
    time: Moment = None
    changes: Annotated[tuple[Change, ...], BeforeValidator(mappings)] = ()


class Envelope(Part):
    object: Token = ""
    entry: Annotated[tuple[Entry, ...], BeforeValidator(mappings)] = ()


class Metadata(Part):
    """Which of our numbers it is about."""

    phone_number_id: Token = ""


class Profile(Part):
    name: Text = ""


class Contact(Part):
    profile: Annotated[Profile, BeforeValidator(mapping)] = Profile()
    wa_id: Token = ""
    user_id: Token = ""


class Value(Part):
    """Of the fields that speak of contacts."""

    metadata: Annotated[Metadata, BeforeValidator(mapping)] = Metadata()
    contacts: Annotated[tuple[Contact, ...], BeforeValidator(mappings)] = ()
    messages: Objects = ()
    statuses: Objects = ()
    user_preferences: Objects = ()
    user_id_update: Objects = ()
    errors: Objects = ()


# ── webhooks: statuses ──────────────────────────────────────────────────────────────────────────────────────────────


class Pricing(Part):
    category: Token = ""


class Status(Part):
    id: Token = ""
    status: Token = ""
    timestamp: Moment = None
    recipient_id: Token = ""
    recipient_user_id: Token = ""
    recipient_type: Token = ""
    biz_opaque_callback_data: Text = ""
    pricing: Annotated[Pricing, BeforeValidator(mapping)] = Pricing()
    errors: Annotated[tuple[Trouble, ...], BeforeValidator(mappings)] = ()


# ── webhooks: messages ──────────────────────────────────────────────────────────────────────────────────────────────


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
    button_reply: Annotated[Reply, BeforeValidator(mapping)] = Reply()
    list_reply: Annotated[Reply, BeforeValidator(mapping)] = Reply()
    nfm_reply: Annotated[FlowReply, BeforeValidator(mapping)] = FlowReply()


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


class CardName(Part):
    formatted_name: Text = ""
    first_name: Text = ""
    last_name: Text = ""


class CardPhone(Part):
    phone: Token = ""


class Card(Part):
    """A contact that a contact sent: the two things that can be used."""

    name: Annotated[CardName, BeforeValidator(mapping)] = CardName()
    phones: Annotated[tuple[CardPhone, ...], BeforeValidator(mappings)] = ()


class Order(Part):
    text: Text = ""


class Reaction(Part):
    """emoji: empty or absent when the reaction was taken back."""

    message_id: Token = ""
    emoji: Text = ""


class System(Part):
    """new_wa_id: how older versions spell wa_id."""

    type: Token = ""
    wa_id: Token = ""
    new_wa_id: Token = ""
    user_id: Token = ""
    previous_user_id: Token = ""


class Context(Part):
    id: Token = ""


class Message(Part):
    """Each kind has a part of its own name."""

    id: Token = ""
    from_: Token = Field("", alias="from")
    from_user_id: Token = ""
    timestamp: Moment = None
    type: Token = ""
    group_id: Token = ""
    context: Annotated[Context, BeforeValidator(mapping)] = Context()
    text: Annotated[Body, BeforeValidator(mapping)] = Body()
    button: Annotated[Button, BeforeValidator(mapping)] = Button()
    interactive: Annotated[Interactive, BeforeValidator(mapping)] = Interactive()
    image: Annotated[File, BeforeValidator(mapping)] = File()
    video: Annotated[File, BeforeValidator(mapping)] = File()
    audio: Annotated[File, BeforeValidator(mapping)] = File()
    voice: Annotated[File, BeforeValidator(mapping)] = File()
    document: Annotated[File, BeforeValidator(mapping)] = File()
    sticker: Annotated[File, BeforeValidator(mapping)] = File()
    location: Annotated[Place, BeforeValidator(mapping)] = Place()
    contacts: Annotated[tuple[Card, ...], BeforeValidator(mappings)] = ()
    order: Annotated[Order, BeforeValidator(mapping)] = Order()
    reaction: Annotated[Reaction, BeforeValidator(mapping)] = Reaction()
    system: Annotated[System, BeforeValidator(mapping)] = System()


# ── webhooks: what a contact told WhatsApp, and what it is called ───────────────────────────────────────────────────


class Preference(Part):
    wa_id: Token = ""
    user_id: Token = ""
    category: Token = ""
    value: Token = ""
    timestamp: Moment = None


class Renaming(Part):
    previous: Token = ""
    current: Token = ""


class UserIdUpdate(Part):
    wa_id: Token = ""
    user_id: Annotated[Renaming, BeforeValidator(mapping)] = Renaming()
    timestamp: Moment = None


# ── webhooks: templates and numbers ─────────────────────────────────────────────────────────────────────────────────


class OtherInfo(Part):
    title: Token = ""


class TemplateNews(Part):
    """event, reason, other_info: of a status. new_quality_score, new_category: of the fields that are named so."""

    event: Token = ""
    message_template_id: Token = ""
    message_template_name: Token = ""
    message_template_language: Token = ""
    message_template_category: Token = ""
    reason: Token = ""
    other_info: Annotated[OtherInfo, BeforeValidator(mapping)] = OtherInfo()
    new_quality_score: Token = ""
    new_category: Token = ""


class BanInfo(Part):
    waba_ban_state: Token = ""


class Restriction(Part):
    restriction_type: Token = ""


class Violation(Part):
    violation_type: Token = ""


class Alert(Part):
    alert_type: Token = ""


class WabaInfo(Part):
    """Of whose account a partner is told."""

    waba_id: Token = ""


class NumberNews(Part):
    """Of phone_number_quality_update, business_capability_update, account_update and account_alerts."""

    event: Token = ""
    display_phone_number: Token = ""
    phone_number: Token = ""
    current_limit: Token = ""
    max_daily_conversations_per_business: Token = ""
    max_daily_conversation_per_phone: Token = ""
    ban_info: Annotated[BanInfo, BeforeValidator(mapping)] = BanInfo()
    restriction_info: Annotated[tuple[Restriction, ...], BeforeValidator(mappings)] = ()
    violation_info: Annotated[Violation, BeforeValidator(mapping)] = Violation()
    waba_info: Annotated[WabaInfo, BeforeValidator(mapping)] = WabaInfo()
    entity_type: Token = ""
    entity_id: Token = ""
    alert_info: Annotated[Alert, BeforeValidator(mapping)] = Alert()
    alert_type: Token = ""


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def word(text: str) -> str:
    """A word of their enumerations, or nothing: anything else may be a text."""
    return text if _WORD.fullmatch(text) else ""


def address(text: str) -> str | None:
    """A contact's address, or a number of ours, without decoration.

    >>> address("14155550123"), address("+1 415-555-0123"), address("US.13491208655302741918"), address("Ana")
    ('+14155550123', '+14155550123', 'US.13491208655302741918', None)
    """
    if is_user_id(text):
        return text
    return number(text)


def addresses(*texts: str) -> tuple[str, ...]:
    """Those that are addresses, each once, in order."""
    return tuple(dict.fromkeys(found for text in texts if (found := address(text)) is not None))
