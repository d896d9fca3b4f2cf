"""The content of a contact's message, as JSON in the script's replies and in the operator's commands. Owns no wire."""

import hashlib
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from workers.simulator.schema import Address, Probability, Span, StrictModel, Url, UserId, read_document

Text = Annotated[str, Field(min_length=1, max_length=4_096)]


class Button(StrictModel):
    """A tapped quick reply. payload: the button's text if None."""

    text: Text
    payload: str | None = None


class Choice(StrictModel):
    """A chosen item of a list."""

    id: str
    title: Text


class Media(StrictModel):
    """filename: for documents."""

    kind: Literal["image", "video", "audio", "document", "sticker"]
    url: Url
    mime_type: Annotated[str, Field(pattern=r"^[!-~]+/[!-~]+$")]
    caption: Text | None = None
    filename: Text | None = None

    @property
    def id(self) -> str:
        """Digits, for a provider that has ids for files."""
        return str(int.from_bytes(hashlib.sha256(self.url.encode()).digest()[:6]) + 10**15)


class Location(StrictModel):
    """Degrees, WGS 84."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    label: str = ""
    address: str = ""


class Card(StrictModel):
    """A shared contact card."""

    name: Text
    phones: tuple[Text, ...] = ()


class Order(StrictModel):
    """An order from a catalogue. products: their ids."""

    catalog_id: str
    products: Annotated[tuple[str, ...], Field(min_length=1)]
    text: str = ""


class Reaction(StrictModel):
    """A reaction to the quoted message. emoji: None takes an earlier reaction back."""

    emoji: Text | None


class Form(StrictModel):
    """A filled-in WhatsApp flow."""

    body: str = "Sent"
    response: dict[str, JsonValue]


class InboundContent(StrictModel):
    """The content of one message: exactly one of these fields.

    preference: the contact's choice about this sender's marketing, which WhatsApp reports and which is no message.
    unknown: a message type that no client knows.
    """

    text: Text | None = None
    button: Button | None = None
    choice: Choice | None = None
    media: Media | None = None
    location: Location | None = None
    cards: Annotated[tuple[Card, ...], Field(min_length=1)] | None = None
    order: Order | None = None
    reaction: Reaction | None = None
    form: Form | None = None
    preference: Literal["stop", "resume"] | None = None
    unknown: Literal[True] | None = None

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if sum(getattr(self, name) is not None for name in InboundContent.model_fields) != 1:
            raise ValueError(f"expected one of {', '.join(InboundContent.model_fields)}")
        return self

    @property
    def kind(self) -> str:
        """The field's name; for media its own kind: image, video, audio, document, sticker."""
        if self.media is not None:
            return self.media.kind
        return next(name for name in InboundContent.model_fields if getattr(self, name) is not None)

    @property
    def words(self) -> str | None:
        """The text that a person reads: text, caption, title of a button or choice, emoji."""
        if self.button is not None:
            return self.button.text
        if self.choice is not None:
            return self.choice.title
        if self.reaction is not None:
            return self.reaction.emoji
        return self.text if self.media is None else self.media.caption

    @property
    def payload(self) -> str | None:
        """The machine-readable value of a button or a choice."""
        if self.button is not None:
            return self.button.text if self.button.payload is None else self.button.payload
        return None if self.choice is None else self.choice.id


class ScriptedReply(InboundContent):
    """A contact's reply to a template, as the script has it.

    share: of all contacts that a message reaches.  after_ms: since the last status, or since the reply before.
    quotes: the reply names the message that it answers; a button or a choice always does.
    """

    share: Probability | None = None
    after_ms: Span = (1_000, 5_000)
    quotes: bool = True


class InboundCommand(InboundContent):
    """An operator's command: this contact writes this message at once.

    account, url: if None, those that the sender used last.
    raw: fields of the wire (for a form, in its words) that replace the dialect's own; None removes the field.
    """

    contact: Address = Field(alias="from")
    to: Annotated[str, Field(min_length=1)]
    reply_to: str | None = None
    profile_name: str | None = None
    bsuid: UserId | None = None
    provider: str = "twilio"
    account: str | None = None
    url: Url | None = None
    raw: dict[str, JsonValue] = Field(default_factory=dict, repr=False)


def read_inbound_command(text: str | bytes) -> InboundCommand:
    """*Raises*: ConfigurationError, one line for each mistake."""
    return read_document(InboundCommand, text, "inbound")
