"""The contents that a client may create by Twilio's Content API. Owns shapes and lengths, no storage.

Assumed: WhatsApp's limits are checked here. The documentation states them, but not who refuses a longer text.
Source: github.com/twilio/twilio-oai `spec/json/twilio_content_v1.json` @d50069b4
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workers.simulator.schema import StrictModel


class Text(StrictModel):
    body: Annotated[str, Field(min_length=1, max_length=1_600)]


class Action(StrictModel):
    title: Annotated[str, Field(min_length=1, max_length=20)]
    id: Annotated[str, Field(min_length=1, max_length=200)]
    type: Literal["QUICK_REPLY"] | None = None


class QuickReply(StrictModel):
    body: Annotated[str, Field(min_length=1, max_length=1_024)]
    actions: Annotated[list[Action], Field(min_length=1, max_length=3)]  # ten in an approved template


class Item(StrictModel):
    item: Annotated[str, Field(min_length=1, max_length=24)]
    id: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=72)] = ""


class ListPicker(StrictModel):
    body: Annotated[str, Field(min_length=1, max_length=1_024)]
    button: Annotated[str, Field(min_length=1, max_length=20)]
    items: Annotated[list[Item], Field(min_length=1, max_length=10)]


class Types(StrictModel):
    text: Text | None = Field(default=None, alias="twilio/text")
    quick_reply: QuickReply | None = Field(default=None, alias="twilio/quick-reply")
    list_picker: ListPicker | None = Field(default=None, alias="twilio/list-picker")

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("expected at least one type")
        return self


class NewContent(StrictModel):
    """The body of `POST /v1/Content`."""

    friendly_name: str = ""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?$")]
    variables: dict[str, str] = Field(default_factory=dict)
    types: Types
