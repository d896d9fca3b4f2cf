"""Configuration: precedence, secrets, what is refused and in which words."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.endpoints import Endpoints, endpoints_path
from config.loading import Listen, Settings, attach, load_settings
from shared.ground.errors import ConfigurationError
from shared.ground.ids import SenderId
from shared.providers.registry import DIALECTS
from tests.reading import present

CLINIC = """
[[senders]]
id = "clinic"
provider = "twilio"
address = "+14155550100"
api_base = "http://127.0.0.1:9"
credentials = { account_sid = "AC1", auth_token = "env:TWILIO_TOKEN" }
"""
TOKEN = {"TWILIO_TOKEN": "made-up-token"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(text: str = "", environ: dict[str, str] | None = None) -> Settings:
    Path("oriel.toml").write_text(text, encoding="utf-8")
    return load_settings(environ=environ or {})


def refusal(text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(text, environ)
    return str(caught.value)


# ── where values come from ──────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_file_everything_has_its_default(tmp_path):
    settings = load_settings(environ={})

    assert settings.config_file is None
    assert settings.data_dir == tmp_path / ".oriel"
    assert settings.state.url is None
    assert settings.broker.url is None
    assert settings.api.listen == Listen("127.0.0.1", 8080)
    assert settings.ops.listen.port == 0
    assert settings.public_url == "http://127.0.0.1:8081"
    assert settings.timing.session_seconds == 86_400
    assert settings.retention.events == timedelta(days=8)
    assert [tenant.id for tenant in settings.tenants] == ["default"]
    assert settings.accounts() == {}


@pytest.mark.parametrize(
    ("argument", "environ", "expected"),
    [
        ("a.toml", {"ORIEL_CONFIG": "b.toml"}, 1),
        (None, {"ORIEL_CONFIG": "b.toml"}, 2),
        (None, {}, 3),
        (None, {"ORIEL_CONFIG": "b.toml", "ORIEL_SENDING__THREADS": "4"}, 4),
        (None, {"ORIEL_SENDING__THREADS": ""}, 3),
        (None, {"oriel_sending__threads": "5"}, 5),
        (None, {"ORIEL_SENDING": '{"threads": 6}'}, 6),
    ],
)
def test_argument_before_environment_before_file(argument, environ, expected):
    for name, threads in (("a.toml", 1), ("b.toml", 2), ("oriel.toml", 3)):
        Path(name).write_text(f"[sending]\nthreads = {threads}\nin_flight = 7\n", encoding="utf-8")

    settings = load_settings(Path(argument) if argument else None, environ=environ)

    assert settings.sending.threads == expected
    assert settings.sending.in_flight == 7  # a table is merged key by key


@pytest.mark.parametrize(
    ("argument", "environ", "expected"),
    [("one", {"ORIEL_DATA_DIR": "two"}, "one"), (None, {"ORIEL_DATA_DIR": "two"}, "two"), (None, {}, ".oriel")],
)
def test_data_directory(argument, environ, expected, tmp_path):
    settings = load_settings(data_dir=Path(argument) if argument else None, environ=environ)

    assert settings.data_dir == tmp_path / expected


def test_variables_that_are_no_settings_are_left_alone():
    others = {"ORIEL_WEB_PORT": "tcp://10.0.0.1:80", "ORIEL_API_KEY": "k", "ORIEL_PROCESS": "web", "PATH": "/bin"}
    assert load(environ=others) == load(environ={})


def test_lists_in_the_environment_are_json():
    settings = load(environ={"ORIEL_TENANTS": '[{"id": "acme", "region": "UY"}]'})

    assert settings.tenants[0].region == "UY"


def test_a_tenant_has_opt_out_words_of_its_own():
    settings = load("[[tenants]]\nid = 'acme'\nopt_out_words = ['Fuera de acá', 'no más']")
    assert settings.tenants[0].opt_out_words == ("Fuera de acá", "no más")


def test_the_tree_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        load().sending.threads = 3  # type: ignore[misc]


def test_every_key_is_described():
    described = {
        f"{section}.{name}"
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for name, inner in field.annotation.model_fields.items()
        if not inner.description
    }
    assert described == set()


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ("[sending]\nthread = 3", {}, ["oriel.toml: [sending] thread is no key here", "did you mean threads?"]),
        ("[sendin]\nthreads = 3", {}, ["oriel.toml: [sendin] is no key here", "did you mean sending?"]),
        ("[sending]\nthreads = 0", {}, ["[sending] threads should be greater than or equal to 1 (it is 0)"]),
        ("sending = 3", {}, ["oriel.toml: sending should be"]),
        ("[sending]\nthreads =", {}, ["oriel.toml is not TOML", "at end of document"]),
        ("[logging]\nlevel = 'loud'", {}, ["[logging] level should be 'debug', 'info', 'warning' or 'error'"]),
        ("[api]\nlisten = '8080'", {}, ["[api] listen", "host:port"]),
        ("[api]\nlisten = 'localhost:99999'", {}, ["65535"]),
        ("[retention]\nledger = 'a month'", {}, ["[retention] ledger", '"30d"']),
        ("[state]\nurl = 'valkey://h'", {}, ["[state] url", "redis://"]),
        ("[broker]\nurl = 'http://h'", {}, ["[broker] url", "amqp://"]),
        ("[broker]\nurl = 'redis://h/0?socket_timeout=5'", {}, ["[broker] url has options after its `?`", "heartbeat"]),
        ("[webhook]\npublic_url = 'hooks'", {}, ["[webhook] public_url", "https://hooks.example.com"]),
        ("[timing]\nlease_seconds = 15", {}, ["lease_seconds should be longer than http_timeout_seconds"]),
        ("[timing]\nsafety_margin_seconds = 86400", {}, ["shorter than session_seconds"]),
        ("[timing]\nsession_seconds = 86401", {}, ["86400"]),
        ("data_dir = 'x'", {}, ["ORIEL_DATA_DIR"]),
        ("_env_file = 'x'", {}, ["_env_file is no key here"]),
        ("[[tenants]]\nid = 'a b'", {}, ['[[tenants]] "a b" id should be at most 64']),
        ("[[tenants]]\nregion = 'UY'", {}, ["[[tenants]] number 1 id is missing"]),
        ("[[tenants]]\nid = 'a'\nregion = 'Uruguay'", {}, ['[[tenants]] "a" region', "such as UY"]),
        ("[[tenants]]\nid = 'a'\ntimezone = 'Mars'", {}, ["America/Montevideo"]),
        ("[[tenants]]\nid = 'a'\nopt_out_words = ['!']", {}, ["opt_out_words", "a letter or a digit"]),
        ("[[tenants]]\nid = 'a'\nopt_out_words = ['start']", {}, ["opt_out_words", "agree again"]),
        ("[[tenants]]\nid = 'a'\n[[tenants]]\nid = 'a'", {}, ["tenant a is there 2 times"]),
        ("[[tenants]]\nid = 'a'\napi_keys = [{ name = 'x' }]", {}, ['"a" api_keys "x" secret is missing']),
        ("[[tenants]]\nid = 'a'\napi_keys = ['same', { name = 'x', secret = 'same' }]", {}, ["another key has"]),
        ("", {"ORIEL_STAT__URL": "x"}, ["ORIEL_STAT__URL", "did you mean state?"]),
        ("", {"ORIEL_STATE__URI": "x"}, ["ORIEL_STATE__URI in the environment", "allowed: url"]),
        ("", {"ORIEL_SENDING__THREADS": "x"}, ["ORIEL_SENDING__THREADS in the environment: should be a valid integer"]),
        ("", {"ORIEL_TENANTS": "acme"}, ["ORIEL_TENANTS", "JSON"]),
        ("", {"ORIEL_SENDERS__0__ID": "x"}, ["ORIEL_SENDERS in the environment: should be a valid list"]),
    ],
)
def test_refusals_say_where_and_what(text, environ, said):
    message = refusal(text, environ)

    for part in said:
        assert part in message
    assert "pydantic" not in message
    assert "https://errors" not in message


@pytest.mark.parametrize(
    "text",
    [
        CLINIC.replace('"+14155550100"', "14155550100"),
        CLINIC.replace('"env:TWILIO_TOKEN"', "14155550100"),
        "secret = 14155550100",
        "[[tenants]]\nid = 'a'\napi_keys = [14155550100]",
        "[state]\nurl = 'mysql://u:14155550100@h'",
    ],
)
def test_refusals_quote_no_secrets_and_no_numbers(text):
    assert "14155550100" not in refusal(text, TOKEN)


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_a_named_file_must_be_there(name):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(Path(name), environ={})


def test_a_file_in_another_encoding_is_refused():
    Path("oriel.toml").write_bytes("# ação".encode("latin-1"))

    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_settings(environ={})


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_secrets_come_from_variables_files_and_lists():
    Path("key.txt").write_text("from-file\n", encoding="utf-8")
    settings = load(
        """
        secret = "env:OWN"
        [[tenants]]
        id = "acme"
        api_keys = [
            "env:ACME_KEY",
            "plain-key",
            { name = "dialer", secret = ["env:NEW", "file:key.txt"], scopes = ["campaigns"] },
        ]
        """,
        {"OWN": "own-value", "ACME_KEY": "acme-value", "NEW": "new-value"},
    )

    keys = settings.api_keys()

    assert [(key.name, key.secrets, key.scopes) for key in keys] == [
        ("ACME_KEY", ("acme-value",), None),
        ("key-2", ("plain-key",), None),
        ("dialer", ("new-value", "from-file"), frozenset({"campaigns"})),
    ]
    assert {key.tenant for key in keys} == {"acme"}
    assert settings.secret_values() == {"own-value", "acme-value", "plain-key", "new-value", "from-file"}


def test_secrets_are_not_in_any_repr():
    settings = load(
        "secret = 'own-value'\n[state]\nurl = 'redis://u:store-pass@h/1'\n" + CLINIC,
        {**TOKEN, "ORIEL_API__OPERATOR_KEY": "op-value", "ORIEL_TENANTS": '[{"id": "a", "api_keys": ["api-value"]}]'},
    )

    written = repr(settings) + repr(settings.api_keys()) + repr(settings.accounts())

    for secret in ("own-value", "store-pass", "made-up-token", "op-value", "api-value"):
        assert secret not in written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[tenants]]\nid = 'acme'\napi_keys = ['env:ACME_KEY']", ["tenant acme", "ACME_KEY is not set"]),
        ("[[tenants]]\nid = 'acme'\napi_keys = ['file:nowhere']", ["tenant acme", "nowhere cannot be read"]),
        ("[[tenants]]\nid = 'acme'\napi_keys = ['']", ["tenant acme", "empty"]),
        ("secret = 'env:OWN'", ["secret", "OWN is not set"]),
        (CLINIC, ["sender clinic, auth_token", "TWILIO_TOKEN is not set"]),
    ],
)
def test_a_missing_secret_is_named_with_its_owner(text, said):
    message = refusal(text)

    for part in said:
        assert part in message


# ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_account_is_resolved():
    settings = load(CLINIC + 'options = { style = "x" }\n', TOKEN)

    account = settings.accounts()[SenderId("clinic")]

    assert account.tenant == "default"
    assert account.get_secret("auth_token") == "made-up-token"
    assert account.get_secret("account_sid") == "AC1"
    assert account.options == {"account_sid": "AC1", "style": "x"}
    assert settings.senders[0].rate_per_second == 80


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", {"api_base": None, "content_base": None}),
        ('api_base = "http://localhost:9/"', {"api_base": "http://localhost:9", "content_base": "http://localhost:9"}),
        ('content_base = "http://c.example"', {"api_base": None, "content_base": "http://c.example"}),
        (
            'api_base = "http://localhost:9"\ncontent_base = "http://c.example"',
            {"api_base": "http://localhost:9", "content_base": "http://c.example"},
        ),
    ],
)
def test_api_base_moves_every_url_that_has_no_own(keys, expected):
    defaults = DIALECTS["twilio"].capabilities.default_urls
    text = CLINIC.replace('api_base = "http://127.0.0.1:9"', keys) + '[webhook]\npublic_url = "https://h.example"\n'

    urls = load(text, TOKEN).accounts()[SenderId("clinic")].urls

    for name, url in expected.items():
        assert urls[name] == (url or defaults[name])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"twilio"', '"tvilio"'), ["sender clinic", "no provider tvilio", "twilio"]),
        (('account_sid = "AC1", ', ""), ["sender clinic", "account_sid"]),
        (("account_sid", 'sid = "x", account_sid'), ["knows no credentials sid", "account_sid", "webhook_secret"]),
        (("api_base", "apis_base"), ["has no URL apis_base", "api_base, content_base, messaging_base"]),
        (("api_base", "api_bas"), ["api_bas is no key here", "did you mean api_base?"]),
        (('id = "clinic"', 'id = "clinic"\ntenant = "acme"'), ["no tenant acme (allowed: default)"]),
        (("http://127.0.0.1:9", "https://provider.example"), ["sender clinic", "set [webhook] public_url"]),
        (('address = "+14155550100"', 'address = ""'), ['[[senders]] "clinic" address should have at least 1']),
    ],
)
def test_unusable_senders(change, said):
    message = refusal(CLINIC.replace(*change), TOKEN)

    for part in said:
        assert part in message


def test_a_webhook_secret_is_always_allowed():
    text = CLINIC.replace("{ account", '{ webhook_secret = "made-up-path", account')

    assert load(text, TOKEN).accounts()[SenderId("clinic")].get_secret("webhook_secret") == "made-up-path"


def test_two_tenants_leave_no_default_owner():
    text = "[[tenants]]\nid = 'a'\n[[tenants]]\nid = 'b'\n" + CLINIC

    assert '[[senders]] "clinic" tenant is missing' in refusal(text, TOKEN)


def test_the_same_sender_twice_is_refused():
    assert "sender clinic is there 2 times" in refusal(CLINIC + CLINIC, TOKEN)


TEMPLATE = """
[[templates]]
sender = "clinic"
name = "reminder"
language = "en"
category = "utility"
body = "Your {{1}} is on {{2}}."
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEMPLATE, "template reminder: there is no sender clinic"),
        (CLINIC + TEMPLATE + TEMPLATE, "template clinic reminder en is there 2 times"),
        (CLINIC + TEMPLATE.replace("utility", "useful"), "category should be 'utility', 'marketing'"),
        (CLINIC + TEMPLATE.replace("{{2}}", "{{3}}"), "begin with 1 and leave none out"),
        (CLINIC + TEMPLATE.replace("{{2}}", "{{day}}"), "either numbers or names"),
        (CLINIC + TEMPLATE.replace("{{2}}", "{{2}"), "with both its braces"),
        (CLINIC + TEMPLATE.replace('"en"', '"spanish!"'), "language"),
        (CLINIC + TEMPLATE + 'header = "text"\nheader_text = "{{1}} {{2}}"', "at most one placeholder"),
    ],
)
def test_unusable_templates(text, said):
    assert said in refusal(text, TOKEN)


@pytest.mark.parametrize(
    ("public_url", "reachable"),
    [
        ("https://hooks.example.com/", True),
        ("http://10.1.2.3:8081", True),
        ("http://localhost:8081", False),
        ("http://127.8.8.8", False),
        ("http://[::1]:80", False),
        (None, False),
    ],
)
def test_a_provider_elsewhere_must_be_able_to_call_us(public_url, reachable):
    text = CLINIC.replace("http://127.0.0.1:9", "https://provider.example")
    environ = {**TOKEN, **({"ORIEL_WEBHOOK__PUBLIC_URL": public_url} if public_url else {})}

    if reachable:
        assert load(text, environ).public_url == (public_url or "").rstrip("/")
    else:
        assert "the provider cannot reach it: set [webhook] public_url" in refusal(text, environ)


# ── attaching ───────────────────────────────────────────────────────────────────────────────────────────────────────


def running(data_dir: Path, pid: int | None) -> None:
    endpoints = Endpoints(
        api="http://127.0.0.1:1",
        webhook="http://127.0.0.1:2",
        public_url="http://127.0.0.1:2",
        ops={},
        state="redis://127.0.0.1:3/1",
        broker="redis://127.0.0.1:3/0",
        operator_key="made-up-key",
        data_dir=data_dir,
        pid=pid,
    )
    endpoints_path(data_dir).parent.mkdir(parents=True)
    endpoints_path(data_dir).write_text(json.dumps({**endpoints.model_dump(mode="json"), "later": 1}), encoding="utf-8")


def test_commands_attach_to_what_runs():
    settings = load("[state]\nurl = 'redis://h/5'")
    running(settings.data_dir, os.getpid())

    attached = attach(settings)

    assert attached.state.url == "redis://h/5"
    assert attached.broker.url == "redis://127.0.0.1:3/0"
    assert attached.public_url == "http://127.0.0.1:2"
    assert present(attached.api.operator_key).get_secret_value() == "made-up-key"
    assert attach(attached) is attached


@pytest.mark.parametrize("left_behind", [True, False])
def test_nothing_to_attach_to(left_behind):
    settings = load()
    if left_behind:
        running(settings.data_dir, 2**22 + 1)  # above the kernel's largest process id

    with pytest.raises(ConfigurationError, match=r"start `oriel up`, or set \[state\] url"):
        attach(settings)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "http://[::1]:80"),
        ("h:0", "http://h:0"),
        (":81", "http://127.0.0.1:81"),
    ],
)
def test_a_wildcard_address_is_reached_at_loopback(text, url):
    listen = load(environ={"ORIEL_API__LISTEN": text}).api.listen

    assert listen.url == url


@pytest.mark.parametrize("url", ["amqps://h//?heartbeat=5&connect_timeout=3", "rediss://h/0?ssl_cert_reqs=required"])
def test_the_brokers_url_takes_the_options_that_celery_takes_there(url):
    assert load_settings(environ={"ORIEL_BROKER__URL": url}).broker.url == url
