"""The demo's setup: whatever the user has configured, nobody real is written to and no store but its own is touched."""

import json

import pytest

from shared.ground.errors import ConfigurationError
from tests.reading import present
from workers.cli.demo.folder import build_script, open_folder
from workers.cli.demo.isolation import remove_foreign_variables
from workers.cli.demo.provider_accounts import PROVIDERS
from workers.cli.demo.setup import prepare
from workers.simulator.script import read_script

OWN = """
[state]
url = "redis://example.com:6379/1"
[broker]
url = "redis://example.com:6379/0"
[webhook]
public_url = "https://hooks.example.com"
[[senders]]
id = "meta-number"
provider = "twilio"
address = "+14155550199"
rate_per_second = 20
api_base = "https://api.twilio.com"
content_base = "https://content.twilio.com"
credentials = { account_sid = "AC00000000000000000000000000000001", auth_token = "env:MY_TOKEN" }
[[templates]]
sender = "meta-number"
name = "offer"
language = "en"
category = "marketing"
body = "Buy {{1}}"
[[templates]]
sender = "meta-number"
name = "visit"
language = "es"
category = "utility"
provider_id = "HX00000000000000000000000000000001"
body = "{{name}}: {{when}}"
"""
LEASE = {"ORIEL_TIMING__LEASE_SECONDS": "30"}


def set_up(tmp_path, contacts=100, config=None, environ=None, provider="twilio"):
    return prepare(contacts, provider, config, tmp_path / "data", environ or {})


def test_the_environment_keeps_what_is_about_sending_and_loses_the_rest():
    environ = {
        "PATH": "/bin",
        "ORIEL_SENDING__JOBS_PER_MESSAGE": "1",
        "ORIEL_TIMING__LEASE_SECONDS": "9",
        "ORIEL_LOGGING__LEVEL": "debug",
        "ORIEL_DATA_DIR": "d",
        "ORIEL_CONFIG": "oriel.toml",
        "ORIEL_STATE__URL": "redis://example.com/1",
        "ORIEL_BROKER__URL": "amqp://example.com",
        "ORIEL_SENDERS": "[]",
        "ORIEL_API_URL": "https://example.com",
        "ORIEL_API_KEY": "k",
        "ORIEL_WEBHOOK__PUBLIC_URL": "https://example.com",
        "CELERY_BROKER_URL": "amqp://example.com",
    }
    remove_foreign_variables(environ)

    assert sorted(environ) == [
        "ORIEL_DATA_DIR", "ORIEL_LOGGING__LEVEL", "ORIEL_SENDING__JOBS_PER_MESSAGE", "ORIEL_TIMING__LEASE_SECONDS", "PATH",
    ]  # fmt: skip


def test_what_is_said_about_sending_applies(tmp_path):
    assert set_up(tmp_path, environ={"ORIEL_SENDING__JOBS_PER_MESSAGE": "1"}).settings.sending.jobs_per_message == 1


def test_a_configuration_in_the_working_directory_is_not_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "oriel.toml").write_text("nonsense", encoding="utf-8")

    assert set_up(tmp_path).sender.id == "clinic"


@pytest.mark.parametrize(("contacts", "rate"), [(5, 80), (100, 80), (101, 400), (2_000, 400)])
def test_a_larger_base_has_a_faster_number(tmp_path, contacts, rate):
    demo = set_up(tmp_path, contacts)

    assert demo.sender.rate_per_second == rate
    assert build_script(demo)["rate_limit_per_second"] == rate


def test_another_configuration_still_reaches_nobody(tmp_path):
    config = tmp_path / "own.toml"
    config.write_text(OWN, encoding="utf-8")
    demo = set_up(tmp_path, config=config, environ={"MY_TOKEN": "the-real-token"})
    settings = demo.settings

    urls = settings.accounts()[demo.sender.sender_id].urls
    assert {url.rpartition(":")[0] for url in urls.values()} == {"http://127.0.0.1"}
    assert (settings.state.url, settings.broker.url) == (None, None)
    assert settings.public_url.startswith("http://127.0.0.1")
    assert [settings.api.listen.port, settings.ops.listen.port] == [0, 0]
    assert urls["api_base"] == settings.simulator.listen.url
    assert "api.twilio.com" not in demo.environment["ORIEL_SENDERS"]
    assert "the-real-token" not in demo.environment["ORIEL_SENDERS"]


def test_the_first_template_that_can_start_a_campaign_plays(tmp_path):
    config = tmp_path / "own.toml"
    config.write_text(OWN, encoding="utf-8")
    demo = set_up(tmp_path, config=config, environ={"MY_TOKEN": "t"})

    assert demo.template.name == "visit"
    assert demo.base.text.startswith("phone,name,when,")


def test_what_another_configuration_leaves_out_is_the_demos(tmp_path):
    config = tmp_path / "own.toml"
    config.write_text("[sending]\njobs_per_message = 1\n", encoding="utf-8")
    demo = set_up(tmp_path, config=config)

    assert demo.settings.sending.jobs_per_message == 1
    assert (demo.sender.id, demo.sender.tenant, demo.template.name) == ("clinic", "demo", "appointment_reminder")
    assert demo.settings.timing.lease_seconds == 8


@pytest.mark.parametrize(("own", "environ", "seconds"), [("[timing]\nlease_seconds = 40", {}, 40), ("", LEASE, 30)])
def test_timing_is_the_files_or_the_environments_before_it_is_the_demos(tmp_path, own, environ, seconds):
    config = tmp_path / "own.toml"
    config.write_text(own, encoding="utf-8")

    assert set_up(tmp_path, config=config, environ=environ).settings.timing.lease_seconds == seconds


def test_a_mistake_in_the_cast_is_told_by_its_place_in_the_file(tmp_path):
    config = tmp_path / "own.toml"
    config.write_text('[[senders]]\nid = "x"\nprovider = "twilio"\nrate_per_second = -1', encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"own\.toml: \[\[senders\]\]") as caught:
        set_up(tmp_path, config=config)
    assert "ORIEL_SENDERS" not in str(caught.value)


@pytest.mark.parametrize(("provider", "words"), [("whatever", "cannot play whatever"), ("", "cannot play")])
def test_a_provider_that_cannot_be_played_is_named(tmp_path, provider, words):
    with pytest.raises(ConfigurationError, match=rf"{words}.*allowed: twilio"):
        prepare(100, provider, None, tmp_path, {})


@pytest.mark.parametrize(
    ("config", "words"),
    [("senders = []", "needs a sender"), (OWN.partition("[[templates]]")[0], "needs an enabled utility template")],
)
def test_a_configuration_without_a_cast_says_what_it_lacks(tmp_path, config, words):
    path = tmp_path / "own.toml"
    path.write_text(config, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=words):
        set_up(tmp_path, config=path, environ={"MY_TOKEN": "t"})


def test_the_simulator_knows_the_account_the_template_and_who_is_not_there(tmp_path):
    demo = set_up(tmp_path)
    script = read_script(json.dumps(build_script(demo)))

    known = script.catalogue[demo.template.provider_id]
    assert (known.name, known.names) == ("appointment_reminder", ("1", "2"))
    assert script.accounts == {"AC0123456789abcdef0123456789abcdef": "a-made-up-token-for-the-demo"}
    assert script.not_on_whatsapp == {demo.base.not_on_whatsapp}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_the_provider_that_is_asked_for_plays(tmp_path, provider):
    settings = set_up(tmp_path, provider=provider).settings

    assert [sender.provider for sender in settings.senders] == [provider]
    assert {template.sender for template in settings.templates} == {settings.senders[0].id}


@pytest.mark.parametrize("provider", sorted(PROVIDERS.keys() - {"twilio"}))
def test_who_is_told_nothing_by_a_request_knows_where_our_webhook_will_be(tmp_path, provider):
    demo = set_up(tmp_path, provider=provider)
    script = read_script(json.dumps(build_script(demo)))
    account = next(iter(script.services))

    assert demo.settings.webhook.listen.port
    url = script.find_status_url(provider, account)
    assert url == script.find_message_url(provider, account)
    assert present(url).startswith(f"{demo.settings.public_url}/webhooks/{provider}/{demo.sender.id}/")
    assert script.services == {account: demo.sender.address}
    assert present(script.find_template("appointment_reminder", "en")).status == "approved"


def test_the_folder_is_wiped_at_every_start(tmp_path):
    demo = set_up(tmp_path)
    demo.folder.mkdir(parents=True)
    (demo.folder / "left").touch()
    with open_folder(demo):
        assert sorted(path.name for path in demo.folder.iterdir()) == ["base.csv", "simulator.json"]


def test_a_second_demo_does_not_wipe_the_first_ones_folder(tmp_path):
    demo = set_up(tmp_path)
    with open_folder(demo):
        demo.journal_file.touch()
        with pytest.raises(ConfigurationError, match="another demo"), open_folder(demo):
            pass
        assert demo.journal_file.exists()
