"""Requests and answers about campaigns. Owns names and bounds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from shared.campaigns.model import UnconfirmedPolicy
from shared.ground.names import printable
from shared.ledger.states import CampaignState
from shared.ledger.store import MAX_LABEL_CHARACTERS
from shared.outbound.drafting import (
    MAX_LABELS,
    MAX_LANGUAGES,
    MAX_RATE_PER_SECOND,
    MAX_WEIGHT,
    MAX_WORDS,
    MIN_WEIGHT,
    is_comparable,
    is_each_word_once,
    refuse_later_rules,
)
from shared.people.consent.opt_out_words import MAX_WORD_CHARACTERS
from workers.web.api import Order, View
from workers.web.paging import Limit, Query
from workers.web.values import Instant, Line, Region


def _word(value: str) -> str:
    if not is_comparable(value):
        raise ValueError("should have a letter or a digit, since nothing else is compared")
    return value


def _zoned(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("should say its zone, such as 2026-12-01T18:00:00-03:00")
    return instant


Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARACTERS), AfterValidator(printable)]
Word = Annotated[
    str, Field(min_length=1, max_length=MAX_WORD_CHARACTERS), AfterValidator(printable), AfterValidator(_word)
]
Words = Annotated[list[Word], Field(min_length=1, max_length=MAX_WORDS)]


class TemplateName(Order):
    name: Line
    language: Annotated[Line, Field(description='The provider\'s own code: "en", "es_UY".')]


class NewCampaign(Order):
    name: Line
    sender: Line
    template: TemplateName
    external_id: Line | None = Field(None, description="Your own id; the same id is the same campaign.")
    require_opt_in: bool = Field(True, description="Whoever has no recorded opt-in is suppressed.")
    region: Region | None = Field(None, description="Country of numbers without +. Absent: the sender's, the tenant's.")
    rate_per_second: float | None = Field(
        None, gt=0, le=MAX_RATE_PER_SECOND, description="Its own cap, below the sender's. Absent: the sender's."
    )
    weight: float = Field(1.0, ge=MIN_WEIGHT, le=MAX_WEIGHT, description="Its share among the campaigns of a sender.")
    unconfirmed: UnconfirmedPolicy = Field(
        UnconfirmedPolicy.HOLD,
        strict=False,
        description="Messages whose outcome is unknown: keep them as such, or send them again.",
    )
    open: bool = Field(False, description="Stays alive when everybody has been written to.")
    deadline_at: Annotated[Instant, AfterValidator(_zoned)] | None = Field(
        None,
        description="ISO 8601 with a zone. From then on nothing is sent; whoever still waits has expired.",
    )
    languages: Annotated[list[Line], Field(max_length=MAX_LANGUAGES)] = Field(
        [],
        description="Tried in this order for a contact whose own language column names none that the template has; the "
        "template's language above comes last.",
    )
    opt_out_words: Annotated[list[Word], Field(max_length=MAX_WORDS)] | None = Field(
        None,
        description="Of the words that are answers to a reminder as well (CANCEL, CANCELAR, END) only these are a "
        "refusal, and words of your own. Absent: all of ours. STOP, BAJA, SALIR, SAIR always are.",
    )
    answers: Annotated[dict[Label, Words], Field(max_length=MAX_LABELS)] = Field(
        {}, description="Label: whole messages that are counted under it, beside buttons, which count by their title."
    )

    @field_validator("answers")
    @classmethod
    def _each_word_counts_once(cls, answers: dict[str, list[str]]) -> dict[str, list[str]]:
        if not is_each_word_once(answers):
            raise ValueError("should have each word under one label; capitals, accents and punctuation do not count")
        return answers

    @model_validator(mode="before")
    @classmethod
    def _refuse_later_rules(cls, given: Any) -> Any:
        """Raised as it is: no list of fields would say it as well."""
        if isinstance(given, Mapping):
            refuse_later_rules(given)
        return given


class Nothing(Order):
    """Says all that there is to say."""


class Start(Order):
    confirm: bool = Field(
        False, description="A person knows that many would not be written to: see `confirmation-needed`."
    )


class Redriven(Order):
    states: list[Literal["failed", "unconfirmed"]] = Field(
        ["failed"], min_length=1, max_length=2, description="unconfirmed needs confirm: the message may arrive twice."
    )
    codes: list[Line] = Field(
        [], max_length=50, description="Only contacts with one of these codes, as in the results. Left out: with any."
    )
    confirm: bool = Field(False, description="A person knows that some may get the message twice.")


class Why(Order):
    reason: Line | None = Field(None, description="For those who look later.")


class CampaignQuery(Query):
    after: str | None = Field(None, max_length=64, description="`next` of the answer before.")
    limit: Limit


class RulesView(View):
    require_opt_in: bool
    region: str | None
    rate_per_second: float | None
    weight: float
    unconfirmed: UnconfirmedPolicy
    open: bool
    languages: list[str]
    opt_out_words: list[str] | None
    answers: Mapping[str, list[str]]
    deadline_at: datetime | None


class TemplateNameView(View):
    name: str
    language: str


class Counts(View):
    """Disjoint: each contact is counted once, and the states add up to the total."""

    total: int
    pending: int
    deferred: int
    leased: int
    sending: int
    accepted: int = Field(description="Accepted by the provider, and not yet delivered.")
    delivered: int = Field(description="Delivered, and not yet read.")
    read: int
    failed: int
    suppressed: int = Field(description="Not written to on purpose.")
    unconfirmed: int = Field(description="The provider may have the message, and did not say.")
    cancelled: int
    expired: int = Field(description="Not written to before the campaign's deadline.")


class WarningView(View):
    code: str
    count: int = Field(description="Contacts that it concerns.")
    message: str


class CampaignView(View):
    id: str
    external_id: str | None
    name: str
    sender: str
    template: TemplateNameView
    rules: RulesView
    state: CampaignState
    reason: str | None = Field(description="Why it is in this state, where somebody or something said so.")
    by: str | None = Field(description="Who put it there: an API key's name, or oriel.")
    counts: Counts
    replied: int = Field(description="Contacts that answered.")
    opted_out: int = Field(description="Contacts that refused further messages with their answer.")
    answers: Mapping[str, int] = Field(description="Label: contacts whose last answer counts under it.")
    priced: Mapping[str, int] = Field(
        description="Messages by the category that the provider bills them as, where it says so."
    )
    rate: float | None = Field(description="Accepted per second in the last seconds; null while that was not measured.")
    eta: float | None = Field(
        description="Seconds until nobody waits any more; null while it does not run, or stands still."
    )
    limited_by: str | None = Field(
        description="What holds it back now: rate, paused, throttled, provider (not reached, or it accepts nothing), "
        "broker (nobody reads a queue that it needs), worker (no janitor runs), sender (not configured any more), due "
        "(the rest waits for its time), brake (paused by Oriel: see reason), or null. "
        "More words may come."
    )
    hint: str | None = Field(
        description="Sentences for people: what it waits for, until when, and what to do; what is unconfirmed."
    )
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: Mapping[str, str]


class RedriveView(View):
    """An order to try contacts again. Each got at most one more attempt by it."""

    states: list[str]
    codes: list[str]
    by: str = Field(description="Who ordered it: an API key's name.")
    at: datetime
    redriven: int = Field(description="Contacts that got another attempt, so far.")
    left_out: int = Field(description="Contacts that may not be written to any more.")
    done: bool


class Redrives(View):
    items: list[RedriveView] = Field(description="The oldest first; one that is being carried out is the last.")


class StartedCampaign(CampaignView):
    warnings: list[WarningView] = Field(description="What will not be sent, and what to do about it.")
