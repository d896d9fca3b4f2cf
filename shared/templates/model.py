"""A template: its placeholders, what fills them, and whether it may start a campaign.

Owns no store and no wire; knows contacts and campaigns by nothing but the values that they bring.
Source: Meta, error 132018 and its text "Param text cannot have new-line/tab characters or more than 4 consecutive
spaces"; Twilio Content API, the values of `status`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from shared.ground.errors import InputError
from shared.ground.ids import SenderId
from shared.ground.names import join_names
from shared.ground.placeholders import PLACEHOLDER, is_number
from shared.ground.urls import is_file_url

_MALFORMED = re.compile(r"[\n\r\t]| {5}")


class Category(StrEnum):
    MARKETING = "marketing"
    UTILITY = "utility"
    AUTHENTICATION = "authentication"


class Quality(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"


class HeaderKind(StrEnum):
    """The header above the body. A file is given by its URL, under the placeholder `header`."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


HEADER = "header"  # the placeholder of a header that takes something
QUICK_REPLY = "quick_reply"


@dataclass(frozen=True, slots=True)
class Button:
    """kind: `quick_reply`, `url`, or the provider's word. takes: whether each send gives it something (a payload, or what
    is put behind its URL), under the placeholder `button<n>`, n from 1.
    """

    kind: str
    text: str
    takes: bool = False


class TemplateStatus(StrEnum):
    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    UNSUBMITTED = "unsubmitted"
    RECEIVED = "received"


# Why a template of this status cannot start a campaign. `approved` has no row on purpose.
_REMEDIES = {
    TemplateStatus.PENDING: "still waits for approval: start the campaign once it is approved",
    TemplateStatus.RECEIVED: "was received for approval and not judged yet: start the campaign once it is approved",
    TemplateStatus.REJECTED: "was rejected: correct it at the provider and submit it again, or use another template",
    TemplateStatus.PAUSED: "is paused for its quality: wait until the provider lifts the pause, or use another template",
    TemplateStatus.DISABLED: "is disabled for its quality and does not come back: use another template",
    TemplateStatus.UNSUBMITTED: "was never submitted for approval: submit it at the provider",
}


class ParameterMismatch(InputError):  # noqa: N818 (named for what the caller is told)
    """The values do not fill the template. *Shape*: names of placeholders or of values, never a value.

    `code` is that of the first kind that is not empty: `missing-parameter`, `surplus-parameter`, `malformed-parameter`.
    """

    def __init__(self, missing: tuple[str, ...], surplus: tuple[str, ...], malformed: tuple[str, ...] = ()) -> None:
        super().__init__(*_mismatch(missing, surplus, malformed))
        self.args = (missing, surplus, malformed)  # what unpickling calls us with
        self.missing = missing
        self.surplus = surplus
        self.malformed = malformed


def _mismatch(missing: tuple[str, ...], surplus: tuple[str, ...], malformed: tuple[str, ...]) -> tuple[str, str]:
    if missing:
        return "missing-parameter", (
            f"No value for {join_names(missing)}: every placeholder of the template needs one, "
            "and an empty one counts as none."
        )
    if surplus:
        return (
            "surplus-parameter",
            f"The template has no placeholder {join_names(surplus)}: leave it out, or use the right template.",
        )
    if malformed == (HEADER,):
        return "malformed-parameter", (
            "The value of header is neither one line nor, for a file, the http or https URL that it is fetched from."
        )
    return "malformed-parameter", (
        f"The value of {join_names(malformed)} has a line break, a tab or more than four spaces in a row, "
        "which WhatsApp refuses: write it on one line."
    )


@dataclass(frozen=True, slots=True)
class Template:
    """A message as its provider knows it. body: with placeholders, `{{1}}` or `{{ name }}`.

    provider_id: the provider's own id, where it has one (Twilio's ContentSid).  header_text: of a header that is a text.
    seen_at: when the provider last said so; None for what only the configuration says.  reason: why it has its status.
    """

    sender: SenderId
    name: str
    language: str
    category: Category
    status: TemplateStatus
    provider_id: str | None
    body: str
    quality: Quality = Quality.UNKNOWN
    header: HeaderKind | None = None
    header_text: str = ""
    buttons: tuple[Button, ...] = ()
    seen_at: datetime | None = None
    reason: str = ""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Of the body, then of the header, then of buttons. *Shape*: each once; the body's numbers first, ascending, then
        its names in order of first appearance.
        """
        return (*placeholders(self.body), *self.parts)

    @property
    def header_name(self) -> str | None:
        """The name that the header's own placeholder has in its text, where it has one."""
        return next(iter(placeholders(self.header_text)), None)

    @property
    def parts(self) -> tuple[str, ...]:
        """The placeholders outside the body: `header`, `button1` …"""
        takes = self.header is not None and (self.header is not HeaderKind.TEXT or bool(placeholders(self.header_text)))
        buttons = tuple(f"button{n}" for n, button in enumerate(self.buttons, 1) if button.takes)
        return (HEADER, *buttons) if takes else buttons

    @property
    def _names_a_file(self) -> bool:
        return self.header is not None and self.header is not HeaderKind.TEXT

    @property
    def required(self) -> tuple[str, ...]:
        """The placeholders that a row must fill: a quick reply without a payload comes back with its title."""
        optional = {f"button{n}" for n, button in enumerate(self.buttons, 1) if button.kind == QUICK_REPLY}
        return tuple(name for name in self.placeholders if name not in optional)

    def takes_exactly(self, filled: Collection[str]) -> bool:
        """Whether a row that fills these placeholders fills the template, with nothing left over."""
        return set(self.required) <= set(filled) <= set(self.placeholders)

    @property
    def is_enabled(self) -> bool:
        return self.status is TemplateStatus.APPROVED

    def with_report(self, report: "Template") -> "Template":
        """This one, with what a provider says of its state: status, quality, category; its text is ours."""
        return replace(
            self,
            status=report.status,
            quality=report.quality,
            category=report.category,
            seen_at=report.seen_at,
            reason=report.reason,
            provider_id=report.provider_id or self.provider_id,
        )

    def why_unusable(self) -> str | None:
        """Why no campaign can start with it, and what to do about it; None when one can."""
        title = f"Template {self.name} ({self.language})"
        if not self.is_enabled:
            return f"{title} {_REMEDIES[self.status]}."
        if self.category is Category.MARKETING:  # fails closed until the rule of conversations and consent is built
            return f"{title} is for marketing, and marketing campaigns cannot be started yet: use a utility template."
        return None

    def complete(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """One clean value for each placeholder, in their order; for one that is not required only where there is one.
        Clean: no NUL, no blanks around it.

        *Raises*: ParameterMismatch. Providers refuse empty values, so an empty one is missing.
        """
        values = {name: _clean(parameters.get(name, "")) for name in self.placeholders}
        missing = tuple(name for name in self.required if not values[name])
        surplus = tuple(name for name in parameters if name not in values)
        malformed = tuple(name for name, value in values.items() if _MALFORMED.search(value))
        if missing or surplus or malformed:
            raise ParameterMismatch(missing, surplus, malformed)
        if self._names_a_file and not is_file_url(values[HEADER]):
            raise ParameterMismatch((), (), (HEADER,))
        return {name: value for name, value in values.items() if value}

    def render(self, parameters: Mapping[str, str]) -> str:
        """The body as the contact reads it. parameters: as `complete` returns them; a value is never expanded again."""
        return PLACEHOLDER.sub(lambda found: parameters[found[1]], self.body)

    def render_header(self, parameters: Mapping[str, str]) -> str:
        """The header: its text, or the file's URL; empty without a header."""
        if self.header is None:
            return ""
        if self.header is HeaderKind.TEXT:
            return PLACEHOLDER.sub(lambda _: parameters.get(HEADER, ""), self.header_text)
        return parameters.get(HEADER, "")


@lru_cache(maxsize=1024)  # asked once a row, and there are few bodies
def placeholders(body: str) -> tuple[str, ...]:
    names = dict.fromkeys(found[1] for found in PLACEHOLDER.finditer(body))
    numbers = sorted((name for name in names if _is_number(name)), key=int)
    return (*numbers, *(name for name in names if not _is_number(name)))


def _is_number(name: str) -> bool:
    """Eight digits at most: no template counts further, and `int` refuses thousands of them."""
    return is_number(name) and len(name) <= 8  # noqa: PLR2004


def _clean(value: str) -> str:
    return value.replace("\0", "").strip()
