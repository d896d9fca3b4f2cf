"""Requests and answers about jobs. Owns names."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from shared.ledger.states import JobState
from workers.web.api import View
from workers.web.paging import ListQuery, Query

_BEGINS_A_DATE = re.compile(r"\d{4}-")


def _written_out(value: str) -> str:
    """pydantic reads digits as seconds since 1970: 20261201 would be a day of that year, and ask for every result."""
    if not _BEGINS_A_DATE.match(value):
        raise ValueError("should be a date with a time, as 2026-05-01T10:30:00-03:00")
    return value


class JobsQuery(ListQuery):
    state: JobState | None = Field(None, description="Only jobs in this state.")


class ResultsQuery(Query):
    state: JobState | None = Field(None, description="Only jobs in this state.")
    since: Annotated[AwareDatetime, BeforeValidator(_written_out)] | None = Field(
        None, description="Only what changed then or later, in RFC 3339; + is %2B in a URL."
    )


class Times(View):
    accepted: datetime | None = None
    delivered: datetime | None = None
    read: datetime | None = None
    failed: datetime | None = None


class JobView(View):
    """A row a contact."""

    contact: str
    contact_id: str = Field(description="The contact's opaque name, which may be used wherever a number may.")
    external_contact_id: str | None = Field(description="The column contact_id of the base.")
    own: Mapping[str, str] = Field(description="The other columns of the base.")
    state: JobState
    attempt: int
    code: str | None = Field(description="The provider's code, where it refused.")
    reason: str | None
    provider_message_id: str | None
    times: Times
    replied_at: datetime | None = Field(None, description="When the contact first answered.")
    reply: str | None = Field(None, description="With what: its text, or its kind in brackets, as [image].")
    answer: str | None = Field(
        None, description="What its last answer counts as: a button's title, or a declared label."
    )
    opted_out_at: datetime | None = None
    price_category: str | None = Field(None, description="What the provider bills the message as, where it says so.")
