"""Hey's JSON as models. Owns no meaning.

Source: two recorded webhooks and the client that received them, github.com/yornipaz/medio-odoo
`custom-addons/hey_now_integration/` @b716e664; Hey's own webhook test receiver, which reads `data.idMessageHey`; public
users of the Client API for its reports. No document of Hey's own was found: unverified against the live service.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.providers import wire
from shared.providers.wire import Inner, Many, Word, read_text, read_token

# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_text_or_number(value: object) -> str:
    return read_token(value) if isinstance(value, int) else read_text(value)


def _read_flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


Text = Annotated[str, BeforeValidator(_read_text_or_number)]
Flag = Annotated[bool | None, BeforeValidator(_read_flag)]


# Quirk(hey) none-as-text: an absent object may come as the text "None" (recorded body, 2026-11)
class Part(wire.Part):
    """Recorded for `options` and `sequence`."""

    model_config = ConfigDict(alias_generator=to_camel)


# ── a message, wherever it stands: in a webhook, in its trace, in a report ──────────────────────────────────────────


class ChannelStatus(Part):
    """Every state of a message so far."""

    sent_status_code: Text = ""
    delivered_status_code: Text = ""


class File(Part):
    """url_fileshare: a link that expires. name: often without an extension."""

    mime_type: Text = ""
    name: Text = ""
    temporal_id: Text = ""
    url_fileshare: Text = ""


class MetaData(Part):
    channel_status: Inner[ChannelStatus] = ChannelStatus()
    temporal: Many[File] = ()


# Quirk(hey) no-text-with-a-file: a file without words has no `message` (recorded body, 2026-11)
class Message(Part):
    """id_message_hey: ours, of a message through the Direct API. incoming: None where the field is absent."""

    id_message: Text = ""
    id_message_hey: Text = ""
    incoming: Flag = None
    message: Text = ""
    date: Text = ""
    last_update: Text = ""
    meta_data: Inner[MetaData] = MetaData()


# ── the webhook ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Data(Message):
    """session: of the conversation; every answer in it names it.  last_message_trace: an older message, or this one."""

    channel: Text = ""
    platform_id: Text = ""
    client_id: Text = ""
    session: Text = ""
    last_message_trace: Inner[Message] = Message()


class Contact(Part):
    first_name: Text = Field("", alias="first_name")
    last_name: Text = Field("", alias="last_name")


class New(Part):
    contact: Inner[Contact] = Field(Contact(), alias="__contact")


class Event(Part):
    """ability: the queue of agents, or the bot, that has the conversation."""

    new: Inner[New] = New()
    ability: Text = ""


class Envelope(Part):
    event: Inner[Event] = Event()
    data: Inner[Data] = Data()


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Answer(Part):
    """To a send. No field of it is known; these are the webhook's and the Client API's words."""

    success: Flag = None
    id_message: Text = ""


class PlainAnswer(Answer):
    """In those words, for `parse_plain_json`."""

    success: Annotated[bool | None, Field(strict=True)] = None
    id_message: Word = ""


class Login(Part):
    success: Flag = None
    token: Text = ""


class Source(Part):
    client_id: Text = ""
    chat: Many[Message] = ()


class Session(Part):
    source: Inner[Source] = Field(Source(), alias="_source")


class Scroll(Part):
    """length: of this page; 0 behind the last."""

    id: Text = ""
    length: Text = ""


class Report(Part):
    data: Many[Session] = ()
    scroll: Inner[Scroll] = Scroll()


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_instant(text: str) -> datetime | None:
    """ISO 8601 with its zone, as UTC, or None.

    >>> parse_instant("2026-03-14T12:00:00.250Z"), parse_instant("2026-03-14 12:00:00"), parse_instant("None")
    (datetime.datetime(2026, 3, 14, 12, 0, 0, 250000, tzinfo=datetime.timezone.utc), None, None)
    """
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    return None
