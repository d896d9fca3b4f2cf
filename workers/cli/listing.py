"""A list of the API's as a table or as JSON. Owns no list."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from workers.cli.client import Api, locate
from workers.cli.output import console, emit, table


async def show(
    path: str,
    columns: Sequence[str],
    tenant: str | None,
    data_dir: Path | None,
    query: Mapping[str, str],
    *,
    as_json: bool,
) -> None:
    """columns: those that some item has are shown."""
    async with Api(locate(data_dir), tenant) as api:
        items = [item async for item in api.items(path, **query)]
    if as_json:
        emit({"items": items})
        return
    shown = [name for name in columns if any(item.get(name) is not None for item in items)]
    console().print(table(shown, [[item.get(name) for name in shown] for item in items]) if items else "none")
