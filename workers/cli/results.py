"""Download the outcome for every contact, to a file or to stdout. The API owns the rows."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import typer

from workers.cli.client import Document
from workers.cli.invocation import Invocation
from workers.cli.output import CommandFailed, emit


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
    if file is None:
        emit(await _fetch_rows(invocation, campaign, query))
        return
    with _open_target(file) as target:
        rows = await _fetch_rows(invocation, campaign, query)
        target.write(json.dumps(rows, ensure_ascii=False).encode() + b"\n")
    emit({"file": str(file), "rows": len(rows)})


async def _fetch_rows(invocation: Invocation, campaign: str, query: Mapping[str, str]) -> list[Document]:
    async with invocation.open_api() as api:
        chunks = api.download(f"v1/campaigns/{campaign}/results.ndjson", **query)
        content = b"".join([chunk async for chunk in chunks])
    return [json.loads(line) for line in content.splitlines() if line.strip()]


@contextmanager
def _open_target(file: Path | None) -> Iterator[BinaryIO]:
    """A file that appears only when it is complete, in a folder that is made if it is missing. None is stdout.

    *Raises*: CommandFailed where it cannot be written, before anything is downloaded unless the disk fills up later.
    """
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    is_device = file.exists() and not file.is_file()  # /dev/stdout, a pipe: another file in its place would end it
    unfinished = file if is_device else file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as target:
            yield target
        if not is_device:
            unfinished.replace(file)
    except OSError as error:
        raise CommandFailed("not-written", f"{file} cannot be written: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):
            if not is_device:
                unfinished.unlink(missing_ok=True)
