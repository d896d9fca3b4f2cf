"""Parts that Wavy and Hey share: JSON bodies, no signatures, refusals by HTTP status. Owns no field of theirs.

The secret part of a webhook's path authenticates its caller, so a forgery here is a POST to a wrong path.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from workers.simulator.http_values import WebhookRequest, parse_count
from workers.simulator.messages import Refusal, Submission
from workers.simulator.schema import name_place
from workers.simulator.traffic import SECOND_US

MIN_REFUSAL, MAX_REFUSAL = 400, 599
Word = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, Field(min_length=1, max_length=4_096)]
PHRASES = {status.value: status.phrase for status in HTTPStatus}


def reject_unread(account: str, refusal: Refusal) -> Submission:
    """The submission of a request that is refused before its body is read."""
    return Submission(account, "", "", None, {}, None, refusal, "", None, needs_window=False, wire={})


def refuse_invalid(error: ValidationError) -> Refusal:
    """Names the place of the first mistake, and repeats none of its content."""
    place = name_place(error.errors(include_input=False)[0]["loc"])
    return make_refusal("400", f"Bad request: {place or 'body'}")


def make_refusal(
    code: str, text: str | None = None, http_status: int | None = None, retry_after_s: int | None = None
) -> Refusal:
    """code: mostly the HTTP status itself; any other code goes with 400."""
    value = parse_count(code) or 0
    usual = value if MIN_REFUSAL <= value <= MAX_REFUSAL else HTTPStatus.BAD_REQUEST
    return Refusal(code, text or PHRASES.get(value, "The request was refused"), http_status or usual, retry_after_s)


def build_json_webhook(url: str, content: object, *, forged: bool) -> WebhookRequest:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return WebhookRequest(alter_path(url) if forged else url, headers, json.dumps(content).encode())


def alter_path(url: str) -> str:
    """The URL of somebody who does not know the secret path: its longest part is changed.

    >>> alter_path("https://example.com/webhooks/wavy/s/made-up-path/status?x=1")
    'https://example.com/webhooks/wavy/s/not-made-up-path/status?x=1'
    """
    parts = urlsplit(url)
    steps = parts.path.split("/")
    longest = max(range(len(steps)), key=lambda place: (len(steps[place]), place))
    steps[longest] = f"not-{steps[longest]}"
    path = "/".join(steps)
    return parts._replace(path=path if path.startswith("/") else f"/{path}").geturl()


def number_values(values: Sequence[str]) -> dict[str, str]:
    """Values by position, from "1", for placeholders without names."""
    return {str(place): value for place, value in enumerate(values, start=1)}


def format_iso(at_us: int) -> str:
    """ISO 8601 in UTC, with milliseconds.

    >>> format_iso(1_513_616_971_891_000)
    '2017-12-18T17:09:31.891Z'
    """
    at_s, rest_us = divmod(at_us, SECOND_US)
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}.{rest_us // 1_000:03}Z"
