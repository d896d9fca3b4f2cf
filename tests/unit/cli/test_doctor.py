"""`oriel doctor`: what processes say of themselves, in one table; its exit status is for scripts."""

import json
import os

import pytest

from config.endpoints import Endpoints, endpoints_path

READY = {"process": "web", "ok": True, "time_zones": "2026f (tzdata package)"}
NO_AOF = "the state store keeps no append-only file: set `appendonly yes`"


@pytest.fixture
def examined(oriel, scripted, tmp_path, monkeypatch):
    """Runs doctor on an installation whose processes answer at /readyz as they are told."""
    monkeypatch.delenv("ORIEL_API_URL", raising=False)
    monkeypatch.delenv("ORIEL_API_KEY", raising=False)

    def run(*processes, as_json=True):
        ops = {f"p{n}": f"{scripted.url}/p{n}" for n, _ in enumerate(processes)}
        scripted.answers = {f"GET /p{n}/readyz": answer for n, answer in enumerate(processes)}
        endpoints = Endpoints(
            api="http://127.0.0.1:1", webhook="http://127.0.0.1:2", public_url="http://127.0.0.1:2", ops=ops,
            state="redis://127.0.0.1:3/1", broker="redis://127.0.0.1:3/0", operator_key="made-up-key",
            data_dir=tmp_path, pid=os.getpid(),
        )  # fmt: skip
        endpoints_path(tmp_path).parent.mkdir(exist_ok=True)
        endpoints_path(tmp_path).write_text(endpoints.model_dump_json(), encoding="utf-8")
        result = oriel("doctor", "--data-dir", str(tmp_path), *(["--json"] if as_json else []))
        return result, json.loads(result.stdout) if as_json else None

    return run


def found(document, about):
    return [(one["verdict"], one["text"]) for one in document["findings"] if one["about"] == about]


def test_all_is_well(examined):
    result, document = examined((200, READY), (200, READY))

    assert (result.exit_code, document["good"]) == (0, True)
    assert found(document, "p1") == [("ok", "ready")]
    assert found(document, "time zones") == [("ok", "edition 2026f (tzdata package)")]
    assert found(document, "state store")[0][0] == "ok"


def test_a_store_that_may_lose_marks_is_a_warning_said_once(examined):
    warned = READY | {"warnings": {"state": NO_AOF}}
    result, document = examined((200, warned), (200, warned))

    assert result.exit_code == 0
    assert found(document, "state store") == [("warning", NO_AOF)]


def test_processes_that_read_different_editions_of_the_zones_are_told_apart(examined):
    _, document = examined((200, READY), (200, READY | {"time_zones": "2025b (system)"}))

    assert [verdict for verdict, _ in found(document, "time zones")] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((503, {"ok": False, "not_ready": {"state": "start it"}}), "state: start it"),
        ((503, {}), "not ready (503)"),
        ((200, b"<html>"), "is not Oriel's"),
        ((200, [1]), "is not Oriel's"),
    ],
)
def test_what_is_wrong_has_its_remedy_and_status_1(examined, answer, words):
    result, document = examined((200, READY), answer)

    assert (result.exit_code, document["good"]) == (1, False)
    assert words in found(document, "p1")[0][1]


def test_the_disk_is_named_for_people_too(examined):
    result, _ = examined((200, READY), as_json=False)

    assert "GiB are free" in result.stdout


def test_where_nothing_runs_it_says_what_to_start(oriel, tmp_path, monkeypatch):
    monkeypatch.delenv("ORIEL_API_URL", raising=False)
    result = oriel("doctor", "--data-dir", str(tmp_path))

    assert result.exit_code == 1
    assert "start `oriel up`" in result.stderr
