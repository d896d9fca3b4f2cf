"""`oriel demo`, the real one: it adds up, also when its sender is killed; Ctrl-C at any moment leaves nothing behind."""

import json
import os
import signal

import pytest

from tests.e2e.commands import EVERYBODY, Command, lines_of

pytestmark = pytest.mark.processes

OF_SOMEBODY_ELSE = {
    "ORIEL_CONFIG": "/nowhere/oriel.toml",
    "ORIEL_STATE__URL": "redis://127.0.0.1:1/1",
    "ORIEL_BROKER__URL": "redis://127.0.0.1:1/0",
    "ORIEL_API_URL": "http://127.0.0.1:1",
    "ORIEL_API_KEY": "somebody-elses",
    "ORIEL_SENDING__JOBS_PER_MESSAGE": "7",
}

FUNNEL_OF_40 = {"total": 38, "accepted": 2, "delivered": 10, "read": 24, "failed": 1, "suppressed": 1}
ANSWERS_OF_40 = (17, 1, {"yes": 12, "cancel": 1})


@pytest.fixture
def demo(tmp_path):
    """Starts demos; whatever happens in a test, none of them lives on."""
    started = []

    def start(*arguments, environ=None):
        (tmp_path / "oriel.toml").write_text("this is not toml", encoding="utf-8")
        started.append(Command(tmp_path / "data", "demo", *arguments, environ=environ))
        return started[-1]

    yield start
    for command in started:
        command.kill()


def in_the_middle(command):
    """Some messages have been accepted."""
    return lambda: lines_of(command.data_dir / "demo" / "journal.jsonl") > 20


def test_everything_adds_up_and_nothing_is_left(demo):
    command = demo("--json", "--contacts", "60", environ=OF_SOMEBODY_ELSE)
    status, out, err = command.end()

    assert status == 0, err
    document = json.loads(out.splitlines()[-1])
    counts = document["campaign"]["counts"]
    states = [name for name in counts if name != "total"]
    assert document["campaign"]["state"] == "finished"
    assert sum(counts[name] for name in states) == counts["total"] == document["intake"]["admitted"] == 58
    assert document["sums_hold"] is True
    assert document["duplicates_seen_by_provider"] == 0
    assert [one["reason"] for one in sorted(document["rejections"], key=lambda one: one["line"])] == [
        "not-a-number",
        "duplicate",
    ]
    assert (counts["suppressed"], counts["failed"]) == (1, 1)
    assert 0 < document["seconds_to_first_message"] < 10
    assert document["seconds_to_ready"] > 0
    assert document["problems"] == []
    campaign = document["campaign"]
    assert campaign["replied"] == document["answered_by_contacts"] > campaign["opted_out"] > 0
    assert campaign["answers"]["yes"] > 0
    (window,) = document["sessions"]
    assert window["key"] == f"{{k:{window['contact_id']}}}:session:clinic"
    assert window["open"]
    assert 23 * 3600 < window["seconds_left"] <= 24 * 3600
    sent, refused = document["replies"]
    assert (sent["contact_id"], sent["state"]) in {(window["contact_id"], state) for state in ("delivered", "read")}
    assert (refused["state"], refused["code"]) == ("refused", "window-closed")
    assert command.pids.keys() >= EVERYBODY | {"simulator"}
    assert command.left_behind() == {}


@pytest.mark.parametrize("provider", ["twilio", "wavy", "hey", "meta"])
def test_every_provider_gives_the_same_funnel(demo, provider):
    """The contacts are the same people, whoever brings them the message."""
    status, out, err = demo("--json", "--contacts", "40", "--provider", provider).end()

    assert status == 0, err
    document = json.loads(out.splitlines()[-1])
    assert (document["problems"], document["duplicates_seen_by_provider"]) == ([], 0)
    campaign = document["campaign"]
    assert {state: count for state, count in campaign["counts"].items() if count} == FUNNEL_OF_40
    assert (campaign["replied"], campaign["opted_out"], campaign["answers"]) == ANSWERS_OF_40


def test_a_killed_sender_neither_repeats_nor_loses_anybody(demo):
    command = demo("--json", "--contacts", "400")
    command.until(in_the_middle(command))
    os.kill(command.look()["sender"], signal.SIGKILL)
    status, out, err = command.end()

    assert status == 0, err
    document = json.loads(out.splitlines()[-1])
    assert (document["sums_hold"], document["duplicates_seen_by_provider"]) == (True, 0)
    assert len(command.pids["sender"]) > 1
    assert command.left_behind() == {}


def test_people_get_a_report_with_everything_in_it(demo):
    status, out, err = demo("--contacts", "20").end()

    assert status == 0, err
    for words in (
        "20 rows = 18 admitted + 1 rejected + 1 duplicates",
        "not-a-number",
        "63024",
        "no-opt-in",
        "Delivered to +1415*****",
        "appointment is coming up on",
        "no campaign writes to those any more",
        "window-closed",
        "Everything adds up",
        "base.csv",
    ):
        assert words in out


@pytest.mark.parametrize("moment", ["at once", "while it starts", "in the middle"])
def test_ctrl_c_ends_everything(demo, moment):
    command = demo("--contacts", "2000")
    if moment == "while it starts":
        command.until(lambda: "web" in command.look())
    elif moment == "in the middle":
        command.until(in_the_middle(command))
    else:
        command.until((command.data_dir / "run").exists)
    command.interrupt()
    status, _, err = command.end()

    assert status == 130, err
    assert "Traceback" not in err
    assert command.left_behind() == {}
    assert list((command.data_dir / "run").glob("*.pid")) == []


def test_kept_running_it_can_be_called_until_ctrl_c(demo):
    command = demo("--contacts", "5", "--keep", "--json")
    command.until(lambda: command.stdout.endswith("\n"))
    campaign = json.loads(command.stdout.splitlines()[-1])["campaign"]["id"]
    asked = Command(command.data_dir, "campaign", "status", campaign, "--json")
    status, out, err = asked.end()
    asked.kill()

    assert (status, json.loads(out)["state"]) == (0, "finished"), err
    command.interrupt()
    assert command.end()[0] == 130
    assert command.left_behind() == {}


def test_two_demos_do_not_share_a_directory(demo):
    first = demo("--contacts", "2000")
    first.until((first.data_dir / "demo" / "simulator.json").exists)
    status, out, err = demo("--json").end()

    assert status == 2
    assert json.loads(out)["code"] == "configuration"
    assert "another demo" in err
    first.interrupt()
    assert first.end(20)[0] == 130
