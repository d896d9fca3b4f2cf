"""Exit statuses and words of errors; tables where there is no terminal."""

import pytest

from shared.ground.errors import BackendUnavailable, ConfigurationError, InputError
from workers.cli import output
from workers.cli.client import ApiProblem, ApiUnreachable
from workers.cli.output import CommandFailed


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ApiProblem(404, "campaign-not-found", "d"), 2, "campaign-not-found"),
        (ApiProblem(401, "wrong-key", "d"), 2, "wrong-key"),
        (ApiProblem(503, "store-away", "d"), 1, "store-away"),
        (ApiUnreachable("d"), 1, "unreachable"),
        (ConfigurationError("d"), 2, "configuration"),
        (InputError("bad", "d"), 2, "bad"),
        (CommandFailed("not-ready", "d"), 1, "not-ready"),
        (BackendUnavailable("d"), 1, "unreachable"),
    ],
)
def test_an_error_has_an_exit_status_and_a_code(error, status, code, capsys):
    assert output.find_status(error) == status
    assert output.find_code(error) == code
    assert output.report_error(error) == status
    assert capsys.readouterr().err.startswith("oriel: d")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("¿A qué hora? 👍", "¿A qué hora? 👍"),
        ("two\nlines\r\tand a tab", "two lines  and a tab"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b2J\x7f\u202e", "�2J��"),
        (7, "7"),
    ],
)
def test_what_a_stranger_wrote_moves_no_terminal(text, shown):
    assert output.make_plain(text) == shown


def test_a_problem_as_json_tells_what_its_kind_does(capsys):
    output.report_error(ApiProblem(409, "interaction-assigned", "d", {"agent": "ana"}), as_json=True)

    assert capsys.readouterr().out == '{"code": "interaction-assigned", "detail": "d", "agent": "ana"}\n'


def test_a_document_is_one_line(capsys):
    output.emit({"name": "Sí\nno", "items": [1]})

    assert capsys.readouterr().out == '{"name": "Sí\\nno", "items": [1]}\n'


def test_a_cell_is_no_markup(capsys):
    output.console().print(output.table(("text",), [("[/bold]",), ("[red]x",)]))

    assert capsys.readouterr().out.split() == ["text", "[/bold]", "[red]x"]


def test_a_long_cell_is_whole_without_a_terminal(capsys):
    output.console().print(output.table(("line", "detail"), [(3, "word " * 30), (4, None)]))

    assert "word " * 29 in capsys.readouterr().out
