"""Wavy's JSON as models. Owns no meaning; how it is read is `reading`'s, and leniently.

Quirk(wavy): the vendor's tables call numbers texts and the reverse, and its samples disagree with them (page read in
2026); names of fields may have stray blanks (`sentStatusCode ` in its SMS, courier @350e9350). So both are read, and what
is neither is as good as absent: one odd field must not cost a batch. Test cases carry the same tag.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (sends, answers, webhooks, lists);
github.com/nyaruka/courier `handlers/wavy/handler_test.go` @350e9350 for the blanks.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.ground.clock import from_ms
from shared.providers import reading
from shared.providers.reading import Model, Text, Token, mapping, mappings, number, token

_DIGITS: Final = re.compile(r"[0-9]{1,14}")  # as milliseconds up to the year 5138, which a datetime can hold
_SECONDS_END: Final = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973: below it they are seconds
_EARLIEST: Final = datetime(2009, 1, 1, tzinfo=UTC)


# ── how their values are read ───────────────────────────────────────────────────────────────────────────────────────


def _number(value: object) -> int | None:
    word = token(value)
    return int(word) if _DIGITS.fullmatch(word) else None


def _flag(value: object) -> bool:
    return value is True or token(value).lower() in {"true", "1"}


def _moment(value: object) -> datetime | None:
    """Milliseconds or seconds since 1970, or ISO 8601; without a zone it is UTC. None for a time before WhatsApp's."""
    found = _read_moment(value)
    return found if found is not None and found >= _EARLIEST else None


def _read_moment(value: object) -> datetime | None:
    number = _number(value)
    if number is not None:
        return from_ms(number if number >= _SECONDS_END else number * 1_000)
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(token(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None


Number = Annotated[int | None, BeforeValidator(_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Part(reading.Part):
    model_config = ConfigDict(alias_generator=to_camel)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Accepted(Part):
    """One destination of an answer. The page spells `id` also as `Id`."""

    id: Token = Field("", validation_alias=AliasChoices("id", "Id"))
    destination: Token = ""


class Answer(Part):
    """To a send. The page spells `destinations` also as `destination`."""

    destinations: Annotated[tuple[Accepted, ...], BeforeValidator(mappings)] = Field(
        (), validation_alias=AliasChoices("destinations", "destination")
    )


class ErrorAnswer(Part):
    """`{"errorCode": 401, "errorMessage": …}`; the code decides, the text is for people."""

    error_code: Number = None


class ListAnswer(Part):
    """data: where the list can be fetched as CSV; absent when nobody is on it."""

    success: Flag = False
    data: Token = ""


# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Status(Part):
    """All that has become of one message so far. `…_at` in Unix time, `…_date` in ISO 8601."""

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


class CardName(Part):
    formatted_name: Text = Field("", alias="formatted_name")
    first_name: Text = Field("", alias="first_name")
    last_name: Text = Field("", alias="last_name")


class CardPhone(Part):
    phone: Token = ""


class Card(Part):
    """A contact that a contact sent: the two things that can be used."""

    name: Annotated[CardName, BeforeValidator(mapping)] = CardName()
    phones: Annotated[tuple[CardPhone, ...], BeforeValidator(mappings)] = ()


class Message(Part):
    """type: TEXT, IMAGE, AUDIO or DOCUMENT; places and contacts come without one. wa_group_id: written in a group."""

    type: Token = ""
    message_text: Text = ""
    media_url: Token = ""
    mime_type: Token = ""
    caption: Text = ""
    wa_group_id: Token = ""
    location: Annotated[Place, BeforeValidator(mapping)] = Place()
    contacts: Annotated[tuple[Card, ...], BeforeValidator(mappings)] = ()


class Received(Part):
    """A contact's message. origin: our number. correlation_id: that of the last message to this contact."""

    id: Token = ""
    source: Token = ""
    origin: Token = ""
    correlation_id: Token = ""
    user_profile: Annotated[UserProfile, BeforeValidator(mapping)] = UserProfile()
    message: Annotated[Message, BeforeValidator(mapping)] = Message()
    received_at: Moment = None
    received_date: Moment = None


class Batch(Part):
    """total and clientInfo are not looked at: the records themselves are."""

    data: Annotated[tuple[Mapping[str, object], ...], BeforeValidator(mappings)] = ()


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def from_json(model: type[Model], body: bytes) -> Model | None:
    """The model, or None where the body is no object. Total; what pydantic raises would quote the body.

    Not by pydantic's own parser, which refuses a whole batch for one half of a surrogate pair.
    """
    try:
        return model.model_validate(_trimmed(json.loads(body.decode("utf-8-sig", "replace"))))
    except (ValueError, RecursionError, ValidationError):
        return None


def _trimmed(value: object) -> object:
    """With names as they were meant, at any depth."""
    match value:
        case dict():
            return {name.strip(): _trimmed(inner) for name, inner in value.items()}
        case list():
            return [_trimmed(inner) for inner in value]
        case _:
            return value


def address(text: str) -> str | None:
    """A number however punctuated, as `+<digits>`, or None.

    >>> address("14155550123"), address("+1(415) 555-0123"), address("US.13491208655302741918")
    ('+14155550123', '+14155550123', None)
    """
    return number(text)
