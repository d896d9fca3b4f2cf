"""The values of a provider's JSON, read leniently: reading never raises. Owns no provider's fields and no meaning.

A value of another type counts as absent: one odd field must not cost a contact's message, or a batch of a thousand.
A contact's address is `+<E.164>` or a business-scoped user id (BSUID, `US.13491208655302741918`) in every dialect.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.ground.phone import is_user_id

Value = TypeVar("Value")
Model = TypeVar("Model", bound=BaseModel)
Json = dict[str, object]

_ID: Final = re.compile(r"[A-Za-z0-9._:=+/-]{1,256}")  # uuids, `wamid.` and base64; it ends up in keys and reports
_NUMBER: Final = re.compile(r"\+?([1-9][0-9]{5,14})")
_PUNCTUATION: Final = re.compile(r"[\s().-]+")  # a number may be written for people


class Part(BaseModel):
    """An object of a body. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_text(value: object) -> str:
    """The text as it was written, without NUL characters, which carry nothing; half a surrogate pair is a question mark."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def read_token(value: object) -> str:
    """A text or a whole number, without blanks around it: some ids come as numbers, and some numbers as texts."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else ""
    return read_text(value).strip()


def read_mapping(value: object) -> object:
    return value if isinstance(value, Mapping | BaseModel) else {}


def read_mappings(value: object) -> object:
    return [one for one in value if isinstance(one, Mapping | BaseModel)] if isinstance(value, list | tuple) else []


def read_mappings_if_any(value: object) -> object:
    """None where there is no list at all: an empty one would mean that every entry is gone."""
    return read_mappings(value) if isinstance(value, list | tuple) else None


Text = Annotated[str, BeforeValidator(read_text)]
Token = Annotated[str, BeforeValidator(read_token)]
Word = Annotated[str, Field(strict=True, pattern="^[!-~]*$")]
"""A text in which `read_token` finds nothing to change: for models of `parse_plain_json`."""
Inner = Annotated[Value, BeforeValidator(read_mapping)]
"""`Inner[Cursors]`: an object inside another."""
Many = Annotated[tuple[Value, ...], BeforeValidator(read_mappings)]
"""`Many[Entry]`: the objects of a list; other elements are left out."""


# ── bodies, ids, addresses, times ───────────────────────────────────────────────────────────────────────────────────


def parse_json(model: type[Model], body: bytes, load: Callable[[bytes], object] = json.loads) -> Model | None:
    """The model, or None where the body is no such object. Total; pydantic's own error would quote the body.

    `load` is not pydantic's parser, which refuses a whole batch for half a surrogate pair.
    """
    try:
        return model.model_validate(load(body))
    except (ValueError, RecursionError, ValidationError):
        return None


def parse_plain_json(model: type[Model], body: bytes) -> Model | None:
    """As `parse_json`, by pydantic's own parser, in a third of the time; None for anything unusual, which `parse_json` has
    to read. model: without validators of ours, which would read a value in another way than this parser.
    """
    try:
        found: Model = model.__pydantic_validator__.validate_json(body)
    except ValidationError:
        return None
    return found


def parse_id(text: str) -> str:
    """A message's id as its provider gives it, or an empty text."""
    return text if _ID.fullmatch(text) else ""


def parse_number(text: str) -> str | None:
    """A phone number, however punctuated, as `+<digits>`, or None.

    >>> parse_number("14155550123"), parse_number("+1(415) 555-0123"), parse_number("US.13491208655302741918")
    ('+14155550123', '+14155550123', None)
    """
    return _add_plus(_PUNCTUATION.sub("", text))


def parse_address(text: str) -> str | None:
    """A contact's address from bare digits, with or without `+`, or from a user id; None for anything else.

    >>> parse_address("14155550123"), parse_address("US.13491208655302741918"), parse_address("1-415-555-0123")
    ('+14155550123', 'US.13491208655302741918', None)
    """
    return text if is_user_id(text) else _add_plus(text)


def _add_plus(text: str) -> str | None:
    found = _NUMBER.fullmatch(text)
    return f"+{found[1]}" if found else None


def collect_addresses(parse: Callable[[str], str | None], *texts: str) -> tuple[str, ...]:
    """The addresses among the texts, each once, in order. parse: the dialect's own reading of one."""
    return tuple(dict.fromkeys(found for text in texts if text and (found := parse(text)) is not None))


def choose_time(received_at: datetime, *stated: datetime | None) -> datetime:
    """The first time that is stated, at the latest the webhook's: nothing in it can have happened later."""
    return min(next((at for at in stated if at is not None), received_at), received_at)
