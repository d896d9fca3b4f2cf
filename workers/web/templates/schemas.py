"""Requests and answers about templates. Owns names and bounds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.templates.model import Category, HeaderKind, Quality, TemplateStatus
from workers.web.api import Order, View
from workers.web.paging import ListQuery
from workers.web.values import Line

MAX_PARAMETERS = 100

Parameters = Annotated[
    list[str] | dict[str, str],
    Field(max_length=MAX_PARAMETERS, description="In the order of the placeholders, or by their names."),
]


class TemplatesQuery(ListQuery):
    sender: str | None = Field(None, max_length=64, description="Only those of one sender.")


class HeaderView(View):
    kind: HeaderKind
    text: str = Field(description="Of a header that is a text, with its placeholder.")


class ButtonView(View):
    kind: str
    text: str
    placeholder: str | None = Field(
        description="What each send gives it: a payload, what is put behind its URL, or the code that it copies."
    )


class TemplateView(View):
    sender: str
    name: str
    language: str
    category: Category
    status: TemplateStatus
    quality: Quality
    placeholders: list[str] = Field(description="What a base of contacts needs a column for, in order.")
    body: str
    header: HeaderView | None
    buttons: list[ButtonView]
    provider_id: str | None = Field(
        description="The provider's own id, where it has one. At Twilio it may stand for the name, which is not unique."
    )
    enabled: bool = Field(description="Whether a campaign may start with it.")
    remedy: str | None = Field(description="Why not, and what to do.")
    reason: str = Field(description="Why the provider gave it its status, where it said so.")
    seen_at: datetime | None = Field(description="When the provider last spoke of it; null: the configuration does.")


class TemplateSync(Order):
    sender: Line | None = Field(None, description="Absent: every sender of the tenant.")


class SyncView(View):
    """listed: whether the provider lists templates at all; where it does not, the configuration does."""

    sender: str
    listed: bool
    templates: int
    enabled: int
    gone: int = Field(description="Declared or known before, and not listed: nothing starts with them now.")
    problem: str | None = Field(description="Why the provider could not be asked; what was known stays.")


class SyncsView(View):
    items: list[SyncView]


class TemplatePreview(Order):
    sender: Line
    name: Line
    language: Line
    params: Parameters = Field(default_factory=list)


class PreviewView(View):
    """The message as the contact will read it."""

    language: str
    header: str = Field(description="The text, or the URL of the file; empty without a header.")
    text: str
    buttons: list[str] = Field(description="Their titles.")
    parameters: Mapping[str, str] = Field(description="What stands where, by placeholder.")
    enabled: bool
    remedy: str | None
