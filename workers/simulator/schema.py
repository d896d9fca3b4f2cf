"""The field types of the simulator's JSON documents, and how a mistake in a document is worded. Owns no document."""

import re
from collections.abc import Iterator
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeFloat, ValidationError

from shared.ground.errors import ConfigurationError

_ADDRESS = re.compile(r"\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128}")


def _widen_to_span(value: object) -> object:
    return (value, value) if isinstance(value, int | float) else value


def _check_order(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError("the first number must not be above the second")
    return span


def _convert_to_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("expected +<country><number> or a business-scoped user id such as US.1234")
    return value


Probability = Annotated[float, Field(ge=0, le=1)]
Span = Annotated[
    tuple[NonNegativeFloat, NonNegativeFloat], BeforeValidator(_widen_to_span), AfterValidator(_check_order)
]
TextOrNumber = Annotated[str, BeforeValidator(_convert_to_text)]
"""A text that may be written as a number."""
Code = Annotated[TextOrNumber, Field(pattern=r"^\S{1,40}$")]
Address = Annotated[str, AfterValidator(_check_address)]
UserId = Annotated[str, Field(pattern=r"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")]
Url = Annotated[str, Field(pattern=r"^https?://[!-~]+$")]


class StrictModel(BaseModel):
    """Frozen; refuses a field that it does not know, so that a misspelt field is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ModelT = TypeVar("ModelT", bound=StrictModel)


def read_document(document: type[ModelT], text: str | bytes, name: str) -> ModelT:
    """*Raises*: ConfigurationError, one line for each mistake, with its place in the document."""
    try:
        return document.model_validate_json(text)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_word_mistakes(error, name))) from None


def name_place(location: tuple[int | str, ...]) -> str:
    """A field's place in a document, as `answers.0.text`; empty for the document itself."""
    return ".".join(map(str, location))


def _word_mistakes(error: ValidationError, name: str) -> Iterator[str]:
    for detail in error.errors():
        yield f"{name}: {name_place(detail['loc']) or 'document'}: {detail['msg']}"
