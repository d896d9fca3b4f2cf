"""Requests and answers about jobs. Owns names."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, Field

from shared.ledger.states import JobState
from workers.web.api import View
from workers.web.paging import ListQuery, Query


class JobsQuery(ListQuery):
    state: JobState | None = Field(None, description="Only jobs in this state.")


class ResultsQuery(Query):
    state: JobState | None = Field(None, description="Only jobs in this state.")
    since: AwareDatetime | None = Field(None, description="Only what changed later, in RFC 3339; + is %2B in a URL.")


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
