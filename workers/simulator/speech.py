"""What a contact can say, as JSON: in the script's answers and at the operator's door. Owns no wire and no delivery."""

import hashlib
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from workers.simulator.schema import Address, Part, Probability, Span, Url, UserId, read

Text = Annotated[str, Field(min_length=1, max_length=4_096)]


class Button(Part):
    """A quick reply that was offered. payload: its text, unless the button has another."""

    text: Text
    payload: str | None = None


class Choice(Part):
    """One item of a list that was offered."""

    id: str
    title: Text


class Media(Part):
    """filename: of a document."""

    kind: Literal["image", "video", "audio", "document", "sticker"]
    url: Url
    mime_type: Annotated[str, Field(pattern=r"^[!-~]+/[!-~]+$")]
    caption: Text | None = None
    filename: Text | None = None

    @property
    def id(self) -> str:
        """Digits, for a provider that has ids for files."""
        return str(int.from_bytes(hashlib.sha256(self.url.encode()).digest()[:6]) + 10**15)


class Location(Part):
    """Degrees, WGS 84."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    label: str = ""
    address: str = ""


class Card(Part):
    """Somebody whom the contact knows."""

    name: Text
    phones: tuple[Text, ...] = ()


class Order(Part):
    """From a catalogue. products: its ids."""

    catalog_id: str
    products: Annotated[tuple[str, ...], Field(min_length=1)]
    text: str = ""


class Reaction(Part):
    """To the message that is answered. emoji: None takes it back."""

    emoji: Text | None


class Form(Part):
    """What was filled into a flow."""

    body: str = "Sent"
    response: dict[str, JsonValue]


class Remark(Part):
    """One message of a contact: exactly one of these.

    preference: what it tells WhatsApp itself about this sender's marketing, which is no message.
    unknown: of a kind that no client has heard of.
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
    def _is_one_thing(self) -> Self:
        if sum(getattr(self, name) is not None for name in Remark.model_fields) != 1:
            raise ValueError(f"expected one of {', '.join(Remark.model_fields)}")
        return self

    @property
    def kind(self) -> str:
        """The field's name; of media, which."""
        if self.media is not None:
            return self.media.kind
        return next(name for name in Remark.model_fields if getattr(self, name) is not None)

    @property
    def words(self) -> str | None:
        """What a person would read: text, caption, a button's or a choice's title, an emoji."""
        if self.button is not None:
            return self.button.text
        if self.choice is not None:
            return self.choice.title
        if self.reaction is not None:
            return self.reaction.emoji
        return self.text if self.media is None else self.media.caption

    @property
    def payload(self) -> str | None:
        """What a button or a choice tells a machine."""
        if self.button is not None:
            return self.button.text if self.button.payload is None else self.button.payload
        return None if self.choice is None else self.choice.id


class Answer(Remark):
    """share: of all contacts that a message reaches.  after_ms: since the last status, or since the answer before.
    quotes: names the message that it answers; pressing a button or choosing always does.
    """

    share: Probability | None = None
    after_ms: Span = (1_000, 5_000)
    quotes: bool = True


class Written(Remark):
    """A message that somebody has a contact write at once.

    account, url: those that the sender last used, unless given.  raw: single fields of the wire as they are
    to be sent, of a form in words; None leaves one out.
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


def read_written(text: str | bytes) -> Written:
    """*Raises*: ConfigurationError, one line for each mistake."""
    return read(Written, text, "inbound")
