"""How a provider's JSON is read: leniently, never raising. Owns no provider's field and no meaning.

What is not of its type is as good as absent: one odd field must not cost a contact's message, or a batch of a thousand.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

Model = TypeVar("Model", bound=BaseModel)

_ID: Final = re.compile(r"[A-Za-z0-9._:=+/-]{1,256}")  # uuids, `wamid.` and base64; it ends up in keys and reports
_NUMBER: Final = re.compile(r"\+?([1-9][0-9]{5,14})")
_PUNCTUATION: Final = re.compile(r"[\s().-]+")  # a number may be written for people


class Part(BaseModel):
    """Of a body; whatever else there is, is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def text(value: object) -> str:
    """As it was written. NUL characters say nothing; half a surrogate pair is a question mark."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def token(value: object) -> str:
    """A text or a whole number, without blanks around it: some ids are numbers, and some numbers are texts."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else ""
    return text(value).strip()


def mapping(value: object) -> object:
    return value if isinstance(value, Mapping | BaseModel) else {}


def mappings(value: object) -> object:
    return [one for one in value if isinstance(one, Mapping | BaseModel)] if isinstance(value, list | tuple) else []


def mappings_if_any(value: object) -> object:
    """None where there is no list at all: an empty one would say that everything has gone."""
    return mappings(value) if isinstance(value, list | tuple) else None


Text = Annotated[str, BeforeValidator(text)]
Token = Annotated[str, BeforeValidator(token)]


# ── bodies, ids, numbers ────────────────────────────────────────────────────────────────────────────────────────────


def from_json(model: type[Model], body: bytes) -> Model | None:
    """The model, or None where the body is no object. Total; what pydantic raises would quote the body.

    Not by pydantic's own parser, which refuses a whole batch for one half of a surrogate pair.
    """
    try:
        return model.model_validate(json.loads(body))
    except (ValueError, RecursionError, ValidationError):
        return None


def identifier(text: str) -> str:
    """A message's id as its provider gives it, or nothing."""
    return text if _ID.fullmatch(text) else ""


def number(text: str) -> str | None:
    """However punctuated, as `+<digits>`, or None.

    >>> number("14155550123"), number("+1(415) 555-0123"), number("US.13491208655302741918")
    ('+14155550123', '+14155550123', None)
    """
    found = _NUMBER.fullmatch(_PUNCTUATION.sub("", text))
    return f"+{found[1]}" if found else None
