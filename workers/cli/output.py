"""A command's output: tables for people, one JSON document for programs, one sentence for an error.

Owns the exit statuses: 0 success, 1 failure, 2 wrong usage or configuration. Owns no command.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.logs import redact
from shared.ground.errors import ConfigurationError, InputError, OrielError, OutOfSpace
from workers.cli.client import ApiProblem

DEBUG_VARIABLE = "ORIEL_DEBUG"
UNEXPECTED_CHARACTERS = 300  # of an error's text that nobody foresaw
FAILURE, WRONG_USAGE = 1, 2
CALLERS_FAULT = range(400, 500)
FIRST_CONTROL_PICTURE = 0x2400
WIDE = 200  # columns without a terminal: a file or a pipe should have no folded or cut words


class CommandFailed(OrielError):  # noqa: N818 (the outcome, in the caller's words)
    """The command could not do its work. code: stable, for programs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


def console(*, stderr: bool = False) -> Console:
    """As wide as the terminal; 200 columns without one."""
    screen = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not screen.is_terminal:
        screen.width = WIDE
    return screen


def run(work: Coroutine[Any, Any, int | None], *, as_json: bool) -> None:
    """Run a command's work and exit with its status. Any error becomes a sentence, without a traceback."""
    try:
        status = asyncio.run(work)
    except Exception as error:  # noqa: BLE001 (a traceback is no answer to somebody who gave a command)
        raise typer.Exit(report_error(explain(error), as_json=as_json)) from None
    if status:
        raise typer.Exit(status)


def explain(error: Exception) -> OrielError:
    """What a person is told of any error: what is wrong, and what to do.

    *Effects*: with ORIEL_DEBUG set, the traceback on stderr. A broken pipe (`| head`) ends stdout, so that Python does not
    complain at exit.
    """
    if isinstance(error, OrielError):
        return error
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CommandFailed("broken-pipe", "Whoever read the output has stopped reading.")
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename is not None else ""
        return CommandFailed("system", f"{place}{error.strerror}.")
    text = redact(" ".join(str(error).split())[:UNEXPECTED_CHARACTERS])
    return CommandFailed(
        "unexpected",
        f"This should not have happened ({type(error).__name__}: {text}). It is a fault of Oriel's, not of your command: "
        f"set {DEBUG_VARIABLE}=1 to see where, and report it.",
    )


def report_error(error: OrielError, *, as_json: bool = False) -> int:
    """*Effects*: one sentence on stderr; with JSON, also a document on stdout. Returns the exit status."""
    sys.stderr.write(f"oriel: {error}{_format_code(error)}\n")
    if as_json:
        members = error.members if isinstance(error, ApiProblem) else {}
        emit({"code": find_code(error), "detail": str(error), **members})
    return find_status(error)


def find_status(error: OrielError) -> int:
    match error:
        case ApiProblem() if error.status in CALLERS_FAULT:
            return WRONG_USAGE
        case ConfigurationError() | InputError():
            return WRONG_USAGE
        case _:
            return FAILURE


def find_code(error: OrielError) -> str:
    """A stable code that a program may compare."""
    match error:
        case ApiProblem() | CommandFailed() | InputError():
            return error.code
        case ConfigurationError():
            return "configuration"
        case OutOfSpace():
            return "no-space"
        case _:
            return "unreachable"


def _format_code(error: OrielError) -> str:
    return f" ({error.code})" if isinstance(error, ApiProblem | InputError) else ""


def make_plain(text: object) -> str:
    r"""Foreign text on one line, without control characters that a terminal would obey.

    >>> make_plain("two\nlines \x1b[2J")
    'two lines ␛[2J'
    """
    return "".join(_show_character(character) for character in str(text))


def _show_character(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return chr(FIRST_CONTROL_PICTURE + ord(character)) if ord(character) < ord(" ") else "�"


def format_instant(instant: str | None) -> str:
    """An instant of the API, in this machine's time zone."""
    if instant is None:
        return ""
    return datetime.fromisoformat(instant).astimezone().isoformat(sep=" ", timespec="seconds")


def emit(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Prints the document as one line, so that the last line of stdout is the whole of it."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def show_warnings(answer: Mapping[str, Any], screen: Console) -> None:
    """Prints the API's warnings, such as contacts without an opt-in."""
    for warning in answer.get("warnings") or ():
        screen.print(f"warning: {warning['message']}", markup=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """Cells are shown as they are: text in brackets is no markup."""
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        grid.add_column(name, overflow="fold")
    for row in rows:
        grid.add_row(*(Text("" if value is None else str(value)) for value in row))
    return grid
