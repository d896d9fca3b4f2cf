"""The tables of `oriel.toml`, one frozen model each: every key with its unit, its default and the reason for it.

Owns the checks of a single table; checks of several tables are in `loading`, credentials in `accounts`.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode

from config.confirmations import CONFIRMATIONS
from shared.ground.ids import SenderId, TenantId
from shared.ground.placeholders import PLACEHOLDER
from shared.ground.zones import read_zone
from shared.people.consent.opt_out_words import MAX_WORD_CHARACTERS, Said, normalised, said
from shared.templates.model import Button, Category, HeaderKind, Template, TemplateStatus, placeholders

WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (recognised, not bound)
MAX_PORT = 65_535
STATE_SCHEMES = ("redis", "rediss", "unix")
BROKER_SCHEMES = ("redis", "rediss", "sentinel", "amqp", "amqps")  # kombu 5.7 supports neither valkey:// nor a cluster
BROKER_OPTIONS = ("connect_timeout", "heartbeat", "login_method")  # in its URL; kombu 5.7, Connection._init_params
MAX_OWN_WORDS = 100  # of a tenant; each is compared with every message that comes in

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


# ── kinds of values ─────────────────────────────────────────────────────────────────────────────────────────────────


class Listen(NamedTuple):
    """The address where a server listens. Port 0 means any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """The URL on this machine; loopback in place of a wildcard address, to which no client can connect."""
        return f"http://{_bracketed(WILDCARD_HOSTS.get(self.host, self.host))}:{self.port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(value: object) -> Listen:
    if isinstance(value, Listen):
        return value
    host, colon, port = str(value).rpartition(":")
    if not colon or not port.isdecimal() or int(port) > MAX_PORT:
        raise ValueError('should be "host:port" with a port from 0 (any free one) to 65535')
    return Listen(host.strip("[]"), int(port))


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d{1,6})([smhdw])", str(value))
    if match is None:
        raise ValueError('should be a number and a unit, such as "30d" (s, m, h, d or w)')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _duration_text(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    return f"{seconds // 86_400}d" if seconds % 86_400 == 0 else f"{seconds}s"


def _http_base(value: object) -> str:
    text = str(value).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError('should be an http or https URL without a query, such as "https://hooks.example.com"')
    return text


def _store(*schemes: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, str) and urlsplit(value).scheme not in schemes:
            raise ValueError(f"should be a URL that begins with one of {', '.join(f'{name}://' for name in schemes)}")
        return value

    return BeforeValidator(check)


def _broker_options(value: str) -> str:
    """kombu takes no option of redis-py from a URL, and fails with a TypeError at the first connection."""
    unknown = [name for name in parse_qs(urlsplit(value).query) if name not in BROKER_OPTIONS and name[:4] != "ssl_"]
    if unknown:
        known = ", ".join((*BROKER_OPTIONS, "ssl_…"))
        raise ValueError(f"has options after its `?` that Celery does not take there; it takes {known}")
    return value


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("should be an ISO 3166 country code in capitals, such as UY")
    return value


def _timezone(value: str) -> str:
    read_zone(value)
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
        raise ValueError("should be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first")
    return value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | SecretStr) else value


def _opt_out_word(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_WORD_CHARACTERS or not normalised(value):
        raise ValueError(f"should have at most {MAX_WORD_CHARACTERS} characters, a letter or a digit among them")
    if said(value) is Said.BACK:
        raise ValueError("is a word by which contacts agree again (START, UNSTOP, ALTA), so it cannot refuse")
    return value


ListenAddress = Annotated[Listen, NoDecode, PlainValidator(_listen), PlainSerializer(str)]
Duration = Annotated[timedelta, NoDecode, PlainValidator(_duration), PlainSerializer(_duration_text)]
HttpBase = Annotated[str, BeforeValidator(_http_base)]
Name = Annotated[str, PlainValidator(_name)]  # becomes part of keys, URLs and metrics
Region = Annotated[str, BeforeValidator(str), PlainValidator(_region)]
Timezone = Annotated[str, PlainValidator(_timezone)]
OptOutWord = Annotated[str, PlainValidator(_opt_out_word)]
Seconds = Annotated[float, Field(gt=0)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_as_list), Field(min_length=1)]
"""In the file: `env:NAME`, `file:PATH`, a value, or a list of them, the newest first. After loading: the values."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


class StateSettings(Section):
    url: Annotated[str, _store(*STATE_SCHEMES)] | None = Field(
        None,
        repr=False,
        description="Redis or Valkey that holds the truth (AOF on, noeviction). Absent: the embedded server.",
    )


class BrokerSettings(Section):
    url: Annotated[str, _store(*BROKER_SCHEMES), AfterValidator(_broker_options)] | None = Field(
        None,
        repr=False,
        description="Celery's broker, Redis or RabbitMQ; another database than the state. Absent: the embedded server.",
    )


class ApiSettings(Section):
    listen: ListenAddress = Field(
        Listen("127.0.0.1", 8080), description="Where API and console listen. This machine only, unless told otherwise."
    )
    operator_key: SecretStr | None = Field(
        None,
        description="Lets the local command line in for every tenant. `oriel up` makes a new one at every start.",
    )
    open_metrics: bool = Field(
        False,
        description="Whether /metrics on this port needs no key. They name the senders of every tenant and how much they "
        "send, and this port may be public. The ops ports need none.",
    )


class WebhookSettings(Section):
    listen: ListenAddress = Field(
        Listen("127.0.0.1", 8081),
        description="Where providers' webhooks come in; its own port, so that it may be public.",
    )
    public_url: HttpBase | None = Field(
        None,
        description="How providers reach that port; it is part of what they sign. Absent: http:// and `listen`, which "
        "only a provider on this machine can reach.",
    )


class OpsSettings(Section):
    listen: ListenAddress = Field(
        Listen("127.0.0.1", 0),
        description="Where /livez, /readyz and /metrics listen. Under `oriel up` each process has its own port: "
        "this one and those after it, or any free ones with port 0.",
    )


class SimulatorSettings(Section):
    listen: ListenAddress = Field(
        Listen("127.0.0.1", 8082), description="Where the providers' simulator listens (development only)."
    )
    journal: Path | None = Field(None, description="File for every request the simulator saw and every answer it gave.")
    script: Path | None = Field(None, description="File that says how simulated contacts and providers behave.")


class LoggingSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is written.")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: for people on a terminal, JSON lines everywhere else."
    )


# ── behaviour ───────────────────────────────────────────────────────────────────────────────────────────────────────


class SendingSettings(Section):
    jobs_per_message: int = Field(
        200,
        ge=1,
        le=1000,
        description="Jobs, at most, in one Celery message. Measured: 1 sends 430-545 a second, 200 sends 3,300-3,700.",
    )
    in_flight: int = Field(
        64,
        ge=1,
        le=4096,
        description="Requests a process may have open; the kill of a process leaves at most so many unconfirmed.",
    )
    threads: int = Field(
        64, ge=1, le=1024, description="Parcels a worker may hold; the threads wait, one event loop does the work."
    )
    connections: int = Field(
        64,
        ge=1,
        le=4096,
        description="Connections a process keeps to one provider; 64 reach 0.9 of a bare loop's rate.",
    )
    bulk_horizon_ms: int = Field(
        40,
        ge=1,
        le=2000,
        description="Milliseconds that campaigns may reserve ahead; an agent's reply waits behind at most so much.",
    )
    slot_tolerance_ms: int = Field(
        20,
        ge=1,
        le=1000,
        description="Milliseconds after which a missed slot is given up for another one. At most so late a request leaves; "
        "what rate_headroom leaves beyond it (11 of 31 ms) is the network's.",
    )
    rate_headroom: float = Field(
        0.97, gt=0, le=1, description="Share of the cap that is paced; the rest absorbs lateness."
    )


class TimingSettings(Section):
    session_seconds: int = Field(
        86_400, ge=1, le=86_400, description="Seconds a contact's message opens the window: the providers' 24 hours."
    )
    safety_margin_seconds: float = Field(
        60, ge=0, description="Seconds before the window's end after which nothing free-form is sent."
    )
    lease_seconds: Seconds = Field(45, description="Seconds an opened parcel belongs to its worker.")
    parcel_unopened_seconds: Seconds = Field(
        4,
        description="Seconds after which an unopened parcel is given out again: its message was lost. Beside it the loss "
        "of a connection takes 5 s to be seen; a sender should stand still for less than ten.",
    )
    event_unapplied_seconds: Seconds = Field(
        10, description="Seconds after which a webhook that was not applied is hinted again: its message was lost."
    )
    mark_freshness_seconds: Seconds = Field(
        1, description="Seconds after its slot within which a marked job must be sent, or it goes back."
    )
    http_timeout_seconds: Seconds = Field(20, description="Seconds for one request to a provider, connecting included.")
    max_hold_seconds: Seconds = Field(
        120,
        le=3600,
        description="Seconds that a provider's Retry-After is believed; after a longer one, one message asks whether it "
        "still holds. Limits of speed are per second or minute; a day in that header is a mistake.",
    )
    reopens_for_seconds: float = Field(
        86_400,
        ge=0,
        description="Seconds after its end in which a finished campaign opens again for a failure that may be tried again; "
        "a day, the longest wait of a retry. Later such a failure is final.",
    )
    unconfirmed_after_seconds: Seconds = Field(
        600, description="Seconds that a status may still prove an unanswered request, before it counts as unconfirmed."
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.http_timeout_seconds + self.mark_freshness_seconds >= self.lease_seconds:
            raise ValueError(
                "lease_seconds should be longer than http_timeout_seconds and mark_freshness_seconds together: "
                "a lease that ends before its requests gives their jobs to another worker"
            )
        if self.safety_margin_seconds >= self.session_seconds:
            raise ValueError("safety_margin_seconds should be shorter than session_seconds: nothing could be replied")
        return self


class ReconciliationSettings(Section):
    """Requests without an answer, looked for in the provider's list of messages, where it has one (Twilio)."""

    looks_per_second: int = Field(
        2,
        ge=0,
        le=50,
        description="Questions a sender and second; 0 asks none. 2 find the 64 jobs of a killed process in half a minute, "
        "and are little beside an account's limit of about 100 requests at once.",
    )
    first_after_seconds: Seconds = Field(
        30, description="Seconds after which a request is looked for: in most cases its status comes first."
    )
    quiet_seconds: Seconds = Field(
        300,
        description="Seconds after which a request that is not listed counts as not accepted; at most half of "
        "unconfirmed_after_seconds. Until then the list may lag behind.",
    )
    resend_attempts: int = Field(
        3,
        ge=1,
        le=10,
        description='Most attempts of a job by `unconfirmed = "resend"`: a number whose answers never come would be '
        "written to for ever.",
    )


class BrakesSettings(Section):
    """When a campaign pauses by itself, or is not started without a person's word."""

    refused_in_a_row: int = Field(
        20,
        ge=2,
        le=500,
        description="Messages in a row that the provider refuses, none of them for its contact's sake, or answers so that "
        "nobody knows whether it took them, after which a campaign pauses. Where one row in two is wrong, 20 in a row come "
        "once in a million messages.",
    )
    refused_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of such refusals among the last `refused_of` outcomes at which it pauses as well: below a half, "
        "the rows are wrong rather than the message.",
    )
    refused_of: int = Field(
        100, ge=2, le=500, description="Outcomes over which `refused_share` is counted; at most so many rows are lost."
    )
    unanswered_in_a_row: int = Field(
        100,
        ge=2,
        le=250,
        description="Requests in a row that the provider does not answer, after which a campaign pauses; so it does when "
        "they are `refused_share` of the last twice as many outcomes. More than `[sending] in_flight` of one process: a "
        "break of the network takes as many answers at once, and the campaign goes on by itself.",
    )
    confirm_unsent_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of a base that would not be written to, for want of an opt-in or after an opt-out, from which "
        "on a start needs `confirm`. From a half on it writes to few; 1 asks where nobody is left, 0 already for one.",
    )


class InboundSettings(Section):
    attribution_days: float = Field(
        7, gt=0, le=90, description="Days after a campaign's start within which a message may be an answer to it."
    )


class SyncSettings(Section):
    templates_seconds: float = Field(
        900,
        ge=10,
        description="Seconds between two readings of each sender's templates, and of what its provider tells only when "
        "asked; webhooks tell the rest.",
    )
    resume_campaigns: bool = Field(
        True,
        description="Whether campaigns that were paused for their template go on by themselves once it is enabled again.",
    )


class RetentionSettings(Section):
    ledger: Duration = Field(timedelta(days=30), description="How long a finished campaign stays in the state store.")
    interactions: Duration = Field(timedelta(days=90), description="How long answers and their threads are kept.")
    events: Duration = Field(
        timedelta(days=8), description="How long events are remembered: Meta delivers again for 7 days."
    )


# ── tenants and senders ─────────────────────────────────────────────────────────────────────────────────────────────


class ApiKeySettings(Section):
    name: Name | None = Field(None, description="Who uses it, for the audit. Absent: the variable's or file's name.")
    secret: Secrets = Field(description="The key; a list while it is being rotated.")
    scopes: tuple[Name, ...] | None = Field(None, description="What it may do. Absent: everything of its tenant.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"secret": value} if isinstance(value, str) else value


class TenantSettings(Section):
    id: Name
    api_keys: tuple[ApiKeySettings, ...] = Field((), description="Who may call the API for this tenant.")
    region: Region | None = Field(None, description="Country of numbers without +; also per sender and campaign.")
    timezone: Timezone = Field("UTC", description="The zone of its campaigns' hours, unless a campaign says otherwise.")
    opt_out_confirmations: Mapping[str, str] = Field(
        default_factory=lambda: dict(CONFIRMATIONS),  # pydantic copies defaults, and cannot copy a read-only mapping
        description="What an opt-out is answered with, once, by the language of its word; `other` for the rest. An empty "
        "text, or an empty table, is silence.",
    )

    opt_out_words: Annotated[tuple[OptOutWord, ...], Field(max_length=MAX_OWN_WORDS)] = Field(
        (),
        description="Words and whole sentences that refuse all messages of this tenant, beside ours: a language that we do "
        "not have, the customers' own way to say it.",
    )

    @property
    def tenant_id(self) -> TenantId:
        return TenantId(self.id)


class SenderSettings(Section):
    id: Name
    tenant: Name = Field(description="Whose it is. May be left out while there is one tenant only.")
    provider: Name
    address: str = Field(min_length=1, description="The number as +E.164, or the provider's id of a messaging service.")
    rate_per_second: float = Field(
        80, gt=0, description="Messages a second it may send: what Twilio and Meta allow a number at first."
    )
    region: Region | None = Field(None, description="Country of numbers without +. Absent: the tenant's.")
    credentials: Mapping[str, Secrets] = Field(
        default_factory=dict, description="What the provider gave; the names are the provider's."
    )
    options: Mapping[str, str] = Field(default_factory=dict, description="The provider's own switches; not secret.")
    urls: Mapping[str, HttpBase] = Field(
        default_factory=dict,
        description="Written as keys that end in _base. `api_base` moves every URL of the provider, the others one.",
    )

    @model_validator(mode="before")
    @classmethod
    def _gather_urls(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        bases = {key: url for key, url in value.items() if key.endswith("_base")}
        rest: dict[str, Any] = {key: item for key, item in value.items() if key not in bases}
        return {**rest, "urls": bases} if bases else rest

    @property
    def sender_id(self) -> SenderId:
        return SenderId(self.id)

    @property
    def tenant_id(self) -> TenantId:
        return TenantId(self.tenant)


class ButtonSettings(Section):
    kind: Literal["quick_reply", "url", "phone", "copy_code", "otp"]
    text: str = Field(min_length=1, description="Its title.")
    takes: bool = Field(
        False,
        description="Whether each send gives it something, in column button<n>: a payload, what its URL ends in, or the "
        "code that it copies. A button of kind otp repeats the body's code.",
    )


class TemplateSettings(Section):
    sender: Name
    name: str = Field(min_length=1)
    language: str = Field(
        pattern="^[a-z]{2,3}([_-][A-Za-z]{2,4})?$", description='The provider\'s own code: "en", "es_UY", "pt_BR".'
    )
    category: Literal["utility", "marketing", "authentication"]
    status: Literal["approved", "pending", "rejected", "paused", "disabled"] = Field(
        "approved", description="Only an approved template is sent."
    )
    provider_id: str | None = Field(None, description="The provider's id of it, where it has one (Twilio's HX…).")
    body: str = Field(min_length=1, description="The enabled text, with its {{placeholders}}.")
    header: Literal["text", "image", "video", "document", "location"] | None = Field(
        None,
        description="What stands above it; a file is named by its URL, in column header, a location by the columns "
        "header_latitude, header_longitude, header_name and header_address.",
    )
    header_text: str = Field(
        "", description="Of a header that is a text; its placeholder is filled from column header."
    )
    buttons: tuple[ButtonSettings, ...] = ()

    @model_validator(mode="after")
    def _has_its_header(self) -> Self:
        if (self.header == "text") != bool(self.header_text):
            raise ValueError('header = "text" and header_text go together')
        if len(placeholders(self.header_text)) > 1:
            raise ValueError("header_text has at most one placeholder")
        return self

    @field_validator("body", "header_text")
    @classmethod
    def _is_well_formed(cls, text: str) -> str:
        """Check the placeholders as WhatsApp does when it enables a template."""
        names = placeholders(text)
        numbers = [name for name in names if name.isdecimal()]
        if text.count("{{") != text.count("}}") or text.count("{{") != len(PLACEHOLDER.findall(text)):
            raise ValueError("each placeholder is written {{1}} or {{name}}, with both its braces")
        if numbers and len(numbers) < len(names):
            raise ValueError("placeholders are either numbers or names, not both")
        if numbers != [str(place) for place in range(1, len(numbers) + 1)]:
            raise ValueError("numbers of placeholders begin with 1 and leave none out")
        return text

    @property
    def template(self) -> Template:
        """The template as the domain's value."""
        return Template(
            SenderId(self.sender),
            self.name,
            self.language,
            Category(self.category),
            TemplateStatus(self.status),
            self.provider_id,
            self.body,
            header=None if self.header is None else HeaderKind(self.header),
            header_text=self.header_text,
            buttons=tuple(Button(one.kind, one.text, one.takes) for one in self.buttons),
        )
