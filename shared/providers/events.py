"""What providers tell us, in words that all of them share: statuses, contacts' messages, news. Owns no wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.ground.errors import SendError


@dataclass(frozen=True, slots=True)
class RawWebhook:
    """A request to our webhook port as it came in.

    url: the public URL as the provider called it: configured base + raw path and query, byte for byte.
    headers: names in lower case.
    """

    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


class DeliveryStatus(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StatusReported:
    """A later word of the provider about one message.

    reference: our own, still signed, where the provider carried it back.
    error: set when status is FAILED; its class is the disposition.
    addresses: what the provider calls the recipient, where it says so.  price_category: what it bills the message as.
    """

    status: DeliveryStatus
    provider_message_id: str
    reference: str | None
    at: datetime
    error: SendError | None = None
    addresses: tuple[str, ...] = ()
    price_category: str | None = None


class ContentKind(StrEnum):
    """What a contact's message is. A kind that we do not know is UNKNOWN, with whatever text it has."""

    TEXT = "text"
    BUTTON = "button"  # a quick reply, of a template or of ours
    CHOICE = "choice"  # from a list
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"  # opens no conversation anew, but a session: the contact did something
    ORDER = "order"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class IncomingMedia:
    """url: the provider's, to be fetched with its credentials where it asks for them. media_id: where it gives no URL."""

    mime_type: str
    url: str | None = field(default=None, repr=False)
    media_id: str | None = None
    filename: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Location:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """text: what can be read: text, caption, a button's title, a reaction's emoji. payload: of a button or choice."""

    kind: ContentKind
    text: str = field(default="", repr=False)
    payload: str | None = field(default=None, repr=False)
    media: tuple[IncomingMedia, ...] = ()
    location: Location | None = field(default=None, repr=False)


class Keyword(StrEnum):
    """What the provider itself has done about a word of the contact."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A contact wrote.

    addresses: all that the event calls the contact, at least one; the first is where an answer goes.
    to: what the event calls our number (`Dialect.names`), where it says so.
    at: the contact's time: the provider's timestamp where there is one, else when the webhook was received.
    reply_to: the provider's id of our message that this one answers.  reference: our own of the last one we sent, where
    the provider carries that back.  handled: the provider has answered this word already, and we need not.
    thread: what the provider calls the conversation, where an answer has to name it.
    """

    provider_message_id: str
    addresses: tuple[str, ...]
    to: str | None
    at: datetime
    content: Content
    reply_to: str | None = None
    reference: str | None = None
    profile_name: str | None = field(default=None, repr=False)
    handled: Keyword | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class PreferenceReported:
    """The contact told WhatsApp itself what it wants of this sender. scope: a template category."""

    addresses: tuple[str, ...]
    to: str | None
    at: datetime
    scope: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """One contact, from now on under another address. to: what the event calls our number, where it says so."""

    previous: str
    current: str
    at: datetime
    to: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateReported:
    """News of a template. What is None stays as it was.

    name or provider_id: at least one.  status, category, quality: the words of `shared.templates.model`.
    reason: the provider's word, not a text.
    to: what the event calls our account or number (`Dialect.names`), where it says so.
    """

    at: datetime
    name: str | None = None
    language: str | None = None
    provider_id: str | None = None
    status: str | None = None
    category: str | None = None
    quality: str | None = None
    reason: str = ""
    to: str | None = None


@dataclass(frozen=True, slots=True)
class SenderReported:
    """News of a number or of its account. What is None stays as it was.

    usable: False when nothing may be sent from it any more.  rate_per_second: the new cap.
    unique_contacts_a_day: of the whole portfolio; 0 is without a limit.  quality: green, yellow, red or unknown.
    """

    at: datetime
    to: str | None = None
    usable: bool | None = None
    rate_per_second: int | None = None
    unique_contacts_a_day: int | None = None
    quality: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A kind of event that means nothing to us (yet): kept, counted by `kind`, ignored. `kind` never holds content."""

    kind: str


ProviderEvent = (
    StatusReported
    | MessageReceived
    | PreferenceReported
    | AddressChanged
    | TemplateReported
    | SenderReported
    | Unrecognised
)


class EventClass(StrEnum):
    """The queue an event waits in: what a person said goes before what a machine reports."""

    INBOUND = "inbound"
    STATUS = "status"
