"""Requests and answers about consent. Owns names and bounds."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field, RootModel, model_validator

from workers.web.api import Order, View
from workers.web.values import Evidence, Instant, Line

MAX_TOGETHER = 10_000  # of one JSON body; a file may hold more


class NewConsent(Order):
    contact: Annotated[Line, Field(description="A number, or a contact_id of our answers.")]
    source: Annotated[Line, Field(description="Where it was given: sms_link, web_form, mailing, agent …")]
    scope: Literal["all", "marketing", "utility", "authentication"] = Field("all", description="What it covers.")
    at: Instant | None = None
    evidence: Evidence | None = Field(None, description="Your own note of how it can be proved.")


class NewOptIn(NewConsent):
    at: Instant | None = Field(
        None, description="When. Absent: not known, so it counts from now on and undoes no refusal."
    )


class NewOptOut(NewConsent):
    at: Instant | None = Field(None, description="When. Absent: now.")


def _one_or_many(schema: dict[str, Any]) -> None:
    many = {key: schema.pop(key) for key in ("type", "items", "maxItems") if key in schema}
    schema["anyOf"] = [many["items"], many]


Item = TypeVar("Item", bound=NewConsent)


class OneOrMany(RootModel[list[Item]], Generic[Item]):
    model_config = ConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra=_one_or_many,
    )
    root: Annotated[list[Item], Field(max_length=MAX_TOGETHER)]

    @model_validator(mode="before")
    @classmethod
    def _as_list(cls, given: Any) -> Any:
        return [given] if isinstance(given, dict) else given


class NewOptIns(OneOrMany[NewOptIn]):
    """One, or a list."""


class NewOptOuts(OneOrMany[NewOptOut]):
    """One, or a list."""


class Unrecorded(View):
    line: int = Field(description="Where the row begins in the file, from 1; in a JSON list, which element.")
    reason: str
    detail: str


class ConsentsView(View):
    recorded: int
    rejected: list[Unrecorded]
