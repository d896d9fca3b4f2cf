"""structlog and the standard library in one pipeline to stderr, with redaction installed at its end.

Owns the content of log lines: no whole phone number, no secret, no text of a message. That holds for every writer (ours,
Celery, kombu, aiohttp, redis) and every place: event, field, exception, traceback. Owns no logger: every module gets its
own from structlog or logging.

Decision: redaction fails closed. Nine digits in a row count as a phone number, except in the fields of _IDS. Cost: some
identifiers of providers are masked.
"""

import contextlib
import logging
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import LoggingSettings

HIDDEN = "[hidden]"
MIN_SECRET_CHARACTERS = 8  # of a secret that is hidden: a shorter one would hide ordinary words, too
MAX_DEPTH = 8  # levels of nested data in a line; a structure that contains itself would never end

# They log every task, connection or request; our own lines and metrics hold the essentials.
NOISY = ("asyncio", "kombu", "amqp", "aiohttp.access", "celery.app.trace", "celery.worker.strategy")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words in the names of fields whose values are hidden. A measure as the last word (`body_bytes`) makes the field harmless.
_SECRET_WORDS = _names(
    "token tokens secret secrets password passwd authorization auth cookie credential credentials signature "
    "apikey api_key operator_key userinfo"
)
_CONTENT_WORDS = _names("body bodies text texts params parameters variables content contents caption rendered payload")
_PERSON_WORDS = _names("phone phones msisdn recipient destination whatsapp wa_id address mobile celular")
_MEASURES = _names("bytes chars length count total seconds ms us state kind type class")
_IDS = _names(
    "campaign campaign_id lease lease_id upload upload_id entry entry_id job job_id ordinal attempt nonce task_id "
    "contact_id interaction_id message_id provider_message_id reference pid port process thread timestamp"
)

# Identifiers that may hold nine digits in a row: UUIDs, digests, Twilio's ids, wamids, our campaigns and references.
_KEPT = (
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[A-Z]{2}[0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}"
    r"|wamid\.[A-Za-z0-9/=_-]+"
    r"|c[a-z2-7]{16}(?:\.\d{1,10}\.\d{1,5}\.[a-z2-7]{8})?"
    r")(?![0-9A-Za-z])"
)
_WITH_PLUS = r"(?:[+\uff0b]|%2[bB]|\\u002[bB])(?:[ ().-]|%20){0,3}\d(?:(?:[ ().-]|%20){0,3}\d){6,}"
_WHATSAPP = r"whatsapp(?::|%3[aA])[^\s\"'&,;)\]}]+"
_BARE = r"\d{9,}"

_ALWAYS = re.compile(f"{_KEPT}|(?P<phone>{_WHATSAPP}|{_WITH_PLUS})")
_ANYWHERE = re.compile(f"{_KEPT}|(?P<phone>{_WHATSAPP}|{_WITH_PLUS}|{_BARE})")

# Each is linear in the text, whatever a stranger sends: a pattern begins with a literal, never with a run of any length,
# and a search that began need not go back. tests/property/test_redaction.py counts the steps.
_IN_TEXT = (
    (re.compile(r"(://)[^\s/@\"']*@"), rf"\1{HIDDEN}@"),  # redis://user:password@host
    (re.compile(r"(/webhooks/[^/\s]+/[^/\s]+/s/)[^/\s?\"']+"), rf"\1{HIDDEN}"),  # the secret part of a webhook's path
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)((?:token|secret|password|passwd|authorization|api_key|operator_key)[\"']?\s*[:=]\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&)}\]]+)"
        ),
        rf"\1{HIDDEN}",
    ),
    # pydantic quotes its input; of a cut text the rest of the line is hidden
    (re.compile(r"(?m)input_value=.*?(, input_type=|$)"), rf"input_value={HIDDEN}\1"),
)


# ── redaction ───────────────────────────────────────────────────────────────────────────────────────────────────────


def redact(text: str, *, is_id: bool = False) -> str:
    """The text without phone numbers and secrets. is_id: the field is one of _IDS, where bare digits are no phone
    number.
    """
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return (_ALWAYS if is_id else _ANYWHERE).sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    if match["phone"] is None:
        return match[0]
    return f"[number …{match[0][-2:]}]" if match[0][-2:].isdecimal() else "[number]"


class Redaction:
    """A structlog processor, the last before the renderer. Total: any value becomes plain data without private parts.

    secrets: configured values, hidden wherever they occur.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = sorted((value for value in secrets if len(value) >= MIN_SECRET_CHARACTERS), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, values))) if values else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {self._text(str(key)): self._field(str(key), value) for key, value in event.items()}

    def _field(self, name: str, value: object, depth: int = 0) -> object:
        words = _words(name)
        if words[-1] not in _MEASURES and not (_SECRET_WORDS | _CONTENT_WORDS).isdisjoint(words):
            return HIDDEN
        if isinstance(value, int) and not _PERSON_WORDS.isdisjoint(words):
            return HIDDEN
        return self._value(value, depth, is_id=name.lower() in _IDS)

    def _value(self, value: object, depth: int, *, is_id: bool = False) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > MAX_DEPTH:
            return HIDDEN
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._field(str(key), item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(item, depth + 1, is_id=is_id) for item in value]
        return self._text(value if isinstance(value, str) else _describe(value), is_id=is_id)

    def _text(self, text: str, *, is_id: bool = False) -> str:
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return redact(text, is_id=is_id)


def _words(name: str) -> list[str]:
    """The words of a name and its pairs of words, the last word last: `WebhookBody`, `access_token`, `wa_id`."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").split("_")
    return ["_".join(pair) for pair in pairwise(parts)] + parts


def _describe(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 (a log call never fails because of its arguments)
        return f"<{type(value).__name__} without a description>"


# ── the pipeline ────────────────────────────────────────────────────────────────────────────────────────────────────


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        """Write the logger's name in place of a line that cannot be formatted; logging itself would print its arguments."""
        error = type(sys.exc_info()[1]).__name__
        with contextlib.suppress(OSError, ValueError):  # a closed stream
            self.stream.write(f'{{"event": "log_line_lost", "logger": "{record.name}", "error": "{error}"}}\n')


def configure_logging(
    process: str, settings: LoggingSettings, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Configure structlog, the root logger, warnings and uncaught exceptions. May be called again.

    *Effects*: other handlers of the root logger are removed. Celery would add its own again, so its application
    connects the signal `setup_logging` to this function.
    """
    stream = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    handler = _Handler(stream)
    handler.setFormatter(_formatter(process, settings, secrets, stream))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)
    _configure_structlog(level)
    _report_uncaught()


def _configure_structlog(level: int) -> None:
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a cached logger would keep its previous level
    )


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(
    process: str, settings: LoggingSettings, secrets: Iterable[str], stream: TextIO
) -> structlog.stdlib.ProcessorFormatter:
    console = settings.format == "console" or (settings.format == "auto" and stream.isatty())

    def with_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            with_process,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,  # before redaction: a traceback is text like any other
            Redaction(secrets),
            _console() if console else structlog.processors.JSONRenderer(),
        ],
    )


def _console() -> Processor:
    return structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)


def _report_uncaught() -> None:
    """Log uncaught exceptions: Python's own report would bypass the redaction."""
    log = logging.getLogger("uncaught")

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("uncaught_exception", exc_info=(kind, error, trace))

    def report_in_thread(args: Any) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            report(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = report
    threading.excepthook = report_in_thread
