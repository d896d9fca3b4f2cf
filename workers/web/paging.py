"""Lists: `?after=&limit=` and `{items, next}`. Owns their bounds and form; what a cursor means is each list's own."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

DEFAULT_LIMIT = 100
MAX_ITEMS = 1000
MAX_POSITION = (1 << 53) - 1  # what every JSON reader can count to

Limit = Annotated[int, Field(DEFAULT_LIMIT, ge=1, le=MAX_ITEMS, description="Most items in one answer.")]
Position = Annotated[int | None, Field(None, ge=0, le=MAX_POSITION, description="`next` of the answer before.")]


class Query(BaseModel):
    """A route's query parameters. Values come as text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ListQuery(Query):
    after: Position
    limit: Limit


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None = Field(description="`after` for the items behind these; null at the end.")


def sliced(items: Sequence[Item], query: ListQuery) -> tuple[Sequence[Item], str | None]:
    """A list that is there as a whole; its cursor is a position."""
    start = query.after or 0
    end = start + query.limit
    return items[start:end], str(end) if end < len(items) else None
