"""The templates of a script: texts, placeholders and approval, or the names of the variables alone. Owns no filling."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag

from workers.simulator.schema import StrictModel

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def _expand_count(value: object) -> object:
    """A count n stands for the names "1" … "n"; the type check that follows refuses every other value."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return tuple(str(position) for position in range(1, value + 1))
    return value


VariableNames = Annotated[tuple[str, ...], BeforeValidator(_expand_count)]


class TemplateHeader(StrictModel):
    """text: with its placeholder, if it has one."""

    format: Literal["text", "image", "video", "document", "location"]
    text: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(_PLACEHOLDER.findall(self.text))


class TemplateButton(StrictModel):
    """url: ends with a placeholder if each send fills it."""

    type: Literal["quick_reply", "url", "phone_number", "copy_code", "otp", "flow", "catalog", "mpm"]
    text: Annotated[str, Field(min_length=1, max_length=25)]
    url: str = ""

    @property
    def is_filled(self) -> bool:
        """Whether each send must give it a value."""
        return self.type in {"copy_code", "otp", "flow", "mpm"} or _PLACEHOLDER.search(self.url) is not None


class Template(StrictModel):
    """A template and its approval. variables: those of the body if None.

    types, approved_type: of Twilio's content; one text, its body, if it names none.
    carousel, limited_time_offer, call_permission: parts of Meta's templates whose values no send of ours can give.
    """

    name: str = ""
    language: str = "en"
    category: str = "utility"
    status: Literal["unsubmitted", "received", "pending", "approved", "rejected", "paused", "disabled"] = "approved"
    body: str = ""
    variables: tuple[str, ...] | None = None
    header: TemplateHeader | None = None
    footer: str = ""
    buttons: Annotated[tuple[TemplateButton, ...], Field(max_length=10)] = ()
    quality: Literal["green", "yellow", "red", "unknown"] = "unknown"
    types: dict[str, dict[str, JsonValue]] | None = None
    approved_type: str | None = None
    carousel: bool = False
    limited_time_offer: bool = False
    call_permission: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables that every send must fill."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.body))) if self.variables is None else self.variables

    def render(self, values: Mapping[str, str]) -> str:
        """The body as the contact reads it; a variable without a value stays as it is."""
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), self.body)


def _tag_entry(entry: object) -> str:
    """Tells the two forms apart before validation, so that a mistake is reported once and not for both forms."""
    return "template" if isinstance(entry, dict | Template) else "names"


CatalogueEntry = Annotated[
    Annotated[VariableNames, Tag("names")] | Annotated[Template, Tag("template")], Discriminator(_tag_entry)
]


def make_template(entry: tuple[str, ...] | Template) -> Template:
    """The entry as a template. Names alone become the template that has nothing but these variables."""
    if isinstance(entry, Template):
        return entry
    return Template(body=" ".join(f"{{{{{name}}}}}" for name in entry), variables=entry)
