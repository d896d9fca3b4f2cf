"""Download the outcome for every contact, to a file or to stdout. The API owns the rows."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

from workers.cli.invocation import Invocation
from workers.cli.output import emit


async def download_csv(invocation: Invocation, campaign: str, query: Mapping[str, str], file: Path | None) -> None:
    """Writes each chunk as it comes, so that the size does not matter."""
    async with invocation.open_api() as api:
        with _open_target(file) as target:
            async for chunk in api.download(f"v1/campaigns/{campaign}/results.csv", **query):
                target.write(chunk)
    if file is not None:
        typer.echo(f"written to {file}", err=True)


async def download_list(invocation: Invocation, campaign: str, query: Mapping[str, str], file: Path | None) -> None:
    """Holds the whole list in memory; CSV is for campaigns too large for that."""
    async with invocation.open_api() as api:
        chunks = api.download(f"v1/campaigns/{campaign}/results.ndjson", **query)
        content = b"".join([chunk async for chunk in chunks])
    rows = [json.loads(line) for line in content.splitlines() if line.strip()]
    if file is None:
        emit(rows)
    else:
        with _open_target(file) as target:
            target.write(json.dumps(rows, ensure_ascii=False).encode() + b"\n")
        emit({"file": str(file), "rows": len(rows)})


@contextmanager
def _open_target(file: Path | None) -> Iterator[BinaryIO]:
    """A file that appears only when it is complete. None is stdout."""
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
