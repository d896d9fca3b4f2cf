"""Messages to a contact, and a provider's acceptance of one, in a vocabulary that all dialects share. Owns no wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from shared.ground.values import value


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class OutgoingMedia:
    """A file that the provider fetches by itself. url: public, https."""

    kind: MediaKind
    url: str = field(repr=False)
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingPlace:
    """A location in a template's header. latitude, longitude: in degrees, as decimal numbers with a point."""

    latitude: str = field(repr=False)
    longitude: str = field(repr=False)
    name: str = field(repr=False)
    address: str = field(repr=False)


class ButtonKind(StrEnum):
    """The parameter of a template's button: the payload that comes back, the end of its URL, or the code that it copies."""

    QUICK_REPLY = "quick_reply"
    URL = "url"
    COPY_CODE = "copy_code"


@dataclass(frozen=True, slots=True)
class ButtonParameter:
    """index: the button's place in the template, from 0."""

    index: int
    kind: ButtonKind
    value: str = field(repr=False)


@value(frozen=True, slots=True)
class TemplateMessage:
    """One template to one contact.

    parameters: placeholder of the body → text, complete for the template, in its order.
    header: a file or a place in the template's header, or the text of the header's own placeholder; header_name: of the
    placeholder.
    provider_id: the provider's own id of the template, where it has one (Twilio's ContentSid).
    category: of the template, in our words; some providers send each by a way of its own.
    valid_for: how long from now on it is worth delivering, where the provider can be told (Twilio); None: its own time.
    """

    to: str
    name: str
    language: str
    provider_id: str | None
    parameters: Mapping[str, str] = field(repr=False)
    header: OutgoingMedia | OutgoingPlace | str | None = field(default=None, repr=False)
    buttons: tuple[ButtonParameter, ...] = ()
    header_name: str | None = None
    category: str = ""
    valid_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that the contact may choose. id: comes back as the payload. description: in lists only."""

    id: str
    title: str = field(repr=False)
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FreeMessage:
    """A message of free form, inside an open window: a text, a file with `text` as its caption, or a text with choices.

    choices: quick replies under the text; where `list_button` is given, rows of a list behind that button.
    reply_to: the provider's id of the contact's message that this one answers.  thread: the provider's last id of the
    conversation (`MessageReceived.thread`).
    """

    to: str
    text: str = field(default="", repr=False)
    media: OutgoingMedia | None = None
    choices: tuple[Choice, ...] = ()
    list_button: str | None = field(default=None, repr=False)
    reply_to: str | None = None
    thread: str | None = None


@value(frozen=True, slots=True)
class Receipt:
    """The provider's acceptance. provider_message_id: empty where it comes by webhook (`Capabilities.receipts_have_ids`).

    recipient: the address that the provider will really use, where the answer names it.
    aliases: other names of the same person, where the answer gives them (a user id beside a number).
    """

    provider_message_id: str
    recipient: str | None = field(default=None, repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which the answer calls the recipient."""
        return self.aliases if self.recipient is None else (self.recipient, *self.aliases)
