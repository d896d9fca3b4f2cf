"""Threads of a number that others speak for as well: who holds one, and what they said in it. Owns no envelope. Total.

Meta's own agent, another app, or a colleague with the app on the business's phone may speak with a contact of our number.
While somebody else holds a thread, its events come in the field `standby`; `messaging_handovers` tells of a new holder.

Decision: a thread is ours when it was passed on, or was taken from Meta's agent, unless the new holder is Meta's agent; in
every other case it is not. A message in the field `messages` says that the thread is ours, one in `standby` that it is not.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/standby (2026-08-04),
…/messaging-handovers (2026-09-22), …/smb_message_echoes; public receivers for bodies without `metadata` and for the
older names of roles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import (
    Author,
    Content,
    ContentKind,
    ControlChanged,
    NoteReported,
    ProviderEvent,
    Unrecognised,
)
from shared.providers.meta.inbound import read_content
from shared.providers.meta.wire.messages import Echo, Message, Sent
from shared.providers.meta.wire.values import parse_address, parse_role
from shared.providers.meta.wire.webhooks import Contact, Handover, Owners, Value
from shared.providers.wire import choose_time, collect_addresses, parse_id

AI_ROLES: Final = frozenset({"ai_agent", "meta_business_agent", "meta_ai"})
UNKNOWN_HOLDER: Final = "other"
ECHO_FIELDS: Final[Mapping[str, Author]] = MappingProxyType(
    {"smb_message_echoes": Author.PHONE, "message_echoes": Author.OTHER_APP, "standby": Author.AI_AGENT}
)
"""By the field in which an echo comes: who wrote it."""


# ── the holder ──────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(meta) handover-without-metadata: our number is the `recipient` (page of the field, 2026-09)
def read_handover(value: Mapping[str, object], received_at: datetime) -> ProviderEvent:
    """value: of the change. received_at: of the webhook."""
    handover = Handover.model_validate(value)
    sender = handover.sender
    addresses = collect_addresses(parse_address, sender.wa_id, sender.phone_number, sender.user_id)
    if handover.type not in {"control_passed", "control_taken"} or not addresses:
        return Unrecognised("handover:other")
    owners = handover.control_passed if handover.type == "control_passed" else handover.control_taken
    summary = owners.conversation_context.summary.text or handover.conversation_context.summary.text
    return ControlChanged(
        addresses,
        handover.recipient.phone_number_id or handover.metadata.phone_number_id or None,
        choose_time(received_at, handover.timestamp),
        _find_holder(handover.type, owners),
        summary.strip(),
        handover.timestamp,
    )


def _find_holder(kind: str, owners: Owners) -> str:
    """Empty where it is us."""
    previous = parse_role(owners.previous_owner_role or owners.previous_owner_app_role)
    current = parse_role(owners.new_owner_role or owners.new_owner_app_role)
    if current in AI_ROLES:
        return current
    is_ours = kind == "control_passed" or previous in AI_ROLES
    return "" if is_ours else current or UNKNOWN_HOLDER


# ── what others said ────────────────────────────────────────────────────────────────────────────────────────────────


def unfold_standby(value: Value) -> Value:
    """The events inside `standby` as they would stand in any other change."""
    inner = value.standby
    return value.model_copy(
        update={
            "contacts": inner.contacts or value.contacts,
            "messages": inner.messages or value.messages,
            "statuses": inner.statuses or value.statuses,
            "message_echoes": inner.message_echoes or value.message_echoes,
        }
    )


def read_echoes(value: Value, field: str, received_at: datetime) -> list[ProviderEvent]:
    """Messages of others, in our number's name. field: of the change."""
    return [_read_echo(value, raw, ECHO_FIELDS[field], received_at) for raw in value.message_echoes]


# Quirk(meta) echo-in-two-forms: flat as a message, or as the request that sent it (pages of both fields, 2026-11)
def _read_echo(value: Value, raw: Mapping[str, object], by: Author, received_at: datetime) -> ProviderEvent:
    echo = Echo.model_validate(raw)
    body = echo.message or raw
    message = Message.model_validate(body)
    if echo.group_id or message.group_id:
        return Unrecognised("echo:group")
    addresses = _find_addressee(value, echo, Sent.model_validate(body))
    if not parse_id(echo.id) or not addresses:
        return Unrecognised("echo:incomplete")
    at, to = choose_time(received_at, echo.timestamp), value.metadata.phone_number_id or None
    return NoteReported(echo.id, addresses, to, at, _read_echoed_content(message), by)


# Quirk(meta) echo-of-a-deletion: `from` and `to` may have changed places (pywa @0bcf2f19, 2026-11)
def _find_addressee(value: Value, echo: Echo, sent: Sent) -> tuple[str, ...]:
    """The contact's addresses: never our own number, which may stand where the contact is expected. The change describes
    its only contact; an echo in it may be to somebody else all the same.
    """
    ours = parse_address(value.metadata.display_phone_number)
    names = echo.to, sent.to, sent.recipient, echo.to_user_id, echo.to_parent_user_id
    own = [one for one in collect_addresses(parse_address, *names) if one != ours]
    contact = value.contacts[0] if len(value.contacts) == 1 else Contact()
    described = collect_addresses(parse_address, *contact.names)
    if own and not set(own) & set(described):
        return tuple(own)
    return tuple(dict.fromkeys((*described, *own)))


def _read_echoed_content(message: Message) -> Content:
    """Of a template its name is told, of a text with choices the text."""
    if message.type == "revoke":
        return Content(ContentKind.REVOKED, changes=parse_id(message.revoke.original_message_id) or None)
    if message.type == "edit" and message.edit.message:
        edited = Message.model_validate(message.edit.message)
        return replace(read_content(edited), changes=parse_id(message.edit.original_message_id) or None)
    if message.type == "template":
        return Content(ContentKind.UNKNOWN, f"[template {message.template.name}]")
    if message.type == "interactive" and message.interactive.body.text:
        return Content(ContentKind.TEXT, message.interactive.body.text)
    return read_content(message)


def list_echoes(value: Value, field: str, received_at: datetime) -> Sequence[ProviderEvent]:
    """Of a change that holds nothing else."""
    return read_echoes(value, field, received_at) or (Unrecognised("echo:incomplete"),)
