"""Interactive messages that a client may send: reply buttons and lists. Owns shapes and lengths.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workers.simulator.meta.content_schema import File, Id
from workers.simulator.schema import StrictModel

ROWS = 10

BodyText = Annotated[str, Field(min_length=1, max_length=1_024)]


class Body(StrictModel):
    text: BodyText


class Footer(StrictModel):
    text: Annotated[str, Field(min_length=1, max_length=60)]


class Header(StrictModel):
    type: Literal["text", "image", "video", "document"]
    text: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    image: File | None = None
    video: File | None = None
    document: File | None = None


class Reply(StrictModel):
    id: Id
    title: Annotated[str, Field(min_length=1, max_length=20)]


class ReplyButton(StrictModel):
    type: Literal["reply"]
    reply: Reply


class Buttons(StrictModel):
    buttons: Annotated[tuple[ReplyButton, ...], Field(min_length=1, max_length=3)]

    @model_validator(mode="after")
    def _check_distinct(self) -> Self:
        for values in zip(*((button.reply.id, button.reply.title) for button in self.buttons), strict=True):
            if len(set(values)) < len(values):
                raise ValueError("the same twice")
        return self


class Row(StrictModel):
    id: Annotated[str, Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(min_length=1, max_length=24)]
    description: Annotated[str, Field(max_length=72)] = ""


class Section(StrictModel):
    title: Annotated[str, Field(max_length=24)] = ""
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]


class List(StrictModel):
    button: Annotated[str, Field(min_length=1, max_length=20)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _check_rows(self) -> Self:
        rows = [row for section in self.sections for row in section.rows]
        if len(rows) > ROWS or len({row.id for row in rows}) < len(rows):
            raise ValueError("too many rows, or the same twice")
        if len(self.sections) > 1 and not all(section.title for section in self.sections):
            raise ValueError("several sections need titles")
        return self


class InteractiveMessage(StrictModel):
    header: Header | None = None
    body: Body
    footer: Footer | None = None


class ButtonsMessage(InteractiveMessage):
    type: Literal["button"]
    action: Buttons


class ListMessage(InteractiveMessage):
    type: Literal["list"]
    action: List


Interactive = Annotated[ButtonsMessage | ListMessage, Field(discriminator="type")]
