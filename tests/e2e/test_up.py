"""`oriel up` and the commands that attach to it: a whole campaign by hand, at a provider of the test's own."""

import asyncio
import csv
import io
import json
import re

import pytest
import redis

from tests.e2e.commands import EVERYBODY, Command
from workers.cli.demo.base import build_base
from workers.cli.demo.configuration import CONFIGURATION
from workers.machine.embedded import EmbeddedServer
from workers.simulator.script import Script
from workers.simulator.server import running

pytestmark = pytest.mark.processes


@pytest.fixture
async def provider(tmp_path):
    async with running(Script(), tmp_path / "journal.jsonl") as simulator:
        yield simulator


@pytest.fixture
async def installation(tmp_path, provider):
    """`oriel up` with the demo's configuration at this test's provider; ready, and stopped afterwards."""
    config = tmp_path / "oriel.toml"
    text = CONFIGURATION.read_text(encoding="utf-8")
    config.write_text(re.sub(r'api_base = ".*"', f'api_base = "{provider.url}"', text), encoding="utf-8")
    command = Command(tmp_path / "data", "up", "--json", "--scale", "sender=2")
    await asyncio.to_thread(command.until, lambda: command.stdout.endswith("\n"))
    yield command
    command.kill()


@pytest.fixture
def oriel(installation):
    """Runs a command beside it; the test's loop is the provider's meanwhile."""

    async def run(*arguments):
        command = Command(installation.data_dir, *arguments)
        result = await asyncio.to_thread(command.end)
        command.kill()
        return result

    return run


async def test_a_campaign_by_hand(installation, oriel, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text(build_base(30).text, encoding="utf-8")
    named = ["--name", "May", "--sender", "clinic", "--template", "appointment_reminder"]

    status, campaign, err = await oriel("campaign", "create", *named)
    assert status == 0, err
    campaign = campaign.strip()

    status, out, err = await oriel("campaign", "import", campaign, str(base))
    assert status == 0, err
    assert "received 30, admitted 28, rejected 1, duplicates 1" in out
    assert "not-a-number" in out

    again = json.loads((await oriel("campaign", "import", campaign, str(base), "--json"))[1])
    assert (again["received"], again["admitted"], again["duplicates"]) == (30, 0, 29)

    status, out, err = await oriel("campaign", "start", campaign, "--follow")
    assert status == 0, err
    assert out.splitlines()[-1].startswith("finished: 28 of 28 done")

    counts = json.loads((await oriel("campaign", "status", campaign, "--json"))[1])["counts"]
    assert (counts["total"], counts["suppressed"]) == (28, 1)

    rows = list(csv.DictReader(io.StringIO((await oriel("campaign", "results", campaign))[1])))
    assert len(rows) == 28
    (suppressed,) = json.loads((await oriel("campaign", "results", campaign, "--state", "suppressed", "--json"))[1])
    assert suppressed["reason"] == "no-opt-in"


async def test_pause_resume_and_cancel(oriel, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text(build_base(400).text, encoding="utf-8")
    named = ["--name", "Slow", "--sender", "clinic", "--template", "appointment_reminder", "--rate", "10"]
    campaign = json.loads((await oriel("campaign", "create", *named, "--json"))[1])["id"]
    await oriel("campaign", "import", campaign, str(base))

    for verb, state in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        status, out, err = await oriel("campaign", verb, campaign, "--json")
        assert (status, json.loads(out)["state"]) == (0, state), err

    status, _, err = await oriel("campaign", "resume", campaign)
    assert status == 2
    assert "Traceback" not in err


async def test_what_there_is_and_who_agreed(installation, oriel):
    templates = json.loads((await oriel("template", "list", "--json"))[1])["items"]
    senders = json.loads((await oriel("sender", "list", "--json"))[1])["items"]
    status, out, err = await oriel("optin", "+14155550123", "--source", "web_form", "--json")

    assert {template["name"] for template in templates} == {"appointment_reminder"}
    assert [sender["provider"] for sender in senders] == ["twilio", "wavy", "hey", "meta"]
    assert status == 0, err
    assert json.loads(out)

    status, _, err = await oriel("campaign", "status", "cnonsense")
    assert status == 2
    assert err.startswith("oriel: ")


async def test_ctrl_c_ends_everything_and_prints_no_key(installation):
    addresses = json.loads(installation.stdout)
    key = installation.endpoints()["operator_key"]
    assert addresses["api"].startswith("http://127.0.0.1:")
    assert key not in installation.stdout + installation.stderr
    assert installation.look().keys() == EVERYBODY | {"sender.2"}

    installation.interrupt()
    status, _, err = await asyncio.to_thread(installation.end, 20)

    assert status == 0, err
    assert installation.left_behind() == {}


def test_a_store_without_an_append_only_file_is_said_on_the_terminal(tmp_path):
    with EmbeddedServer(tmp_path / "store") as server:
        with redis.Redis.from_url(server.url()) as client:
            client.config_set("appendonly", "no")
        (tmp_path / "oriel.toml").write_text(
            f"[state]\nurl = '{server.url(1)}'\n[broker]\nurl = '{server.url(0)}'\n"
            "[api]\nlisten = '127.0.0.1:0'\n[webhook]\nlisten = '127.0.0.1:0'\n",
            encoding="utf-8",
        )
        command = Command(tmp_path / "data", "up", "--json")
        try:
            command.until(lambda: command.stdout.endswith("\n"))
            command.until(lambda: "warning: the state store" in command.stderr)
            printed = command.stdout + command.stderr
            command.interrupt()
            command.end()
        finally:
            command.kill()
    assert "keeps no append-only file" in printed
    assert printed.count("warning: ") == 1
    assert server.password not in printed


@pytest.mark.parametrize(
    ("text", "words"),
    [("[state]\nurl = 7", "[state] url"), ("[[senders]]\nid = 'x'", "address"), ("nonsense", "is not TOML")],
)
def test_a_wrong_configuration_says_what_to_change(tmp_path, text, words):
    (tmp_path / "oriel.toml").write_text(text, encoding="utf-8")
    command = Command(tmp_path / "data", "up")
    status, _, err = command.end()
    command.kill()

    assert status == 2
    assert words in err
    assert "Traceback" not in err
