"""Hey's JSON as models. Owns no meaning; how it is read is `reading`'s.

Source: two recorded webhooks and the client that received them, github.com/yornipaz/medio-odoo
`custom-addons/hey_now_integration/` @b716e664; Hey's own webhook test receiver, which reads `data.idMessageHey`; public
users of the Client API for its reports. No document of Hey's own was found: unverified against the live service.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.ground.phone import is_user_id
from shared.providers import reading
from shared.providers.reading import mapping, mappings, text, token

_NUMBER: Final = re.compile(r"\+?([1-9][0-9]{5,14})")


# ── how their values are read ───────────────────────────────────────────────────────────────────────────────────────


def _text(value: object) -> str:
    """Of a text or a number. NUL characters say nothing; half a character (their previews are cut) is a question mark."""
    return token(value) if isinstance(value, int) else text(value)


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]


class Part(reading.Part):
    """Quirk(hey): where nothing is, there may be the text "None" (recorded for `options` and `sequence`)."""

    model_config = ConfigDict(alias_generator=to_camel)


# ── a message, wherever it stands: in a webhook, in its trace, in a report ──────────────────────────────────────────


class ChannelStatus(Part):
    """All that has become of a message so far."""

    sent_status_code: Text = ""
    delivered_status_code: Text = ""


class File(Part):
    """url_fileshare: expires. name: often without an extension."""

    mime_type: Text = ""
    name: Text = ""
    temporal_id: Text = ""
    url_fileshare: Text = ""


class MetaData(Part):
    channel_status: Annotated[ChannelStatus, BeforeValidator(mapping)] = ChannelStatus()
    temporal: Annotated[tuple[File, ...], BeforeValidator(mappings)] = ()


class Message(Part):
    """id_message_hey: ours, of what was sent through the Direct API. incoming: None where it is not said."""

    id_message: Text = ""
    id_message_hey: Text = ""
    incoming: Flag = None
    message: Text = ""
    date: Text = ""
    last_update: Text = ""
    meta_data: Annotated[MetaData, BeforeValidator(mapping)] = MetaData()


# ── the webhook ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Data(Message):
    """session: of the conversation, named by every answer in it.  last_message_trace: an older message, or this one."""

    channel: Text = ""
    platform_id: Text = ""
    client_id: Text = ""
    session: Text = ""
    last_message_trace: Annotated[Message, BeforeValidator(mapping)] = Message()


class Contact(Part):
    first_name: Text = Field("", alias="first_name")
    last_name: Text = Field("", alias="last_name")


class New(Part):
    contact: Annotated[Contact, BeforeValidator(mapping)] = Field(Contact(), alias="__contact")


class Event(Part):
    """ability: which queue of agents, or which bot, has the conversation."""

    new: Annotated[New, BeforeValidator(mapping)] = New()
    ability: Text = ""


class Envelope(Part):
    event: Annotated[Event, BeforeValidator(mapping)] = Event()
    data: Annotated[Data, BeforeValidator(mapping)] = Data()


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Answer(Part):
    """To a send. No field of it is known; these would be the webhook's and the Client API's words."""

    success: Flag = None
    id_message: Text = ""


class Login(Part):
    success: Flag = None
    token: Text = ""


class Source(Part):
    client_id: Text = ""
    chat: Annotated[tuple[Message, ...], BeforeValidator(mappings)] = ()


class Session(Part):
    source: Annotated[Source, BeforeValidator(mapping)] = Field(Source(), alias="_source")


class Scroll(Part):
    """length: of this page; 0 behind the last."""

    id: Text = ""
    length: Text = ""


class Report(Part):
    data: Annotated[tuple[Session, ...], BeforeValidator(mappings)] = ()
    scroll: Annotated[Scroll, BeforeValidator(mapping)] = Scroll()


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def instant(text: str) -> datetime | None:
    """ISO 8601 with its zone, as UTC, or None.

    >>> instant("2026-03-14T12:00:00.250Z"), instant("2026-03-14 12:00:00"), instant("None")
    (datetime.datetime(2026, 3, 14, 12, 0, 0, 250000, tzinfo=datetime.timezone.utc), None, None)
    """
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    return None


def address(client_id: str) -> str | None:
    """A contact's address, or None. Hey's `clientId` is the number's digits; a user id would come as WhatsApp gives it.

    >>> address("14155550123"), address("US.13491208655302741918"), address("someone")
    ('+14155550123', 'US.13491208655302741918', None)
    """
    if is_user_id(client_id):
        return client_id
    number = _NUMBER.fullmatch(client_id)
    return f"+{number[1]}" if number else None
