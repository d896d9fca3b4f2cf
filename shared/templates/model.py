"""A template: its placeholders, the check of the values that fill them, and whether it may start a campaign.

Owns no store and no wire; of contacts and campaigns it sees values only.
Source: Meta, error 132018 and its text "Param text cannot have new-line/tab characters or more than 4 consecutive
spaces"; Twilio Content API, the values of `status`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from shared.ground.errors import InputError
from shared.ground.ids import SenderId
from shared.ground.names import join_names
from shared.ground.placeholders import PLACEHOLDER, is_number
from shared.ground.urls import is_file_url

_MALFORMED = re.compile(r"[\n\r\t]| {5}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,20})?")
_WORD = re.compile(r"[A-Z][A-Z_]{1,39}")  # of a provider's enumeration; anything else may be a text
MAX_COUPON_CHARACTERS: Final = 15  # of a button that copies a code (Meta, "Coupon code templates")


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
    """The kind of header above the body. A file is given as its URL, under the placeholder `header`; a location by the
    four placeholders `LOCATION`.
    """

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"


HEADER = "header"  # the placeholder of a header that takes a value
LATITUDE, LONGITUDE, PLACE_NAME, PLACE_ADDRESS = LOCATION = (
    "header_latitude", "header_longitude", "header_name", "header_address",
)  # fmt: skip
MAX_DEGREES: Final[Mapping[str, int]] = {LATITUDE: 90, LONGITUDE: 180}
QUICK_REPLY, COPY_CODE, OTP = "quick_reply", "copy_code", "otp"
FILES: Final = frozenset({HeaderKind.IMAGE, HeaderKind.VIDEO, HeaderKind.DOCUMENT})


@dataclass(frozen=True, slots=True)
class Button:
    """kind: `quick_reply`, `url`, `copy_code`, `otp`, or the provider's term.  takes: whether each send gives a value (a
    payload, the end of its URL, a coupon's code), under the placeholder `button<n>`, n from 1. A button of kind `otp`
    repeats the code of the body, so it takes none of its own.
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
    GONE = "gone"  # the provider's list of templates lacks it


# Status → what a person can do who wants to start a campaign. An approved template needs no remedy.
_REMEDIES = {
    TemplateStatus.PENDING: "still waits for approval: start the campaign once it is approved",
    TemplateStatus.RECEIVED: "was received for approval and not judged yet: start the campaign once it is approved",
    TemplateStatus.REJECTED: "was rejected: correct it at the provider and submit it again, or use another template",
    TemplateStatus.PAUSED: "is paused for its quality: wait until the provider lifts the pause, or use another template",
    TemplateStatus.DISABLED: "is disabled by the provider, for its quality or a policy, and does not come back: use "
    "another template",
    TemplateStatus.GONE: "is not among the templates that the provider lists: compare name, language and provider_id with "
    "what it lists, or use another template",
    TemplateStatus.UNSUBMITTED: "was never submitted for approval: submit it at the provider",
}


class ParameterMismatch(InputError):  # noqa: N818 (named like its code)
    """The values do not fill the template. *Shape*: names of placeholders or of values, never a value.

    `code` is that of the first kind that is not empty: `missing-parameter`, `surplus-parameter`, `malformed-parameter`.
    """

    def __init__(self, missing: tuple[str, ...], surplus: tuple[str, ...], malformed: tuple[str, ...] = ()) -> None:
        super().__init__(*_mismatch(missing, surplus, malformed))
        self.args = (missing, surplus, malformed)  # unpickling calls the constructor with these
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
    if malformed and set(malformed) <= MAX_DEGREES.keys():
        return "malformed-parameter", (
            f"The value of {join_names(malformed)} is not a number of degrees: write it with a point, as -34.9011."
        )
    if all(name.startswith("button") for name in malformed):
        return "malformed-parameter", (
            f"The value of {join_names(malformed)} has a line break, a tab or more than four spaces in a row, or is a code "
            f"of more than {MAX_COUPON_CHARACTERS} characters."
        )
    return "malformed-parameter", (
        f"The value of {join_names(malformed)} has a line break, a tab or more than four spaces in a row, "
        "which WhatsApp refuses: write it on one line."
    )


@dataclass(frozen=True, slots=True)
class Template:
    """A message that the provider has enabled, or not yet. body: with placeholders, `{{1}}` or `{{ name }}`.

    provider_id: the provider's own id, if it has one (Twilio's ContentSid).  header_text: of a header of kind `text`.
    seen_at: when the provider last reported the template; None if only the configuration has it.  reason: of the status.
    unfillable: parts that no release of ours fills, each completing the sentence "it has …".  fixed: a digest of the texts
    that are the same for everybody (footer, addresses behind buttons); None where they are not known, since only the
    provider's list has them.
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
    unfillable: tuple[str, ...] = ()
    fixed: str | None = None

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholders of the body, the header and the buttons, in this order.

        *Shape*: each once; the body's numbers first, ascending, then its names in order of first appearance.
        """
        return (*placeholders(self.body), *self.parts)

    @property
    def header_name(self) -> str | None:
        """The name of the placeholder in the header's text; None if it has none."""
        return next(iter(placeholders(self.header_text)), None)

    @property
    def parts(self) -> tuple[str, ...]:
        """The placeholders outside the body: `header`, `button1` …"""
        return (*self._header_parts, *(f"button{n}" for n, button in enumerate(self.buttons, 1) if button.takes))

    @property
    def _header_parts(self) -> tuple[str, ...]:
        match self.header:
            case None:
                return ()
            case HeaderKind.TEXT:
                return (HEADER,) if placeholders(self.header_text) else ()
            case HeaderKind.LOCATION:
                return LOCATION
            case _:
                return (HEADER,)

    @property
    def required(self) -> tuple[str, ...]:
        """The placeholders that a row must fill. The payload of a quick reply is optional: WhatsApp returns its title
        then.
        """
        optional = {f"button{n}" for n, button in enumerate(self.buttons, 1) if button.kind == QUICK_REPLY}
        return tuple(name for name in self.placeholders if name not in optional)

    def takes_exactly(self, filled: Collection[str]) -> bool:
        """Whether a row that fills these placeholders fills all required ones and no unknown one."""
        return set(self.required) <= set(filled) <= set(self.placeholders)

    @property
    def is_enabled(self) -> bool:
        return self.status is TemplateStatus.APPROVED

    @property
    def wording(self) -> str:
        """A digest of everything that contacts read and that a send must fill: equal for equal messages."""
        return _wording(self)

    @property
    def obstacle(self) -> str | None:
        """A word for why the template may not be sent: its status, `unfillable` or `marketing`. None if it may."""
        if not self.is_enabled:
            return self.status.value
        if self.obstructions:
            return "unfillable"
        if self.category is Category.MARKETING:  # fails closed until the rule of conversations and consent is built
            return "marketing"
        return None

    @property
    def obstructions(self) -> tuple[str, ...]:
        """Parts for which no column can give a value, each completing the sentence "it has …"."""
        lacks_code = any(button.kind == OTP for button in self.buttons) and not placeholders(self.body)
        clash = sorted(set(placeholders(self.body)) & set(self.parts))
        return (
            *self.unfillable,
            *(("a button for a code that its body does not have",) if lacks_code else ()),
            *((f"in its body a placeholder named like one of its parts ({join_names(clash)})",) if clash else ()),
        )

    def with_report(self, report: "Template") -> "Template":
        """This template with the status, quality, category and reason that a provider reported; the text stays ours."""
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
        """A sentence: why no campaign can start with the template, and the remedy. None if a campaign can start."""
        title = f"Template {self.name} ({self.language})"
        match self.obstacle:
            case None:
                return None
            case "unfillable":
                parts = " and ".join(self.obstructions)
                return f"{title} has {parts}, for which no column gives a value: use a template without it."
            case "marketing":
                return (
                    f"{title} is for marketing, and marketing campaigns cannot be started yet: use a utility template."
                )
            case _:
                return f"{title} {self._remedy()}."

    def _remedy(self) -> str:
        """What hinders it and what helps, by its status; a disabled one with the provider's word for the cause."""
        is_known = self.status is TemplateStatus.DISABLED and _WORD.fullmatch(self.reason) and self.reason != "DISABLED"
        if is_known:
            return f"is out of use at the provider ({self.reason}): restore it there, or use another template"
        return _REMEDIES[self.status]

    def complete(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """One clean value per placeholder, in the order of `placeholders`; an optional placeholder without a value is
        left out.

        A clean value has no NUL and no blanks around it. *Raises*: ParameterMismatch; an empty value counts as missing,
        because providers refuse empty values.
        """
        return self.filler()(parameters)

    def filler(self) -> Callable[[Mapping[str, str]], dict[str, str]]:
        """`complete`, for whoever fills the template many times: what is the same each time is looked up once."""
        names, required, parts = self.placeholders, self.required, frozenset(self.parts)

        def complete(parameters: Mapping[str, str]) -> dict[str, str]:
            values = {name: _clean(parameters.get(name, "")) for name in names}
            missing = tuple([name for name in required if not values[name]])
            surplus = tuple([name for name in parameters if name not in values])
            malformed = tuple(
                [
                    name
                    for name, value in values.items()
                    if _MALFORMED.search(value) or (name in parts and self._is_malformed(name, value))
                ]
            )
            if missing or surplus or malformed:
                raise ParameterMismatch(missing, surplus, malformed)
            return {name: value for name, value in values.items() if value}

        return complete

    def _is_malformed(self, name: str, value: str) -> bool:
        """value: clean; an empty one is missing and not malformed."""
        if not value or _MALFORMED.search(value):
            return bool(value)
        if name == HEADER and self.header in FILES:
            return not is_file_url(value)
        if name in MAX_DEGREES and self.header is HeaderKind.LOCATION:
            return _DEGREES.fullmatch(value) is None or abs(float(value)) > MAX_DEGREES[name]
        return name in self._codes and len(value) > MAX_COUPON_CHARACTERS

    @property
    def _codes(self) -> frozenset[str]:
        """The placeholders of the buttons that copy a code."""
        return frozenset(f"button{n}" for n, button in enumerate(self.buttons, 1) if button.kind == COPY_CODE)

    def render(self, parameters: Mapping[str, str]) -> str:
        """The body as the contact reads it. parameters: as `complete` returns them; placeholders inside values stay as
        text.
        """
        return PLACEHOLDER.sub(lambda found: parameters[found[1]], self.body)

    def render_header(self, parameters: Mapping[str, str]) -> str:
        """The text of the header, the URL of its file, or name and address of its place; empty without a header."""
        if self.header is None:
            return ""
        if self.header is HeaderKind.LOCATION:
            return ", ".join(parameters[name] for name in (PLACE_NAME, PLACE_ADDRESS) if name in parameters)
        if self.header is HeaderKind.TEXT:
            return PLACEHOLDER.sub(lambda _: parameters.get(HEADER, ""), self.header_text)
        return parameters.get(HEADER, "")


@lru_cache(maxsize=256)  # asked for every message, of few templates
def _wording(template: Template) -> str:
    buttons = [[button.kind, button.text, button.takes] for button in template.buttons]
    said = [template.body, template.header, template.header_text, buttons, list(template.unfillable), template.fixed]
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1024)  # called once per row, with few different bodies
def placeholders(body: str) -> tuple[str, ...]:
    names = dict.fromkeys(found[1] for found in PLACEHOLDER.finditer(body))
    numbers = sorted((name for name in names if _is_number(name)), key=int)
    return (*numbers, *(name for name in names if not _is_number(name)))


def _is_number(name: str) -> bool:
    """At most eight digits: `int` refuses thousands of digits, and no template has as many placeholders."""
    return is_number(name) and len(name) <= 8  # noqa: PLR2004


def _clean(value: str) -> str:
    return value.replace("\0", "").strip()
