"""The fields that the builders of provider cases take by name, each with its type (see `tests/fields.py`)."""

from datetime import datetime
from typing import TypedDict

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.events import Keyword
from shared.providers.messages import Choice, OutgoingMedia
from shared.providers.templates import ListedButton


class UnknownFields(TypedDict, total=False):
    throttles: bool
    retry_after_s: float | None


class ReportedFields(TypedDict, total=False):
    provider_message_id: str
    reference: str | None
    at: datetime
    addresses: tuple[str, ...]
    price_category: str | None


class HeardFields(TypedDict, total=False):
    provider_message_id: str
    addresses: tuple[str, ...]
    to: str | None
    at: datetime
    reply_to: str | None
    reference: str | None
    profile_name: str | None
    handled: Keyword | None
    thread: str | None


class TemplateNewsFields(TypedDict, total=False):
    at: datetime
    name: str | None
    language: str | None
    provider_id: str | None
    status: str | None
    category: str | None
    quality: str | None
    reason: str
    to: str | None
    body: str | None


class SenderNewsFields(TypedDict, total=False):
    usable: bool | None
    rate_per_second: int | None
    unique_contacts_a_day: int | None
    quality: str | None
    reason: str


class FreeFields(TypedDict, total=False):
    to: str
    text: str
    media: OutgoingMedia | None
    choices: tuple[Choice, ...]
    list_button: str | None
    reply_to: str | None
    thread: str | None


class PreparedFields(TypedDict, total=False):
    preparation: HttpRequest
    made: HttpResponse
    prepared: str


class ListedFields(TypedDict, total=False):
    name: str
    language: str
    provider_id: str | None
    status: str
    category: str
    body: str
    quality: str | None
    header: str | None
    header_text: str
    buttons: tuple[ListedButton, ...]
    reason: str
    unfillable: tuple[str, ...]
    fixed: str
