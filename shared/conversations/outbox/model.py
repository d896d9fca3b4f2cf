"""A message of ours outside any campaign, as values. Owns its states and its JSON form; no I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.ground.ids import ContactId, InteractionId, MessageId, SenderId, TenantId
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia
from shared.templates.pins import NO_PINS, Pin, Pins, pin_from_list, pin_to_list

VERSION = 1


class Purpose(StrEnum):
    """reply: free form, inside the window.  template: a template to one person.  confirmation: of an opt-out, exempt from
    it, inside the window.
    """

    REPLY = "reply"
    TEMPLATE = "template"
    CONFIRMATION = "confirmation"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    REFUSED = "refused"  # by our own gate: window or consent
    UNCONFIRMED = "unconfirmed"


IN_HAND = frozenset({MessageState.QUEUED, MessageState.SENDING})


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A template and what fills it. parameters: complete, by placeholder.  pin: the template as it was then; None in a
    message of an earlier release.
    """

    name: str
    language: str
    parameters: Mapping[str, str] = field(repr=False)
    pin: Pin | None = None

    @property
    def pins(self) -> Pins:
        return NO_PINS if self.pin is None else {self.language: self.pin}


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to one contact. by: the agent or the key.  contact: the id whose hash tag its keys carry."""

    id: MessageId
    tenant: TenantId
    sender: SenderId
    contact: ContactId
    purpose: Purpose
    body: FreeMessage | TemplateUse
    to: str = field(repr=False)
    by: str
    created_at: datetime
    interaction: InteractionId | None = None

    @property
    def needs_window(self) -> bool:
        return self.purpose is not Purpose.TEMPLATE


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message and what became of it. times: `accepted`, `delivered`, `read`, `failed` → when. marked_at: when its
    request was about to leave. due: when it may be tried again, of one that was deferred; code and reason say why.
    """

    message: OutgoingMessage
    state: MessageState
    code: str = ""
    reason: str = ""
    provider_message_id: str = ""
    marked_at: datetime | None = None
    times: Mapping[str, datetime] = field(default_factory=dict)
    due: datetime | None = None


def body_to_json(body: FreeMessage | TemplateUse) -> str:
    match body:
        case TemplateUse():
            fields: dict[str, object] = {
                "template": body.name,
                "language": body.language,
                "params": dict(body.parameters),
                "pin": None if body.pin is None else pin_to_list(body.pin),
            }
        case FreeMessage():
            fields = {
                "to": body.to,
                "text": body.text,
                "media": [body.media.kind, body.media.url, body.media.filename] if body.media else None,
                "choices": [[one.id, one.title, one.description] for one in body.choices],
                "list_button": body.list_button,
                "reply_to": body.reply_to,
                "thread": body.thread,
            }
    return json.dumps({"v": VERSION, **fields}, separators=(",", ":"), ensure_ascii=False)


def body_from_json(text: str | bytes) -> FreeMessage | TemplateUse:
    """The inverse of `body_to_json`."""
    fields = json.loads(text)
    if "template" in fields:
        return TemplateUse(fields["template"], fields["language"], fields["params"], pin_from_list(fields.get("pin")))
    media = fields["media"]
    return FreeMessage(
        fields["to"],
        fields["text"],
        OutgoingMedia(MediaKind(media[0]), media[1], media[2]) if media else None,
        tuple(Choice(*one) for one in fields["choices"]),
        fields["list_button"],
        fields["reply_to"],
        fields.get("thread"),
    )
