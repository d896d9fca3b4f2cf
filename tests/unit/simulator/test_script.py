"""The behaviour script: its defaults, its shorthands, and what it says about a mistake."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from workers.simulator.script import FaultKind, Script, load_script, read_script


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
        "callbacks": {"duplicate": 0.1, "reorder": 0.1, "early": 0.1, "late_ms": 50, "bad_signature": 0.1}
        }"""
    )
    assert script.templates == {"HX1": ("1", "2"), "HX2": ("name", "hour"), "HX3": ()}
    assert script.contacts.default.delay_ms == (10, 10)
    assert script.contacts.numbers["+14155550101"].fails_with == "63049"
    assert [fault.do for fault in script.faults] == [FaultKind.ERROR, FaultKind.HANG_AFTER_ACCEPTANCE]


def test_a_number_differs_from_the_default_only_in_what_it_says() -> None:
    script = read_script('{"contacts": {"default": {"read": 0.25}, "numbers": {"+14155550101": {"delivered": 0.5}}}}')
    habits = script.contacts.default.but(script.contacts.numbers["+14155550101"])
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
