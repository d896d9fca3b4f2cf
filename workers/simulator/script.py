"""What the simulator is told to do: one frozen JSON document in which everything is optional.

Owns shape, defaults and the words of a mistake; owns no behaviour.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from shared.errors import ConfigurationError

_ADDRESS = re.compile(r"\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128}")


def _as_span(value: object) -> object:
    return (value, value) if isinstance(value, int | float) else value


def _in_order(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError("the first number must not be above the second")
    return span


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_names(value: object) -> object:
    """A count stands for the names "1" … "n"; the type check that follows refuses everything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return tuple(str(position) for position in range(1, value + 1))
    return value


def _is_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("expected +<country><number> or a business-scoped user id such as US.1234")
    return value


Probability = Annotated[float, Field(ge=0, le=1)]
Span = Annotated[tuple[NonNegativeFloat, NonNegativeFloat], BeforeValidator(_as_span), AfterValidator(_in_order)]
Code = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^\S{1,40}$")]
VariableNames = Annotated[tuple[str, ...], BeforeValidator(_as_names)]
Address = Annotated[str, AfterValidator(_is_address)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Habits(_Part):
    """How a contact treats a message.

    delivered: chance that a sent message arrives.  read: chance that an arrived message is read.
    delay_ms: between any two statuses.  fails_with: every message ends with this code, as `fails_as`.
    """

    delivered: Probability = 1.0
    read: Probability = 1.0
    delay_ms: Span = (100, 1_000)
    fails_with: Code | None = None
    fails_as: Literal["failed", "undelivered"] = "undelivered"

    def but(self, exceptions: "Habits") -> "Habits":
        """These habits with everything that `exceptions` says itself."""
        return self.model_copy(update={name: getattr(exceptions, name) for name in exceptions.model_fields_set})


class Contacts(_Part):
    """numbers: what differs from `default`, per address."""

    default: Habits = Habits()
    numbers: dict[Address, Habits] = {}


class FaultKind(StrEnum):
    ERROR = "error"
    CUT_BEFORE_ACCEPTANCE = "cut_before_acceptance"
    CUT_AFTER_ACCEPTANCE = "cut_after_acceptance"
    CUT_MID_BODY = "cut_mid_body"
    HANG_AFTER_ACCEPTANCE = "hang_after_acceptance"
    ACCEPT_THEN_500 = "accept_then_500"
    EMPTY_200 = "empty_200"
    HTML_200 = "html_200"
    TRUNCATED_JSON = "truncated_json"


class Match(_Part):
    """Which requests meet a fault: all conditions hold together; none at all means every request.

    every, first: counted over the requests that reached this rule and fit its `numbers`.
    """

    numbers: frozenset[Address] | None = None
    every: PositiveInt | None = None
    first: PositiveInt | None = None
    probability: Probability | None = None


class Fault(_Part):
    """One accident. The first rule that fits a request wins.

    code, http_status, retry_after_s: of an `error`.  seconds: how long `hang_after_acceptance` stays silent.
    """

    match: Match = Match()
    do: FaultKind
    code: Code | None = None
    http_status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after_s: NonNegativeInt | None = None
    seconds: NonNegativeFloat = 30.0

    @model_validator(mode="after")
    def _says_only_what_it_does(self) -> Self:
        only_for_errors = self.model_fields_set & {"code", "http_status", "retry_after_s"}
        if self.do is FaultKind.ERROR and self.code is None:
            raise ValueError("'error' needs a code")
        if self.do is not FaultKind.ERROR and only_for_errors:
            raise ValueError(f"{', '.join(sorted(only_for_errors))}: only for 'error'")
        if self.do is not FaultKind.HANG_AFTER_ACCEPTANCE and "seconds" in self.model_fields_set:
            raise ValueError("seconds: only for 'hang_after_acceptance'")
        return self


class Callbacks(_Part):
    """duplicate: chance that a status is sent twice.  reorder: chance that a message's statuses come backwards.
    early: chance that the first status comes before the answer.  late_ms: added before the first status.
    bad_signature: chance that a status is preceded by a forged copy of itself.
    """

    enabled: bool = True
    duplicate: Probability = 0.0
    reorder: Probability = 0.0
    early: Probability = 0.0
    late_ms: Span = (0, 0)
    bad_signature: Probability = 0.0


class Script(_Part):
    """accounts: account → token; None believes everybody.  templates: id → its variables; None knows every id.
    rate_limit_per_second: acceptances of one sender in any second; beyond it, `retry_after_s` goes with the answer.
    not_on_whatsapp: accepted, and undelivered later.
    """

    seed: int = 0
    latency_ms: Span = (0, 0)
    rate_limit_per_second: PositiveInt | None = None
    retry_after_s: NonNegativeInt | None = None
    accounts: dict[str, str] | None = Field(default=None, repr=False)
    templates: dict[str, VariableNames] | None = None
    contacts: Contacts = Contacts()
    not_on_whatsapp: frozenset[Address] = frozenset()
    faults: tuple[Fault, ...] = ()
    callbacks: Callbacks = Callbacks()


def read_script(text: str | bytes) -> Script:
    """*Raises*: ConfigurationError, one line for each mistake, with its place in the document."""
    try:
        return Script.model_validate_json(text)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_mistakes(error))) from None


def load_script(path: Path | None) -> Script:
    """The script in a file, or the defaults. *Raises*: ConfigurationError."""
    if path is None:
        return Script()
    try:
        return read_script(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"script {path}: {error.strerror}") from None


def _mistakes(error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        place = ".".join(str(step) for step in detail["loc"]) or "document"
        yield f"script: {place}: {detail['msg']}"
