"""`oriel doctor`: what is wrong, or should not stay as it is. Owns the table; each process judges itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workers.cli.options import DataDir, Json

if TYPE_CHECKING:
    from workers.cli.readiness import Told

MIN_FREE_BYTES = 1 << 30  # with less on the disk of the data directory, a day of a busy installation may not fit
OK, WARNING, WRONG = "ok", "warning", "WRONG"


class Finding(NamedTuple):
    verdict: str
    about: str
    text: str


def doctor(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Look for what is wrong: processes, state store and its durability, time zones, disk. Nothing is changed.

    Asks what runs in the data directory, or the API of ORIEL_API_URL. Exit status 1 if anything is wrong; warnings alone
    are 0.

    Example: oriel doctor
    """
    from workers.cli import output

    output.run(_doctor(data_dir, as_json=as_json), as_json=as_json)


async def _doctor(data_dir: Path | None, *, as_json: bool) -> int:
    from workers.cli import output, readiness

    folder, urls = _find_processes(data_dir)
    told = await readiness.ask_all(urls)
    findings = [*_judge_processes(told), *_judge_store(told), *_judge_zones(told), *_judge_disk(folder)]
    is_good = all(finding.verdict != WRONG for finding in findings)
    if as_json:
        output.emit({"good": is_good, "findings": [finding._asdict() for finding in findings]})
    else:
        output.console().print(output.table(("", "about", "what was found"), findings))
    return 0 if is_good else output.FAILURE


def _find_processes(data_dir: Path | None) -> tuple[Path | None, dict[str, str]]:
    """The data directory, if it is on this machine, and process → URL. *Raises*: ApiUnreachable."""
    import os

    from config.endpoints import DEFAULT_DATA_DIR, read_endpoints
    from workers.cli.client import URL_VARIABLE, locate

    if os.environ.get(URL_VARIABLE):
        return None, {"web": locate(data_dir).url}
    folder = (data_dir or DEFAULT_DATA_DIR).expanduser().absolute()
    running = read_endpoints(folder)
    if running is None:
        locate(data_dir)  # says what to do
        return folder, {}
    return folder, dict(running.ops)


def _judge_processes(told: "dict[str, Told]") -> Iterator[Finding]:
    for name, one in told.items():
        if not one.problems:
            yield Finding(OK, name, "ready")
        for part, text in one.problems.items():
            yield Finding(WRONG, name, text if part == "process" else f"{part}: {text}")


def _judge_store(told: "dict[str, Told]") -> Iterator[Finding]:
    from workers.cli.readiness import join_warnings

    warnings = join_warnings(told.values())
    for text in warnings:
        yield Finding(WARNING, "state store" if "state store" in text else "parts", text)
    if not warnings and any(not one.problems for one in told.values()):
        yield Finding(OK, "state store", "what it answered is on its disk: nobody is written to twice after its crash")


def _judge_zones(told: "dict[str, Told]") -> Iterator[Finding]:
    """Two editions in one installation would judge one local time in two ways."""
    editions = {one.time_zones for one in told.values() if one.time_zones}
    for edition in sorted(editions):
        verdict = WARNING if len(editions) > 1 else OK
        also = ": the processes read different editions, so update all machines" if len(editions) > 1 else ""
        yield Finding(verdict, "time zones", f"edition {edition}{also}")


def _judge_disk(folder: Path | None) -> Iterator[Finding]:
    import shutil

    if folder is None or not folder.exists():
        return
    free = shutil.disk_usage(folder).free
    verdict = OK if free >= MIN_FREE_BYTES else WARNING
    advice = "" if verdict == OK else ": make room; sending stops when it is full, and goes on by itself"
    yield Finding(verdict, "disk", f"{free / (1 << 30):.1f} GiB are free under {folder}{advice}")
