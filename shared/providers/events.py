"""Events of providers in a vocabulary that all dialects share: statuses, contacts' messages, news. Owns no wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.ground.errors import SendError

NO_LIMIT: Final = 0  # as `unique_contacts_a_day` of a number


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
    """A later report of the provider about one message.

    reference: our own, still signed, where the provider carried it back.
    error: set when status is FAILED; its class is the disposition.
    addresses: the recipient's, where the event names it.  price_category: the category by which the message is billed.
    """

    status: DeliveryStatus
    provider_message_id: str
    reference: str | None
    at: datetime
    error: SendError | None = None
    addresses: tuple[str, ...] = ()
    price_category: str | None = None


class ContentKind(StrEnum):
    """The kind of a contact's message. A kind without a row here is UNKNOWN, with whatever text it has."""

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
    REACTION = "reaction"  # opens no new conversation, but a session, since the contact acted
    ORDER = "order"
    PAYMENT = "payment"  # what the provider says of a payment that we asked for
    REVOKED = "revoked"  # a message was taken back: `Content.changes` names it
    HANDOVER = "handover"  # the thread was handed to us; its text is the summary of whoever had it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class IncomingMedia:
    """mime_type: empty where the provider names none.  url: the provider's; fetching it may need credentials (see
    `files`).  media_id: where there is no lasting URL.
    """

    mime_type: str = ""
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
class OrderItem:
    """product: the business's own id of it.  price: of one, as a decimal number; empty where the provider names none."""

    product: str
    quantity: int = 1
    price: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """note: what the contact wrote beside it."""

    catalog: str = ""
    items: tuple[OrderItem, ...] = ()
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Payment:
    """reference: ours, of the request for it.  state: the provider's word.  amount: a decimal number, or empty."""

    reference: str = ""
    state: str = ""
    amount: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """The ad or post that brought the contact. source: the provider's word, `ad` or `post`.  click_id: of the one click,
    to be given back to the ad's platform (Meta's `ctwa_clid`).
    """

    source: str = ""
    source_id: str = ""
    url: str = ""
    headline: str = ""
    body: str = ""
    click_id: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """text: the readable part: text, caption, a button's title, a reaction's emoji, an order's lines.  payload: of a button
    or choice.  changes: the id of the message that this one edits or takes back: the provider's, in an event; the event's
    (`EventId`), in what is stored.
    """

    kind: ContentKind
    text: str = field(default="", repr=False)
    payload: str | None = field(default=None, repr=False)
    media: tuple[IncomingMedia, ...] = ()
    location: Location | None = field(default=None, repr=False)
    order: Order | None = field(default=None, repr=False)
    payment: Payment | None = field(default=None, repr=False)
    referral: Referral | None = field(default=None, repr=False)
    changes: str | None = None


class Keyword(StrEnum):
    """A word of the contact that the provider itself has obeyed and answered."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A contact wrote.

    addresses: every address of the contact in the event, at least one; answers go to the first.
    to: the event's name for our number (`Accounts.list_names`), where it has one.
    at: the contact's time: the provider's timestamp where there is one, else the time of the webhook.
    reply_to: the provider's id of our message that this one answers.  reference: our own, of our last message, where the
    provider carries that back.  handled: the provider has answered this word already, so we do not.
    thread: the provider's id of the conversation, where an answer has to name it.
    in_standby: somebody else held the thread when it came (Meta's own agent, another app), and was to answer it.
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
    in_standby: bool = False


class Author(StrEnum):
    """Who is behind a note."""

    CONTACT = "contact"
    PHONE = "phone"  # a colleague, with the app on the business's phone
    AI_AGENT = "ai_agent"
    OTHER_APP = "other_app"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class NoteReported:
    """A part of the conversation that asks nothing of us: what others said in our name, a message taken back, a payment.

    It opens neither window nor interaction.  addresses: the contact's, at least one.
    """

    provider_message_id: str
    addresses: tuple[str, ...]
    to: str | None
    at: datetime
    content: Content
    by: Author


@dataclass(frozen=True, slots=True)
class ControlChanged:
    """The thread with a contact has another holder. holder: the provider's word for it, empty where it is us.

    summary: what was said before, told by whoever held it.  at: at the latest when the webhook came.  stated_at: the time
    that the event itself has, the same whenever it is delivered; None if it has none.
    """

    addresses: tuple[str, ...]
    to: str | None
    at: datetime
    holder: str = ""
    summary: str = field(default="", repr=False)
    stated_at: datetime | None = None

    @property
    def is_ours(self) -> bool:
        return not self.holder


@dataclass(frozen=True, slots=True)
class PreferenceReported:
    """The contact has set in WhatsApp itself whether it wants this sender's messages. scope: a template category."""

    addresses: tuple[str, ...]
    to: str | None
    at: datetime
    scope: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """A contact has moved to another address. to: the event's name for our number, where it has one."""

    previous: str
    current: str
    at: datetime
    to: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateReported:
    """News of a template. A field that is None leaves the template as it is.

    name or provider_id: at least one.  status, category, quality: words of `shared.templates.model`.
    reason: the provider's word, not a text.  body: the text as it reads now, with its placeholders.
    to: the event's name for our account or number (`Accounts.list_names`), where it has one.
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
    body: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SenderReported:
    """News of a number or of its account. A field that is None leaves the number as it is.

    usable: False when the number may not send any more.  rate_per_second: the new cap.
    unique_contacts_a_day: of the whole portfolio; NO_LIMIT for none.  quality: green, yellow, red or unknown.
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
    """An event without a meaning to us (yet): kept, counted by `kind`, ignored. `kind` never holds content."""

    kind: str


ProviderEvent = (
    StatusReported
    | MessageReceived
    | NoteReported
    | ControlChanged
    | PreferenceReported
    | AddressChanged
    | TemplateReported
    | SenderReported
    | Unrecognised
)


class EventClass(StrEnum):
    """The queue in which an event waits: people's messages go before machines' reports."""

    INBOUND = "inbound"
    STATUS = "status"
