"""A list of the API's as a table or as JSON. Owns no list."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from workers.cli.client import Api, Document, locate
from workers.cli.output import console, emit, table


async def show(
    path: str,
    columns: Sequence[str],
    tenant: str | None,
    data_dir: Path | None,
    *,
    only: Mapping[str, str | None] | None = None,
    as_json: bool,
) -> None:
    """columns: those that some item has are shown.  only: what an item must say, where something is asked for."""
    wanted = {name: value for name, value in (only or {}).items() if value is not None}
    async with Api(locate(data_dir), tenant) as api:
        items = [item async for item in api.items(path) if _fits(item, wanted)]
    if as_json:
        emit({"items": items})
        return
    shown = [name for name in columns if any(item.get(name) is not None for item in items)]
    console().print(table(shown, [[item.get(name) for name in shown] for item in items]) if items else "none")


def _fits(item: Document, wanted: Mapping[str, str]) -> bool:
    return all(item.get(name) == value for name, value in wanted.items())
