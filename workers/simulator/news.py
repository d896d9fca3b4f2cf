"""What somebody has a provider tell its client of templates and numbers, as JSON at the operator's door. Owns no wire."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from workers.simulator.schema import Part, read

Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class TemplateNews(Part):
    """News of one template: what became of it (`event`, with a `reason`), or its new quality, or its new category.

    event, reason, quality, category: the provider's own words.  account: whose webhook is told; any, where none is named.
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
    def _is_one_thing(self) -> Self:
        if sum(news is not None for news in (self.event, self.quality, self.category)) != 1:
            raise ValueError("expected one of event, quality, category")
        return self

    @property
    def about(self) -> str:
        return self.name

    @property
    def what(self) -> str:
        return self.event or self.quality or self.category or ""


class NumberNews(Part):
    """News of a number's quality, throughput or limit. event, current_limit: the provider's own words."""

    provider: str
    account: str
    event: Word
    current_limit: Word | None = None

    @property
    def about(self) -> str:
        return self.account

    @property
    def what(self) -> str:
        return self.event


class OtherNews(Part):
    """Anything else that comes in the provider's envelope. field, value: as they are to be sent."""

    provider: str
    field: Word
    value: dict[str, JsonValue] = Field(repr=False)
    account: str | None = None

    @property
    def about(self) -> str:
        return self.field

    @property
    def what(self) -> str:
        return self.field


class Question(Part):
    """Have the provider make sure of its client now."""

    provider: str


News = TemplateNews | NumberNews | OtherNews


def read_template_news(text: str | bytes) -> TemplateNews:
    """*Raises*: ConfigurationError, as do the others."""
    return read(TemplateNews, text, "template")


def read_number_news(text: str | bytes) -> NumberNews:
    return read(NumberNews, text, "number")


def read_other_news(text: str | bytes) -> OtherNews:
    return read(OtherNews, text, "news")


def read_question(text: str | bytes) -> Question:
    return read(Question, text, "handshake")
