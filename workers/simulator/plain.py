"""What providers have in common that speak JSON, sign nothing and refuse by HTTP statuses. Owns no field of theirs.

Who knows the secret part of a webhook's path is believed, so a forgery here is a post to somewhere near it.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workers.simulator.messages import Refusal, Submission
from workers.simulator.provider import Callback
from workers.simulator.traffic import SECOND_US

LOWEST_REFUSAL, HIGHEST_REFUSAL = 400, 599
Word = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, Field(min_length=1, max_length=4_096)]
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Wire(BaseModel):
    """Of what a client sends. What a provider does with a field that it does not know is not documented: refuse it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def unread(account: str, refusal: Refusal) -> Submission:
    """What is refused before it is looked at."""
    return Submission(account, "", "", None, {}, None, refusal, "", None, needs_window=False, wire={})


def mistake(error: ValidationError) -> Refusal:
    """Where the first mistake is, and nothing of what stands there."""
    place = ".".join(str(step) for step in error.errors(include_input=False)[0]["loc"])
    return refusal("400", f"Bad request: {place or 'body'}")


def refusal(
    code: str, text: str | None = None, http_status: int | None = None, retry_after_s: int | None = None
) -> Refusal:
    """code: mostly the HTTP status itself; whatever is none goes with 400."""
    value = int(code) if code.isascii() and code.isdigit() else 0
    usual = value if LOWEST_REFUSAL <= value <= HIGHEST_REFUSAL else HTTPStatus.BAD_REQUEST
    return Refusal(code, text or PHRASES.get(value, "The request was refused"), http_status or usual, retry_after_s)


def posted(url: str, content: object, *, forged: bool) -> Callback:
    """JSON to the client."""
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return Callback(nearby(url) if forged else url, headers, json.dumps(content).encode())


def nearby(url: str) -> str:
    """Where somebody would post who does not know the path: its longest part is another.

    >>> nearby("https://example.com/webhooks/wavy/s/made-up-path/status?x=1")
    'https://example.com/webhooks/wavy/s/not-made-up-path/status?x=1'
    """
    parts = urlsplit(url)
    steps = parts.path.split("/")
    longest = max(range(len(steps)), key=lambda place: (len(steps[place]), place))
    steps[longest] = f"not-{steps[longest]}"
    path = "/".join(steps)
    return parts._replace(path=path if path.startswith("/") else f"/{path}").geturl()


def by_position(values: Sequence[str]) -> dict[str, str]:
    """Placeholders that have an order and no names."""
    return {str(place): value for place, value in enumerate(values, start=1)}


def iso(at_us: int) -> str:
    """ISO 8601 in UTC, with milliseconds.

    >>> iso(1_513_616_971_891_000)
    '2017-12-18T17:09:31.891Z'
    """
    at_s, rest_us = divmod(at_us, SECOND_US)
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}.{rest_us // 1_000:03}Z"
