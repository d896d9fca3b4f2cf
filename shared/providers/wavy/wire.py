"""Wavy's JSON as models. Owns no meaning.

The vendor's tables and samples disagree on types and names: both are read, and a value that is neither is as good as
absent. One odd field must not cost a batch.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (sends, answers, webhooks, lists);
github.com/nyaruka/courier `handlers/wavy/handler_test.go` @350e9350 for the blanks.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.ground.clock import from_ms
from shared.providers import wire
from shared.providers.inbound import Card
from shared.providers.wire import Inner, Many, Model, Text, Token, Word, read_token

_DIGITS: Final = re.compile(r"[0-9]{1,14}")  # as milliseconds up to the year 5138, which a datetime can hold
_SECONDS_END: Final = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973: below it they are seconds
_EARLIEST: Final = datetime(2009, 1, 1, tzinfo=UTC)


# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(wavy) numbers-as-texts: its tables call numbers texts and the reverse (page "WhatsApp API", 2026-11)
def _read_number(value: object) -> int | None:
    digits = read_token(value)
    return int(digits) if _DIGITS.fullmatch(digits) else None


def _read_flag(value: object) -> bool:
    return value is True or read_token(value).lower() in {"true", "1"}


# Quirk(wavy) times-twice: Unix time in `…At`, ISO 8601 in `…Date`; one may be missing (page "WhatsApp API", 2026-11)
def _read_time(value: object) -> datetime | None:
    """Milliseconds or seconds since 1970, or ISO 8601, in UTC where it names no zone. None for a time before WhatsApp's."""
    found = _parse_time(value)
    return found if found is not None and found >= _EARLIEST else None


def _parse_time(value: object) -> datetime | None:
    number = _read_number(value)
    if number is not None:
        return from_ms(number if number >= _SECONDS_END else number * 1_000)
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(read_token(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None


Number = Annotated[int | None, BeforeValidator(_read_number)]
Flag = Annotated[bool, BeforeValidator(_read_flag)]
Moment = Annotated[datetime | None, BeforeValidator(_read_time)]


class Part(wire.Part):
    model_config = ConfigDict(alias_generator=to_camel)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(wavy) answer-spelled-otherwise: `Id` and `destination` in its sample (page "WhatsApp API", 2026-11)
class Accepted(Part):
    """One destination of an answer. The page spells `id` also as `Id`."""

    id: Token = Field("", validation_alias=AliasChoices("id", "Id"))
    destination: Token = ""


class Answer(Part):
    """To a send. The page spells `destinations` also as `destination`."""

    destinations: Many[Accepted] = Field((), validation_alias=AliasChoices("destinations", "destination"))


class PlainAccepted(Accepted):
    """As the page has it. Any other name is left to `parse_json`: it may be one of these, with blanks around it."""

    model_config = ConfigDict(extra="forbid")

    id: Word = ""
    correlation_id: Word = ""
    destination: Word = ""


class PlainAnswer(Answer):
    """As `PlainAccepted`, for `parse_plain_json`."""

    model_config = ConfigDict(extra="forbid")

    id: Word = ""
    destinations: tuple[PlainAccepted, ...] = ()


class ErrorAnswer(Part):
    """`{"errorCode": 401, "errorMessage": …}`; the code decides, the text is for people."""

    error_code: Number = None
    error_message: Text = ""


class ListAnswer(Part):
    """data: the URL of the list as CSV; absent when nobody is on it."""

    success: Flag = False
    data: Token = ""


# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Status(Part):
    """Every state of one message so far. `…_at` in Unix time, `…_date` in ISO 8601."""

    id: Token = ""
    correlation_id: Token = ""
    destination: Token = ""
    sent: Flag = False
    sent_status_code: Number = None
    sent_at: Moment = None
    sent_date: Moment = None
    delivered: Flag = False
    delivered_status_code: Number = None
    delivered_at: Moment = None
    delivered_date: Moment = None
    read: Flag = False
    read_at: Moment = None
    read_date: Moment = None
    updated_at: Moment = None
    updated_date: Moment = None


class UserProfile(Part):
    name: Text = ""


class Place(Part):
    """geo_point: `latitude,longitude` in degrees."""

    geo_point: Token = ""
    name: Text = ""
    address: Text = ""


# Quirk(wavy) no-type: places and contacts come without one (page "WhatsApp API", 2026-11)
class Message(Part):
    """type: TEXT, IMAGE, AUDIO or DOCUMENT; places and contacts come without one. wa_group_id: written in a group."""

    type: Token = ""
    message_text: Text = ""
    media_url: Token = ""
    mime_type: Token = ""
    caption: Text = ""
    wa_group_id: Token = ""
    location: Inner[Place] = Place()
    contacts: Many[Card] = ()


class Received(Part):
    """A contact's message. origin: our number. correlation_id: that of the last message to this contact."""

    id: Token = ""
    source: Token = ""
    origin: Token = ""
    correlation_id: Token = ""
    user_profile: Inner[UserProfile] = UserProfile()
    message: Inner[Message] = Message()
    received_at: Moment = None
    received_date: Moment = None


class Batch(Part):
    """The fields total and clientInfo are ignored: the records themselves are counted."""

    data: Many[Mapping[str, object]] = ()


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_json(model: type[Model], body: bytes) -> Model | None:
    """As `wire.parse_json`; also with a byte order mark, with bytes that are not UTF-8, and with blanks around names."""
    return wire.parse_json(model, body, _load)


def _load(body: bytes) -> object:
    return _strip_names(json.loads(body.decode("utf-8-sig", "replace")))


# Quirk(wavy) blanks-in-names: `sentStatusCode ` with a blank, in its SMS (courier @350e9350, 2026-11)
def _strip_names(value: object) -> object:
    """At any depth."""
    match value:
        case dict():
            return {name.strip(): _strip_names(inner) for name, inner in value.items()}
        case list():
            return [_strip_names(inner) for inner in value]
        case _:
            return value
