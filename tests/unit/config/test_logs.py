"""Redaction: whatever is logged, by whom and how, no phone number and no secret is in the line; ids are."""

import io
import logging
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.logs import HIDDEN, NOISY, Redaction, configure_logging, redact
from config.settings import LoggingSettings
from tests.reading import object_in

PHONE = "+14155550123"
SECRET = "made-up-configured-secret"


@pytest.fixture
def stream():
    """Logging as a process has it; afterwards as it was."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    before = (root.handlers, root.level)
    written = io.StringIO()
    configure_logging("sender", LoggingSettings(level="debug"), secrets=[SECRET, "short"], stream=written)
    yield written
    root.handlers, root.level = before
    sys.excepthook, threading.excepthook = hooks
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@contextmanager
def without_pytest():
    """Its own handlers raise where a process must not."""
    root = logging.getLogger()
    everybody, root.handlers = root.handlers, root.handlers[:1]
    yield
    root.handlers = everybody


def last_line(stream: io.StringIO) -> dict[str, Any]:
    return object_in(stream.getvalue().splitlines()[-1])


# ── the lines ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_both_libraries_write_the_same_lines(stream):
    structlog.get_logger("oriel.sending").info("message_accepted", campaign="cabcdefghijklmn23", latency_seconds=0.2)
    ours = last_line(stream)
    logging.getLogger("celery.worker").warning("Connected to %s", "redis://user:pass@127.0.0.1:6379/0")
    theirs = last_line(stream)

    assert ours.pop("timestamp").endswith("Z")
    assert ours == {
        "event": "message_accepted",
        "campaign": "cabcdefghijklmn23",
        "latency_seconds": 0.2,
        "level": "info",
        "logger": "oriel.sending",
        "process": "sender",
    }
    assert theirs["event"] == f"Connected to redis://{HIDDEN}@127.0.0.1:6379/0"
    assert theirs.keys() == {"event", "level", "logger", "process", "timestamp"}


def test_a_level_is_kept(stream):
    configure_logging("sender", LoggingSettings(level="warning"), stream=stream)
    structlog.get_logger("a").info("quiet")
    logging.getLogger("b").info("quiet")

    assert stream.getvalue() == ""


def test_the_console_is_redacted_too(stream):
    configure_logging("sender", LoggingSettings(format="console"), stream=stream)
    structlog.get_logger("a").warning("refused", to=PHONE)

    assert "refused" in stream.getvalue()
    assert PHONE not in stream.getvalue()


# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("campaign", "cabcdefghijklmn23"),
        ("lease", "123456789012"),
        ("task_id", "1f2e3d4c-1234-1234-1234-123456789012"),
        ("provider_message_id", "SM0123456789abcdef0123456789abcdef"),
        ("anything", "SM01234567890123456789012345678901"),
        ("anything", "1f2e3d4c-1234-1234-1234-123456789012"),
        ("anything", "wamid.HBgLMTQxNTU1NTAxMjMVAgARGBI123456789AA=="),
        ("reference", "cabcdefghijklmn23.1234567.1.abcdefg2"),
        ("anything", "cabcdefghijklmn23.1234567890.1.abcdefg2"),
        ("contact_id", "abcdefghijklmn23"),
        ("body_bytes", 1234567890),
        ("text_length", 12),
        ("ordinal", 1234567890),
        ("at_ms", 1732311111000),
        ("listen", "127.0.0.1:8080"),
        ("at", "2026-11-22T22:01:05.976329Z"),
        ("context", "retry"),
        ("bodyguard", "x"),
        ("ok", True),
        ("nothing", None),
        ("rate", 79.5),
        ("nested", {"campaign": "c", "list": [1, "two"]}),
    ],
)
def test_what_survives(field, value):
    assert Redaction()(None, "info", {field: value}) == {field: value}


@pytest.mark.parametrize(
    "field",
    [
        "token", "access_token", "authToken", "X-Auth-Token", "secret", "app_secret", "password", "authorization",
        "api_key", "operator_key", "body", "webhookBody", "text", "message_text", "params", "parameters", "variables",
        "content", "caption", "Cookie", "credentials", "X-Twilio-Signature",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["Dear Ana", b"Dear Ana", ["Dear Ana"], {"1": "Dear Ana"}, 123])
def test_fields_that_are_never_written(field, value):
    assert Redaction()(None, "info", {"a": [{field: value}], field: value}) == {"a": [{field: HIDDEN}], field: HIDDEN}


@pytest.mark.parametrize(
    "text",
    [
        "+14155550123",
        "to=+14155550123.",
        "x+14155550123x",
        "+1 415 555 0123",
        "+1 (415) 555-0123",
        "\uff0b14155550123",
        "whatsapp:+14155550123",
        "whatsapp%3A%2B14155550123",
        "From=whatsapp%3A%2B14155550123&To=1",
        "%2B14155550123",
        r"\u002b14155550123",
        "14155550123",
        "tel14155550123x",
        "14155550123@s.whatsapp.net",
        "0014155550123",
        "wamid.+14155550123",
        repr("\n14155550123"),
        "{'1': '14155550123'}",
    ],
)
def test_numbers_in_texts(text):
    assert "5550123" not in redact(text)
    assert "555-0123" not in redact(text)
    assert "555 0123" not in redact(text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Basic QUMxOnNlY3JldA==", f"Authorization: {HIDDEN} {HIDDEN}"),
        ("got Bearer abcdefghijk.lmn", f"got Bearer {HIDDEN}"),
        ("auth_token=abc&x=1", f"auth_token={HIDDEN}&x=1"),
        ("{'password': 'a b'}", f"{{'password': {HIDDEN}}}"),
        ("/webhooks/twilio/clinic/s/abc-def/status", f"/webhooks/twilio/clinic/s/{HIDDEN}/status"),
        ("input_value='Dear Ana', input_type=str", f"input_value={HIDDEN}, input_type=str"),
        ("amqp://u:p@h//", f"amqp://{HIDDEN}@h//"),
        ("http://h/a@b", "http://h/a@b"),
    ],
)
def test_secrets_in_texts(text, clean):
    assert redact(text) == clean


# ── wherever it stands ──────────────────────────────────────────────────────────────────────────────────────────────


class Leaky:
    def __repr__(self) -> str:
        return f"<contact {PHONE}>"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError(PHONE)


def by_structlog_event(number):
    structlog.get_logger("a").info(f"to {number}")


def by_structlog_field(number):
    structlog.get_logger("a").info("sent", to=number, deep={number: [(number,), {number}, number.encode()]})


def by_structlog_exception(number):
    try:
        raise ValueError(number, {"to": number})  # noqa: TRY301
    except ValueError:
        structlog.get_logger("a").exception("failed")


def by_bound_context(number):
    structlog.get_logger("a").bind(who=number).warning("sent")


def by_stdlib_argument(number):
    logging.getLogger("kombu").error("to %s %r", number, {"a": number.encode()})


def by_stdlib_exception(number):
    try:
        try:
            raise KeyError(number)  # noqa: TRY301
        except KeyError as error:
            raise ValueError(f"bad {number}") from error
    except ValueError:
        logging.getLogger("celery.app.trace").exception("Task failed", stack_info=True)


def by_stdlib_extra(number):
    logging.getLogger("celery.app.trace").warning("Task rejected", extra={"data": {"args": number}})


def by_logger_name(number):
    logging.getLogger(f"a.{number}").warning("x")


def by_broken_format(number):
    with without_pytest():
        logging.getLogger("a").warning("%d", number)


def by_excepthook(number):
    try:
        raise ValueError(number)  # noqa: TRY301
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def by_thread(number):
    def run() -> None:
        raise ValueError(number)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def by_warning(number):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"to {number}", stacklevel=1)


WAYS = [
    by_structlog_event,
    by_structlog_field,
    by_structlog_exception,
    by_bound_context,
    by_stdlib_argument,
    by_stdlib_exception,
    by_stdlib_extra,
    by_logger_name,
    by_broken_format,
    by_excepthook,
    by_thread,
    by_warning,
]

numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
beside = st.text(st.characters(codec="utf-8"), max_size=8)


@pytest.mark.parametrize("way", WAYS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(number=numbers, before=beside, after=beside)
def test_no_number_survives_any_way_of_logging(way, stream, capsys, number, before, after):
    stream.seek(0)
    stream.truncate()
    way(before + number + after)

    written = stream.getvalue()
    assert written
    assert number not in written
    assert number not in written.encode().decode("unicode_escape", errors="replace")
    assert number[1:] not in written
    assert number not in capsys.readouterr().err


@pytest.mark.parametrize("way", WAYS)
def test_no_configured_secret_survives(way, stream):
    way(f"x {SECRET} y")

    assert stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_objects_are_described_and_cleaned(stream):
    loop: list[object] = []
    loop.append(loop)
    with without_pytest():
        structlog.get_logger("a").info("odd", leaky=Leaky(), broken=Broken(), loop=loop)

    assert last_line(stream)["broken"] == "<Broken without a description>"
    assert PHONE not in stream.getvalue()


def test_a_short_secret_is_not_searched_for(stream):
    structlog.get_logger("a").info("in short")

    assert last_line(stream)["event"] == "in short"


@given(st.text())
def test_redaction_is_total_and_stable(text):
    once = redact(text)

    assert redact(once) == once
