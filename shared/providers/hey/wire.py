"""Hey's JSON as models, and how it is read: leniently, never raising. Owns no meaning.

What is not of its type is as good as absent: one odd field must not cost a contact's message.
Source: two recorded webhooks and the client that received them, github.com/yornipaz/medio-odoo
`custom-addons/hey_now_integration/` @b716e664; Hey's own webhook test receiver, which reads `data.idMessageHey`; public
users of the Client API for its reports. No document of Hey's own was found: unverified against the live service.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.phone import is_user_id

Model = TypeVar("Model", bound=BaseModel)

_NUMBER: Final = re.compile(r"\+?([1-9][0-9]{5,14})")
_ID: Final = re.compile(r"[A-Za-z0-9._:=+/-]{1,256}")  # `wamid.` and base64; it ends up in keys and reports


# ── how their values are read ───────────────────────────────────────────────────────────────────────────────────────


def _text(value: object) -> str:
    """Of a text or a number. NUL characters say nothing; half a character (their previews are cut) is a question mark."""
    match value:
        case str():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            return ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _object(value: object) -> object:
    """Quirk(hey): where nothing is, there may be the text "None" (recorded for `options` and `sequence`)."""
    return value if isinstance(value, Mapping | BaseModel) else {}


def _objects(value: object) -> object:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


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
    channel_status: Annotated[ChannelStatus, BeforeValidator(_object)] = ChannelStatus()
    temporal: Annotated[tuple[File, ...], BeforeValidator(_objects)] = ()


class Message(Part):
    """id_message_hey: ours, of what was sent through the Direct API. incoming: None where it is not said."""

    id_message: Text = ""
    id_message_hey: Text = ""
    incoming: Flag = None
    message: Text = ""
    date: Text = ""
    last_update: Text = ""
    meta_data: Annotated[MetaData, BeforeValidator(_object)] = MetaData()


# ── the webhook ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Data(Message):
    """session: of the conversation, named by every answer in it.  last_message_trace: an older message, or this one."""

    channel: Text = ""
    platform_id: Text = ""
    client_id: Text = ""
    session: Text = ""
    last_message_trace: Annotated[Message, BeforeValidator(_object)] = Message()


class Contact(Part):
    first_name: Text = Field("", alias="first_name")
    last_name: Text = Field("", alias="last_name")


class New(Part):
    contact: Annotated[Contact, BeforeValidator(_object)] = Field(Contact(), alias="__contact")


class Event(Part):
    """ability: which queue of agents, or which bot, has the conversation."""

    new: Annotated[New, BeforeValidator(_object)] = New()
    ability: Text = ""


class Envelope(Part):
    event: Annotated[Event, BeforeValidator(_object)] = Event()
    data: Annotated[Data, BeforeValidator(_object)] = Data()


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
    chat: Annotated[tuple[Message, ...], BeforeValidator(_objects)] = ()


class Session(Part):
    source: Annotated[Source, BeforeValidator(_object)] = Field(Source(), alias="_source")


class Scroll(Part):
    """length: of this page; 0 behind the last."""

    id: Text = ""
    length: Text = ""


class Report(Part):
    data: Annotated[tuple[Session, ...], BeforeValidator(_objects)] = ()
    scroll: Annotated[Scroll, BeforeValidator(_object)] = Scroll()


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def from_json(model: type[Model], body: bytes) -> Model | None:
    """The model, or None where the body is no object. Total; what pydantic raises would quote the body.

    Not by pydantic's own parser, which refuses a whole body for one half of a surrogate pair.
    """
    try:
        return model.model_validate(json.loads(body))
    except (ValueError, RecursionError, ValidationError):
        return None


def instant(text: str) -> datetime | None:
    """ISO 8601 with its zone, as UTC, or None.

    >>> instant("2026-03-14T12:00:00.250Z"), instant("2026-03-14 12:00:00"), instant("None")
    (datetime.datetime(2026, 3, 14, 12, 0, 0, 250000, tzinfo=datetime.timezone.utc), None, None)
    """
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    return None


def identifier(text: str) -> str:
    """A message's id as Hey gives it, or nothing."""
    return text if _ID.fullmatch(text) else ""


def address(client_id: str) -> str | None:
    """A contact's address, or None. Hey's `clientId` is the number's digits; a user id would come as WhatsApp gives it.

    >>> address("14155550123"), address("US.13491208655302741918"), address("someone")
    ('+14155550123', 'US.13491208655302741918', None)
    """
    if is_user_id(client_id):
        return client_id
    number = _NUMBER.fullmatch(client_id)
    return f"+{number[1]}" if number else None
