"""Functions are short and files are small: a function of more than 40 lines does two things, or is a table."""

from statistics import median

from tests.architecture.source import Function, files, functions, name_of

FUNCTION_LINES, FILE_LINES = 40, 100
TABLES: dict[str, str] = {}  # `file function`: why its lines are rows


def length(function: Function) -> int:
    """From `def` on: a decorator's lines are a command's options or a test's cases, which are tables."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_function_is_long_but_a_named_table() -> None:
    long = {
        f"{name_of(path)} {function.name}": length(function)
        for path in files("config", "shared", "workers", "tests")
        for function in functions(path)
        if length(function) > FUNCTION_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in TABLES} == {}
    assert long.keys() == TABLES.keys(), "a table that is short again needs no exemption"


def test_half_of_the_files_are_small() -> None:
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in files("config", "shared", "workers")]
    assert median(lines) < FILE_LINES
