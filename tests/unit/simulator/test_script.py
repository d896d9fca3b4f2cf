"""The behaviour script: its defaults, its shorthands, and what it says about a mistake."""

from pathlib import Path

import pytest

from shared.ground.errors import ConfigurationError
from workers.simulator.fault_rules import FaultKind
from workers.simulator.script import Script, load_script, read_script


def test_everything_is_optional() -> None:
    assert read_script("{}") == Script() == load_script(None)


def test_a_full_script_is_read() -> None:
    script = read_script(
        """{
        "seed": 7, "latency_ms": [20, 80], "rate_limit_per_second": 80, "retry_after_s": 1,
        "accounts": {"AC1": "token"}, "templates": {"HX1": 2, "HX2": ["name", "hour"], "HX3": 0},
        "contacts": {"default": {"delivered": 0.9, "read": 0.5, "delay_ms": 10},
                     "numbers": {"+14155550101": {"fails_with": 63049}, "US.1234": {"read": 0}}},
        "not_on_whatsapp": ["+14155550102"],
        "faults": [{"match": {"every": 3}, "do": "error", "code": 20429, "retry_after_s": 2},
                   {"match": {"numbers": ["+14155550103"], "first": 1}, "do": "hang_after_acceptance", "seconds": 1}],
        "callbacks": {"duplicate": 0.1, "reorder": 0.1, "early": 0.1, "late_ms": 50, "bad_signature": 0.1, "batch": 9},
        "services": {"MG1": "+14155550100"}, "inbound_url": "http://127.0.0.1:1/in#rc=1",
        "enforce_windows": false, "window_seconds": 60, "advanced_opt_out": true, "token_seconds": 60,
        "webhooks": {"wavy": {"status": "http://127.0.0.1:1/status", "message": "http://127.0.0.1:1/message#rt=900"}}
        }"""
    )
    assert script.templates == {"HX1": ("1", "2"), "HX2": ("name", "hour"), "HX3": ()}
    assert script.contacts.default.delay_ms == (10.0, 10.0)
    assert script.contacts.numbers["+14155550101"].fails_with == "63049"
    assert [fault.do for fault in script.faults] == [FaultKind.ERROR, FaultKind.HANG_AFTER_ACCEPTANCE]


ANSWERS = """{"contacts": {
    "default": {"answers": [
        {"share": 0.1, "text": "Yes", "after_ms": [10, 20]}, {"share": 0.2, "button": {"text": "No"}},
        {"share": 0.7, "location": {"latitude": 1, "longitude": -2.5}}
    ]},
    "numbers": {"+14155550101": {"bsuid": "US.1234", "profile_name": "Ana", "answers": [
        {"media": {"kind": "audio", "url": "https://example.org/1.ogg", "mime_type": "audio/ogg"}},
        {"unknown": true, "quotes": false}, {"choice": {"id": "1", "title": "Monday"}}
    ]}}
}}"""


def test_answers_are_read() -> None:
    contacts = read_script(ANSWERS).contacts
    own = contacts.default.override(contacts.numbers["+14155550101"])
    assert [answer.kind for answer in contacts.default.answers] == ["text", "button", "location"]
    assert [(answer.kind, answer.words, answer.payload) for answer in own.answers] == [
        ("audio", None, None),
        ("unknown", None, None),
        ("choice", "Monday", "1"),
    ]


@pytest.mark.parametrize(
    ("template", "variables", "status"),
    [
        ("2", ("1", "2"), "approved"),
        ('["name"]', ("name",), "approved"),
        ('{"body": "{{b}} {{ a }} {{b}}", "status": "paused"}', ("b", "a"), "paused"),
        ('{"body": "{{1}}", "variables": ["1", "link"]}', ("1", "link"), "approved"),
        ('{"name": "plain"}', (), "approved"),
    ],
)
def test_a_template_is_a_count_or_names_or_itself(template: str, variables: tuple[str, ...], status: str) -> None:
    (read,) = read_script(f'{{"templates": {{"HX1": {template}}}}}').catalogue.values()
    assert (read.names, read.status) == (variables, status)


NAMED = """{"templates": {"reminder": {"language": "es"}, "reminder-en": {"name": "reminder"}, "any": 2}}"""


@pytest.mark.parametrize(
    ("name", "language", "key"),
    [
        ("reminder", "es", "reminder"),
        ("reminder", "en", "reminder-en"),
        ("reminder", "pt", None),
        ("reminder-en", "en", None),
        ("any", "pt", "any"),
    ],
)
def test_a_template_is_found_by_its_name_and_language(name: str, language: str, key: str | None) -> None:
    script = read_script(NAMED)
    assert script.find_template(name, language) is (None if key is None else script.catalogue[key])


def test_an_accounts_own_webhooks_go_before_its_providers() -> None:
    script = read_script(
        """{"inbound_url": "http://h/in", "webhooks": {
            "wavy": {"status": "http://h/1", "message": "http://h/2"}, "wa_clinic": {"status": "http://h/3"}}}"""
    )
    assert [script.find_status_url("wavy", name) for name in ("wa_clinic", "other")] == ["http://h/3", "http://h/1"]
    assert [script.find_message_url("wavy", name) for name in ("wa_clinic", "other")] == ["http://h/in", "http://h/2"]
    assert (script.find_status_url("hey", "1"), script.find_message_url("hey", "1")) == (None, "http://h/in")


@pytest.mark.parametrize(
    ("accounts", "account", "token", "is_in"),
    [
        ('{"a": "b"}', "a", "b", True),
        ('{"a": "b"}', "a", "c", False),
        ('{"a": "b"}', "c", "b", False),
        ("null", "a", "b", True),
        ("null", "a", "", False),
    ],
)
def test_who_is_let_in(accounts: str, account: str, token: str, is_in: bool) -> None:
    assert read_script(f'{{"accounts": {accounts}}}').is_authorized(account, token) is is_in


def test_a_number_differs_from_the_default_only_in_what_it_says() -> None:
    script = read_script('{"contacts": {"default": {"read": 0.25}, "numbers": {"+14155550101": {"delivered": 0.5}}}}')
    habits = script.contacts.default.override(script.contacts.numbers["+14155550101"])
    assert (habits.delivered, habits.read) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "script: document: Invalid JSON"),
        ("[]", "script: document: Input should be an object"),
        ('{"speed": 1}', "script: speed: Extra inputs are not permitted"),
        ('{"latency_ms": [80, 20]}', "script: latency_ms: Value error, the first number must not be above the second"),
        ('{"latency_ms": [-1, 20]}', "script: latency_ms.0: Input should be greater than or equal to 0"),
        ('{"callbacks": {"duplicate": 1.5}}', "script: callbacks.duplicate: Input should be less than or equal to 1"),
        ('{"rate_limit_per_second": 0}', "script: rate_limit_per_second: Input should be greater than 0"),
        ('{"not_on_whatsapp": ["4155550101"]}', "script: not_on_whatsapp.0: Value error, expected +<country><number>"),
        ('{"templates": {"HX1": true}}', "script: templates.HX1"),
        ('{"templates": {"HX1": -1}}', "script: templates.HX1"),
        ('{"templates": {"HX1": {"status": "fine"}}}', "script: templates.HX1.template.status: Input should be"),
        ('{"window_seconds": 0}', "script: window_seconds: Input should be greater than 0"),
        ('{"webhooks": {"wavy": {"status": "/in"}}}', "script: webhooks.wavy.status: String should match pattern"),
        ('{"callbacks": {"batch": 0}}', "script: callbacks.batch: Input should be greater than or equal to 1"),
        ('{"inbound_url": "/in"}', "script: inbound_url: String should match pattern"),
        ('{"contacts": {"default": {"bsuid": "US.1"}}}', "script: contacts: Value error, default: a bsuid"),
        (
            '{"contacts": {"default": {"answers": [{"text": "Hi", "unknown": true}]}}}',
            "script: contacts.default.answers.0: Value error, expected one of text, button, choice, media, location",
        ),
        (
            '{"contacts": {"default": {"answers": [{"text": "Hi", "share": 0.6}, {"text": "Ho", "share": 0.5}]}}}',
            "script: contacts.default: Value error, answers: the shares are more than the whole",
        ),
        (
            '{"contacts": {"default": {"answers": [{"text": "Hi", "share": 0.6}, {"text": "Ho"}]}}}',
            "script: contacts.default: Value error, answers: either all have a share, or none has",
        ),
        ('{"faults": [{"do": "explode"}]}', "script: faults.0.do: Input should be 'error'"),
        ('{"faults": [{"do": "error"}]}', "script: faults.0: Value error, 'error' needs a code"),
        ('{"faults": [{"do": "error", "code": "a b"}]}', "script: faults.0.code"),
        ('{"faults": [{"do": "empty_200", "code": 1}]}', "script: faults.0: Value error, code: only for 'error'"),
        (
            '{"faults": [{"do": "empty_200", "seconds": 1}]}',
            "script: faults.0: Value error, seconds: only for 'hang_after_acceptance'",
        ),
        ('{"faults": [{"do": "empty_200", "match": {"every": 0}}]}', "script: faults.0.match.every"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_script(text)
    assert str(raised.value).startswith(complaint)


def test_every_mistake_has_its_line() -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_script('{"seed": "x", "latency_ms": "y"}')
    assert len(str(raised.value).splitlines()) == 2


def test_a_missing_file_is_a_mistake_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        load_script(tmp_path / "absent.json")


def test_tokens_are_not_shown() -> None:
    assert "made-up-token" not in repr(read_script('{"accounts": {"AC1": "made-up-token"}}'))
