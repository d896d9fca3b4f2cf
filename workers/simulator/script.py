"""What the simulator is told to do: one frozen JSON document in which everything is optional.

Owns shape, defaults and the words of a mistake; owns no behaviour.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Tag,
    model_validator,
)

from shared.ground.errors import ConfigurationError
from workers.simulator.schema import Address, Code, Part, Probability, Span, Url, UserId, read
from workers.simulator.speech import Answer

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ROUNDING = 1e-9  # of shares such as 0.1 + 0.2 + 0.7


def _as_names(value: object) -> object:
    """A count stands for the names "1" … "n"; the type check that follows refuses everything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return tuple(str(position) for position in range(1, value + 1))
    return value


VariableNames = Annotated[tuple[str, ...], BeforeValidator(_as_names)]


class Habits(Part):
    """How a contact treats a message.

    delivered: chance that a sent message arrives.  read: chance that an arrived message is read.
    delay_ms: between any two statuses.  fails_with: every message ends with this code, as `fails_as`.
    answers: to a template that has arrived. Where they have shares, one of them, or none when the rest is drawn; where
    they have none, all of them, in order. A contact does not answer what was written inside its window: two who answer
    each other by themselves would never end.
    """

    delivered: Probability = 1.0
    read: Probability = 1.0
    delay_ms: Span = (100, 1_000)
    fails_with: Code | None = None
    fails_as: Literal["failed", "undelivered"] = "undelivered"
    answers: tuple[Answer, ...] = ()
    profile_name: str | None = None
    bsuid: UserId | None = None

    @model_validator(mode="after")
    def _shares_are_of_one_whole(self) -> Self:
        shares = [answer.share for answer in self.answers if answer.share is not None]
        if shares and len(shares) < len(self.answers):
            raise ValueError("answers: either all have a share, or none has")
        if sum(shares) > 1 + _ROUNDING:
            raise ValueError("answers: the shares are more than the whole")
        return self

    def but(self, exceptions: "Habits") -> "Habits":
        """These habits with everything that `exceptions` says itself."""
        return self.model_copy(update={name: getattr(exceptions, name) for name in exceptions.model_fields_set})


class Contacts(Part):
    """numbers: what differs from `default`, per address."""

    default: Habits = Habits()
    numbers: dict[Address, Habits] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _nobody_shares_an_id(self) -> Self:
        if self.default.bsuid is not None:
            raise ValueError("default: a bsuid is one contact's own")
        return self


class FaultKind(StrEnum):
    ERROR = "error"
    CUT_BEFORE_ACCEPTANCE = "cut_before_acceptance"
    CUT_AFTER_ACCEPTANCE = "cut_after_acceptance"
    CUT_MID_BODY = "cut_mid_body"
    HANG_AFTER_ACCEPTANCE = "hang_after_acceptance"
    ACCEPT_THEN_500 = "accept_then_500"
    EMPTY_200 = "empty_200"
    HTML_200 = "html_200"
    TRUNCATED_JSON = "truncated_json"


class Match(Part):
    """Which requests meet a fault: all conditions hold together; none at all means every request.

    every, first: counted over the requests that reached this rule and fit its `numbers`.
    """

    numbers: frozenset[Address] | None = None
    every: PositiveInt | None = None
    first: PositiveInt | None = None
    probability: Probability | None = None


class Fault(Part):
    """One accident. The first rule that fits a request wins.

    code, http_status, retry_after_s: of an `error`.  seconds: how long `hang_after_acceptance` stays silent.
    """

    match: Match = Match()
    do: FaultKind
    code: Code | None = None
    http_status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after_s: NonNegativeInt | None = None
    seconds: NonNegativeFloat = 30.0

    @model_validator(mode="after")
    def _says_only_what_it_does(self) -> Self:
        only_for_errors = self.model_fields_set & {"code", "http_status", "retry_after_s"}
        if self.do is FaultKind.ERROR and self.code is None:
            raise ValueError("'error' needs a code")
        if self.do is not FaultKind.ERROR and only_for_errors:
            raise ValueError(f"{', '.join(sorted(only_for_errors))}: only for 'error'")
        if self.do is not FaultKind.HANG_AFTER_ACCEPTANCE and "seconds" in self.model_fields_set:
            raise ValueError("seconds: only for 'hang_after_acceptance'")
        return self


class Callbacks(Part):
    """duplicate: chance that a status or a contact's message is sent twice.  reorder: chance that a message's statuses
    come backwards.  early: chance that the first status comes before the answer.  late_ms: added before the first status.
    bad_signature: chance that a status or a contact's message is preceded by a forged copy of itself.
    batch: how many statuses, or contacts' messages, one body may hold, where the provider puts several into one.
    """

    enabled: bool = True
    duplicate: Probability = 0.0
    reorder: Probability = 0.0
    early: Probability = 0.0
    late_ms: Span = (0, 0)
    bad_signature: Probability = 0.0
    batch: Annotated[int, Field(ge=1, le=1_000)] = 1


class Webhooks(Part):
    """Where a provider tells its client what, where no request says so: statuses, and contacts' messages."""

    status: Url | None = None
    message: Url | None = None


class TemplateHeader(Part):
    """text: with its placeholder, where there is one."""

    format: Literal["text", "image", "video", "document"]
    text: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(_PLACEHOLDER.findall(self.text))


class TemplateButton(Part):
    """url: with its placeholder at the end, where each send puts something there."""

    type: Literal["quick_reply", "url", "phone_number", "copy_code"]
    text: Annotated[str, Field(min_length=1, max_length=25)]
    url: str = ""

    @property
    def is_filled(self) -> bool:
        """Whether each send must give it something."""
        return self.type == "copy_code" or _PLACEHOLDER.search(self.url) is not None


class Template(Part):
    """A template, with the provider's approval or without. variables: those of the body, unless given."""

    name: str = ""
    language: str = "en"
    category: str = "utility"
    status: Literal["unsubmitted", "received", "pending", "approved", "rejected", "paused", "disabled"] = "approved"
    body: str = ""
    variables: tuple[str, ...] | None = None
    header: TemplateHeader | None = None
    footer: str = ""
    buttons: Annotated[tuple[TemplateButton, ...], Field(max_length=10)] = ()
    quality: Literal["green", "yellow", "red", "unknown"] = "unknown"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every send asks for them."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.body))) if self.variables is None else self.variables


def _sort_of_entry(entry: object) -> str:
    """Tells the two apart beforehand, so that a mistake is told once."""
    return "template" if isinstance(entry, dict | Template) else "names"


CatalogueEntry = Annotated[
    Annotated[VariableNames, Tag("names")] | Annotated[Template, Tag("template")], Discriminator(_sort_of_entry)
]


def _named(names: tuple[str, ...]) -> Template:
    """A template of which nothing but its variables matters."""
    return Template(body=" ".join(f"{{{{{name}}}}}" for name in names), variables=names)


class Meta(Part):
    """An app of Meta's and the account of all its numbers.

    app_secret: signs whatever is told.  verify_token: what the client is asked with, at once where `handshake` says so.
    user_ids: contacts that have no bsuid in the script are given one.  held: templates whose messages are first held
    until their quality is known.
    """

    app_secret: Annotated[str, Field(min_length=1, repr=False)] = "made-up-app-secret"  # noqa: S105 (made up)
    verify_token: Annotated[str, Field(min_length=1, repr=False)] = "made-up-verify-token"  # noqa: S105 (made up)
    waba_id: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] = "100000000000001"
    handshake: bool = False
    user_ids: bool = True
    held: frozenset[str] = frozenset()


NO_WEBHOOKS = Webhooks()


class Script(Part):
    """accounts: account → token, of all providers; None believes everybody. Hey's Client API has accounts of its own.
    Among them, an API key of Twilio's (`SK…` → its secret) may act for every account.
    templates: id → template, or its variables alone; None knows every id. Where a provider knows a template by its name,
    the id is that, unless the template has a name of its own.
    rate_limit_per_second: acceptances of one sender in any second; beyond it, `retry_after_s` goes with the answer.
    not_on_whatsapp: accepted, and undelivered later.  services: what stands for a number (a messaging service's id; an
    account, where a request names no sender) → the number that it sends from; without one, contacts write to the id.
    enforce_windows: what no template is fails outside the `window_seconds` after the contact's last message.
    advanced_opt_out: the provider itself obeys a contact's STOP.
    webhooks: of a provider, or of one of its accounts.  token_seconds: how long what a login gives is good for.
    inbound_url: where contacts' messages go, unless `webhooks` says so; None: to the callback URL of what they answer,
    without its query.
    """

    seed: int = 0
    latency_ms: Span = (0, 0)
    rate_limit_per_second: PositiveInt | None = None
    retry_after_s: NonNegativeInt | None = None
    accounts: dict[str, str] | None = Field(default=None, repr=False)
    templates: dict[str, CatalogueEntry] | None = None
    services: dict[str, Address] = Field(default_factory=dict)
    contacts: Contacts = Contacts()
    not_on_whatsapp: frozenset[Address] = frozenset()
    faults: tuple[Fault, ...] = ()
    callbacks: Callbacks = Callbacks()
    webhooks: dict[str, Webhooks] = Field(default_factory=dict, repr=False)
    meta: Meta = Meta()
    token_seconds: PositiveFloat = 86_400
    inbound_url: Url | None = None
    enforce_windows: bool = True
    window_seconds: PositiveFloat = 86_400
    advanced_opt_out: bool = False

    @cached_property
    def catalogue(self) -> Mapping[str, Template]:
        """All templates as such; empty, too, where every id is known."""
        known = self.templates or {}
        return {sid: entry if isinstance(entry, Template) else _named(entry) for sid, entry in known.items()}

    def template(self, name: str, language: str) -> Template | None:
        """As providers know one that have no ids. Of its variables alone, any language will do."""
        return self._by_name.get((name, language)) or self._by_name.get((name, None))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str | None], Template]:
        return {
            (found.name or key, found.language if isinstance(entry, Template) else None): found
            for (key, entry), found in zip((self.templates or {}).items(), self.catalogue.values(), strict=True)
        }

    def lets_in(self, account: str, token: str) -> bool:
        """A script that knows no accounts believes everybody who gives something."""
        return bool(token) if self.accounts is None else self.accounts.get(account) == token

    def secret(self, provider: str, account: str) -> str:
        """What signs whatever an account is told: its token, but for Meta's, which the app's secret signs."""
        return self.meta.app_secret if provider == "meta" else (self.accounts or {}).get(account, "")

    def status_url(self, provider: str, account: str) -> str | None:
        return self._webhooks(provider, account).status

    def message_url(self, provider: str, account: str) -> str | None:
        return self._webhooks(provider, account).message or self.inbound_url

    def _webhooks(self, provider: str, account: str) -> Webhooks:
        return self.webhooks.get(account) or self.webhooks.get(provider) or NO_WEBHOOKS


def read_script(text: str | bytes) -> Script:
    """*Raises*: ConfigurationError, one line for each mistake, with its place in the document."""
    return read(Script, text, "script")


def load_script(path: Path | None) -> Script:
    """The script in a file, or the defaults. *Raises*: ConfigurationError."""
    if path is None:
        return Script()
    try:
        return read_script(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"script {path}: {error.strerror}") from None
