"""What the simulator's JSON documents are made of, and how a mistake in one is told. Owns no document."""

import re
from collections.abc import Iterator
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeFloat, ValidationError

from shared.ground.errors import ConfigurationError

_ADDRESS = re.compile(r"\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128}")


def _as_span(value: object) -> object:
    return (value, value) if isinstance(value, int | float) else value


def _in_order(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError("the first number must not be above the second")
    return span


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("expected +<country><number> or a business-scoped user id such as US.1234")
    return value


Probability = Annotated[float, Field(ge=0, le=1)]
Span = Annotated[tuple[NonNegativeFloat, NonNegativeFloat], BeforeValidator(_as_span), AfterValidator(_in_order)]
Code = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^\S{1,40}$")]
Address = Annotated[str, AfterValidator(_is_address)]
UserId = Annotated[str, Field(pattern=r"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")]
Url = Annotated[str, Field(pattern=r"^https?://[!-~]+$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


PartT = TypeVar("PartT", bound=Part)


def read(document: type[PartT], text: str | bytes, name: str) -> PartT:
    """*Raises*: ConfigurationError, one line for each mistake, with its place in the document."""
    try:
        return document.model_validate_json(text)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_mistakes(error, name))) from None


def _mistakes(error: ValidationError, name: str) -> Iterator[str]:
    for detail in error.errors():
        place = ".".join(str(step) for step in detail["loc"]) or "document"
        yield f"{name}: {place}: {detail['msg']}"
