"""What a command says: tables for people, one JSON document for programs, one sentence for an error.

Owns the exit statuses: 0 success, 1 failure, 2 wrong usage or configuration. Owns no command.
"""

import asyncio
import json
import sys
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.ground.errors import ConfigurationError, InputError, OrielError
from workers.cli.client import ApiProblem

FAILURE, WRONG_USAGE = 1, 2
CALLERS_FAULT = range(400, 500)
FIRST_CONTROL_PICTURE = 0x2400
WIDE = 200  # columns where there is no terminal: a program's reader should not find words cut off


class CommandFailed(OrielError):  # noqa: N818 (named for what the caller is told)
    """The command could not do what it is for. code: stable, for programs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


def console(*, stderr: bool = False) -> Console:
    """For people: as wide as the terminal, plain and wide elsewhere."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        made.width = WIDE
    return made


def run(work: Coroutine[Any, Any, int | None], *, as_json: bool) -> None:
    """A command's work, and its exit status. Errors become a sentence, without a traceback."""
    try:
        status = asyncio.run(work)
    except OrielError as error:
        raise typer.Exit(tell(error, as_json=as_json)) from None
    if status:
        raise typer.Exit(status)


def tell(error: OrielError, *, as_json: bool = False) -> int:
    """*Effects*: one sentence to stderr; with JSON, the same as a document on stdout. The exit status."""
    sys.stderr.write(f"oriel: {error}{_code_in_brackets(error)}\n")
    if as_json:
        members = error.members if isinstance(error, ApiProblem) else {}
        emit({"code": code_of(error), "detail": str(error), **members})
    return status_of(error)


def status_of(error: OrielError) -> int:
    match error:
        case ApiProblem() if error.status in CALLERS_FAULT:
            return WRONG_USAGE
        case ConfigurationError() | InputError():
            return WRONG_USAGE
        case _:
            return FAILURE


def code_of(error: OrielError) -> str:
    """Stable: what a program may compare."""
    match error:
        case ApiProblem() | CommandFailed() | InputError():
            return error.code
        case ConfigurationError():
            return "configuration"
        case _:
            return "unreachable"


def _code_in_brackets(error: OrielError) -> str:
    return f" ({error.code})" if isinstance(error, ApiProblem | InputError) else ""


def plain(text: object) -> str:
    r"""What somebody else wrote, on one line, with nothing in it that a terminal would obey.

    >>> plain("two\nlines \x1b[2J")
    'two lines ␛[2J'
    """
    return "".join(_shown(character) for character in str(text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return chr(FIRST_CONTROL_PICTURE + ord(character)) if ord(character) < ord(" ") else "�"


def when(instant: str | None) -> str:
    """The API's instant, in this machine's zone."""
    if instant is None:
        return ""
    return datetime.fromisoformat(instant).astimezone().isoformat(sep=" ", timespec="seconds")


def emit(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """One line: the last line of stdout is the whole document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def show_warnings(answer: Mapping[str, Any], screen: Console) -> None:
    """What the API thinks a person should know before it is too late."""
    for warning in answer.get("warnings") or ():
        screen.print(f"warning: {warning['message']}", markup=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """Cells are shown as they are: what stands in brackets is no markup."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if value is None else str(value)) for value in row))
    return made
