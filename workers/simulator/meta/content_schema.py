"""Free-form contents that a client may send: files, texts, places, reactions. Owns shapes and lengths.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from workers.simulator.schema import StrictModel, Url

Id = Annotated[str, Field(min_length=1, max_length=256)]
Link = Annotated[Url, Field(max_length=2_048)]


class Source(StrictModel):
    """Meta takes a file by its id or fetches it from a link."""

    id: Id | None = None
    link: Link | None = None

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if (self.id is None) == (self.link is None):
            raise ValueError("expected an id or a link")
        return self


class File(Source):
    caption: Annotated[str, Field(max_length=1_024)] | None = None
    filename: Annotated[str, Field(max_length=240)] | None = None


class Audio(Source):
    """voice: shown as a voice message, with the sender's picture."""

    voice: bool | None = None


class Text(StrictModel):
    body: Annotated[str, Field(min_length=1, max_length=4_096)]
    preview_url: bool = False


class Place(StrictModel):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class Reaction(StrictModel):
    message_id: Id
    emoji: str
