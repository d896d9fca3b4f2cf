"""A traceback is never an answer: whatever goes wrong, a command says in one line what it is and what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.cli import output

REPOSITORY = Path(__file__).resolve().parents[3]
COMMANDS = [
    ("campaign", "create", "--name", "n", "--sender", "s", "--template", "t"),
    ("campaign", "status", "cabc"),
    ("campaign", "pause", "cabc"),
    ("template", "list"),
    ("sender", "list"),
    ("sender", "check", "s"),
    ("session", "show", "s", "+14155550101"),
    ("explain", "+14155550101"),
    ("optin", "+14155550101", "--source", "web"),
    ("reply", "+14155550101", "Hi", "--sender", "s"),
]


class Anything(dict[str, tuple[int, object]]):
    """Every call is answered with the same document."""

    def __init__(self, document: object) -> None:
        super().__init__()
        self.document = document

    def get(self, *_: object) -> tuple[int, object]:
        return 200, self.document


@pytest.mark.parametrize("document", [{}, {"items": None}, {"items": [7]}, {"id": "c", "state": 7, "counts": "x"}])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_answers_nonsense_ends_in_one_line(oriel, scripted, command, document):
    scripted.answers = Anything(document)

    result = oriel(*command)

    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in {0, 1}
    if result.exit_code:
        assert len([line for line in result.stderr.splitlines() if line.startswith("oriel: ")]) == 1
        assert "14155550101" not in result.stderr


def run(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("ORIEL_")}
    command = [sys.executable, "-c", "from workers.cli import main; main()", *arguments]
    environ = {**given, "PYTHONPATH": str(REPOSITORY), **environ}
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"\xff\xfe[\x00", "is not UTF-8"),
        (b"a = " + b"[" * 20_000, "too deeply"),
        (b"\x00", "is not TOML"),
        (b"[api]\nlisten = '10.255.255.1:70000'", "[api] listen"),
    ],
)
def test_a_broken_configuration_is_one_line_and_status_2(tmp_path, file, words):
    (tmp_path / "oriel.toml").write_bytes(file)
    done = run("up", cwd=tmp_path)

    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert words in done.stderr


def test_a_configuration_that_is_a_folder_is_said_to_be_one(tmp_path):
    (tmp_path / "oriel.toml").mkdir()
    done = run("up", cwd=tmp_path)

    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "oriel.toml cannot be read: Is a directory" in done.stderr


@pytest.mark.parametrize("taken", ["data", "data/run", "data/logs"])
def test_a_data_directory_that_cannot_be_one_is_named(tmp_path, taken):
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("a file in its place", encoding="utf-8")
    done = run("up", "--data-dir", "data", cwd=tmp_path)

    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert f"{tmp_path / 'data'}" in done.stderr


def test_a_working_directory_that_is_gone_is_said(tmp_path):
    script = "import os; os.rmdir(os.getcwd()); from workers.cli import main; main()"
    gone = tmp_path / "gone"
    gone.mkdir()
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", script, "sender", "list"]
    done = subprocess.run(command, cwd=gone, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert done.stderr.startswith("oriel: ")


def test_an_unexpected_error_hides_numbers_and_says_how_to_see_more(capsys, monkeypatch):
    monkeypatch.delenv("ORIEL_DEBUG", raising=False)
    told = output.explain(KeyError("+14155550101\n  second line"))

    assert "\n" not in str(told)
    assert "14155550101" not in str(told)
    assert "ORIEL_DEBUG=1" in str(told)
    assert capsys.readouterr().err == ""


def test_with_debug_the_place_is_shown(capsys, monkeypatch):
    monkeypatch.setenv("ORIEL_DEBUG", "1")
    output.explain(KeyError("x"))

    assert "KeyError" in capsys.readouterr().err


def test_as_json_an_unexpected_error_is_a_document(capsys):
    output.report_error(output.explain(FileNotFoundError(2, "No such file or directory", "base.csv")), as_json=True)

    assert json.loads(capsys.readouterr().out)["detail"] == "base.csv: No such file or directory."
