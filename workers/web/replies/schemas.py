"""Requests about replies. Owns names and bounds; `shared.providers.free` says which forms a provider can carry."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.providers.messages import MediaKind
from workers.web.api import Order
from workers.web.values import Line, Text, Url

MAX_CHOICES = 100


class NewMedia(Order):
    kind: Annotated[MediaKind, Field(strict=False)]
    url: Annotated[Url, Field(description="http or https; the provider fetches it.")]
    filename: Line | None = None


class QuickReply(Order):
    id: Annotated[Line, Field(description="What the contact's answer brings back as its payload.")]
    title: Line


class NewRow(Order):
    id: Line
    title: Line
    description: Line | None = None


class NewList(Order):
    button: Annotated[Line, Field(description="What opens the list.")]
    rows: Annotated[tuple[NewRow, ...], Field(max_length=MAX_CHOICES)]


class NewReply(Order):
    """A text, a file with `text` as its caption, or a text with choices under it."""

    sender: Line
    contact: Annotated[Line, Field(description="A number, or a contact_id of our answers.")]
    text: Text = ""
    media: NewMedia | None = None
    quick_replies: Annotated[tuple[QuickReply, ...], Field(max_length=MAX_CHOICES)] = ()
    list: NewList | None = None
    reply_to: Line | None = Field(None, description="The provider's id of the contact's message that this answers.")
    interaction: Line | None = Field(
        None, description="Where it belongs. Absent: the contact's newest open one with this sender."
    )
    agent: Line | None = Field(None, description="Who writes. Absent: the API key's name.")

    @model_validator(mode="after")
    def _has_one_kind_of_choices(self) -> Self:
        if self.quick_replies and self.list is not None:
            raise ValueError("should have quick_replies or a list, not both")
        return self
