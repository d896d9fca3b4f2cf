"""News of templates and numbers: the operator's commands, as JSON, for webhooks about them. Owns no wire."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from workers.simulator.schema import StrictModel, read_document

Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class TemplateNews(StrictModel):
    """News of one template: a new status (`event`, with a `reason`), a new quality, or a new category.

    event, reason, quality, category: in the provider's words.  account: the account whose webhook is called; None: the
    first that has one.
    """

    provider: str
    name: Annotated[str, Field(min_length=1)]
    language: Annotated[str, Field(min_length=1)] = "en"
    event: Word | None = None
    reason: Word = "NONE"
    quality: Word | None = None
    category: Word | None = None
    account: str | None = None

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if sum(news is not None for news in (self.event, self.quality, self.category)) != 1:
            raise ValueError("expected one of event, quality, category")
        return self

    @property
    def subject(self) -> str:
        return self.name

    @property
    def change(self) -> str:
        return self.event or self.quality or self.category or ""


class NumberNews(StrictModel):
    """News of a number's quality, throughput or limit. event, current_limit: in the provider's words."""

    provider: str
    account: str
    event: Word
    current_limit: Word | None = None

    @property
    def subject(self) -> str:
        return self.account

    @property
    def change(self) -> str:
        return self.event


class OtherNews(StrictModel):
    """Any other webhook in the provider's envelope. field, value: sent as they are."""

    provider: str
    field: Word
    value: dict[str, JsonValue] = Field(repr=False)
    account: str | None = None

    @property
    def subject(self) -> str:
        return self.field

    @property
    def change(self) -> str:
        return self.field


class HandshakeCommand(StrictModel):
    """An operator's command: the provider performs its handshake with the client now."""

    provider: str


News = TemplateNews | NumberNews | OtherNews


def read_template_news(text: str | bytes) -> TemplateNews:
    """*Raises*: ConfigurationError, as do the three below."""
    return read_document(TemplateNews, text, "template")


def read_number_news(text: str | bytes) -> NumberNews:
    return read_document(NumberNews, text, "number")


def read_other_news(text: str | bytes) -> OtherNews:
    return read_document(OtherNews, text, "news")


def read_handshake_command(text: str | bytes) -> HandshakeCommand:
    return read_document(HandshakeCommand, text, "handshake")
