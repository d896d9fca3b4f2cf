"""What became of every contact, as a file. Owns where it goes; the rows are the API's."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

from workers.cli.client import Api, locate
from workers.cli.output import emit


async def as_csv(
    campaign: str, query: Mapping[str, str], file: Path | None, tenant: str | None, data_dir: Path | None
) -> None:
    """As it comes."""
    async with Api(locate(data_dir), tenant) as api:
        with _whole(file) as target:
            async for chunk in api.download(f"v1/campaigns/{campaign}/results.csv", **query):
                target.write(chunk)
    if file is not None:
        typer.echo(f"written to {file}", err=True)


async def as_one_list(
    campaign: str, query: Mapping[str, str], file: Path | None, tenant: str | None, data_dir: Path | None
) -> None:
    """The whole list is held: for a campaign too large for that there is CSV."""
    async with Api(locate(data_dir), tenant) as api:
        chunks = api.download(f"v1/campaigns/{campaign}/results.ndjson", **query)
        whole = b"".join([chunk async for chunk in chunks])
    rows = [json.loads(line) for line in whole.splitlines() if line.strip()]
    if file is None:
        emit(rows)
    else:
        with _whole(file) as target:
            target.write(json.dumps(rows, ensure_ascii=False).encode() + b"\n")
        emit({"file": str(file), "rows": len(rows)})


@contextmanager
def _whole(file: Path | None) -> Iterator[BinaryIO]:
    """A file that appears when it is complete, and not at all when it is not. None is stdout."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = file.with_name(f".{file.name}.part")
    try:
        with unfinished.open("wb") as target:
            yield target
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
