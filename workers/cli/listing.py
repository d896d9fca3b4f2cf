"""A list of the API, as a table or as JSON. Owns no list."""

from collections.abc import Mapping, Sequence

from workers.cli.invocation import Invocation
from workers.cli.output import console, emit, table


async def show_list(invocation: Invocation, path: str, columns: Sequence[str], query: Mapping[str, str]) -> None:
    """columns: in this order, without those that no item fills."""
    async with invocation.open_api() as api:
        items = [item async for item in api.items(path, **query)]
    if invocation.as_json:
        emit({"items": items})
        return
    shown = [name for name in columns if any(item.get(name) is not None for item in items)]
    console().print(table(shown, [[item.get(name) for name in shown] for item in items]) if items else "none")
