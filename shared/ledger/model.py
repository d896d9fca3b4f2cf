"""The arguments and results of the ledger, as values. Owns the text forms of runs and records; no I/O."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import CampaignId, ContactId, EventId, LeaseId, Nonce
from shared.ground.keys import PAGE_ROWS
from shared.ground.values import value
from shared.ledger.states import BY_LETTER, CampaignState, JobState


@dataclass(frozen=True, slots=True)
class Admission:
    """first: ordinal of the page's first row, None if no row became a job.  duplicates: their indexes in the page.

    replaced: indexes of rows that took the place of the contact's earlier row.
    """

    first: int | None
    duplicates: tuple[int, ...]
    replaced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """The jobs of one parcel. ordinals: ascending."""

    campaign: CampaignId
    id: LeaseId
    ordinals: tuple[int, ...]


@value(frozen=True, slots=True)
class Mark:
    campaign: CampaignId
    lease: LeaseId
    nonce: Nonce
    ordinal: int
    contact: ContactId


class MarkRefusal(StrEnum):
    """The reason for which a job was not marked, so must not be sent."""

    NOT_RUNNING = "not-running"
    LEASE_GONE = "lease-gone"
    NOT_LEASED = "not-leased"
    STOPPED = "stopped"
    EXPIRED = "expired"


class Kind(StrEnum):
    """The outcome of an attempt. The first five are facts; DEFER, RETURN and UNKNOWN are a worker's decisions, valid under
    its lease; RESEND and NOTE are about an unconfirmed job: one more attempt, and a reason that is kept with it.
    """

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    DEFER = "defer"
    RETURN = "return"
    UNKNOWN = "unknown"
    RESEND = "resend"
    NOTE = "note"


@value(frozen=True, slots=True)
class Settlement:
    """code, reason: the provider's code and the key of our gloss; never text of a message.

    due: the end of a deferral, or the earliest start of the retry that a failure allows; None for never.
    price_category: the category in which the provider bills the message; empty if it reports none.
    may_concern_all: of a failure or a doubt, whether its cause may lie in the message or the account (`SendError`).
    is_unanswered: of a doubt, whether no answer came at all.
    """

    campaign: CampaignId
    ordinal: int
    attempt: int
    kind: Kind
    at: datetime
    lease: LeaseId | None = None
    message: str = ""
    code: str = ""
    reason: str = ""
    due: datetime | None = None
    price_category: str = ""
    may_concern_all: bool = False
    is_unanswered: bool = False


@dataclass(frozen=True, slots=True)
class RefusedRun:
    """The failures and doubts of a campaign that may concern every contact, from one source, since it was last resumed.

    before: of each failure, oldest first, the number of successes before it.  successes: the number of all so far.
    sent: of each failure that a status told, how many messages had been accepted by then.  sent_now: the same, now.
    """

    before: tuple[int, ...]
    successes: int
    sent: tuple[int, ...] = ()
    sent_now: int = 0

    @property
    def in_a_row(self) -> int:
        """Failures since the last success."""
        return sum(1 for before in self.before if before == self.successes)

    def among(self, last: int) -> int:
        """How many of the last outcomes are failures; 0 while there are fewer outcomes than `last`."""
        ages = self._ages()
        return sum(1 for age in ages if age <= last) if max(ages, default=0) >= last else 0

    def are_most(self, failures: int, share: float) -> bool:
        """Whether so many of the latest failures are this share of the messages that were accepted since the first of them.

        Statuses tell failures within a second and deliveries later: while a campaign is fast, outcomes alone say nothing
        about the messages whose delivery is not told yet. True of failures that answers told: each answer is an outcome.
        """
        return not self.sent or failures >= share * (self.sent_now - self.sent[-failures])

    def _ages(self) -> list[int]:
        """Of each failure, how many outcomes there were since, its own included."""
        failures = len(self.before)
        return [failures - index + self.successes - before for index, before in enumerate(self.before)]


@dataclass(frozen=True, slots=True)
class Unknown:
    """An unconfirmed job. since: when its outcome became unknown; its request left before."""

    job: "JobRecord"
    since: datetime


@value(frozen=True, slots=True)
class PlannedJob:
    """The plan for one pending job: ready with a priority (0 … 9), due later, suppressed for a reason, or expired."""

    ordinal: int
    priority: int = 0
    due: datetime | None = None
    suppressed: str | None = None
    expired: str | None = None

    @property
    def unsent(self) -> str | None:
        """Why it is not sent at all; None if it is."""
        return self.suppressed or self.expired


@dataclass(frozen=True, slots=True)
class RedriveOrder:
    """A person's order to try jobs again that have ended. Each gets at most one more attempt by it.

    id: of the request; the same order again is the same.  states: some of REDRIVABLE.  codes: only jobs with one of these
    provider's codes; none given: with any.  by: who says so.  at: jobs that became unconfirmed later are not meant.
    """

    id: str
    states: frozenset[JobState]
    codes: frozenset[str]
    by: str
    at: datetime

    def takes(self, job: "JobRecord") -> bool:
        return job.state in self.states and (not self.codes or job.code in self.codes)

    def to_json(self) -> str:
        states = "".join(sorted(state.letter for state in self.states))
        return json.dumps([states, sorted(self.codes), self.by, to_ms(self.at), self.id], separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Redrive:
    """An order, and how many jobs got another attempt and how many were left out, because they may not be written to.

    page: the next to be looked at; None once the order was carried out.
    """

    order: RedriveOrder
    redriven: int
    left_out: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """One more attempt for a job. attempt: the one that it has had. due: None for now."""

    ordinal: int
    attempt: int
    due: datetime | None = None


def order_of(packed: str) -> RedriveOrder:
    """The inverse of `RedriveOrder.to_json`."""
    letters, codes, by, at, own_id = json.loads(packed)
    return RedriveOrder(own_id, frozenset(BY_LETTER[letter] for letter in letters), frozenset(codes), by, from_ms(at))


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign as the ledger records it. counts: jobs by JobState; disjoint, their sum is `total`.

    pages, planned: how many pages were admitted, and how many of those were planned.  late_facts: about attempts that are
    no longer current.  replied, opted_out: contacts.  answers: contacts by label.  priced: messages by price category.
    redrive: the order that is being carried out.  latest_redrive: the id of the latest one, carried out or not.
    reopens_until: once it has finished: until when it runs again for those who agree, or may be tried again.
    deadline_at: from when on its waiting jobs expire; None before the start, and without a deadline.
    resumed_at: when it was started, or went on after a pause or an end.
    """

    state: CampaignState
    reason: str
    by: str
    total: int
    counts: Mapping[JobState, int]
    pages: int
    planned: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    late_facts: int
    replied: int = 0
    opted_out: int = 0
    answers: Mapping[str, int] = field(default_factory=dict)
    priced: Mapping[str, int] = field(default_factory=dict)
    redrive: Redrive | None = None
    latest_redrive: str = ""
    reopens_until: datetime | None = None
    deadline_at: datetime | None = None
    resumed_at: datetime | None = None

    @property
    def in_flight(self) -> int:
        return self.counts[JobState.LEASED] + self.counts[JobState.SENDING]

    @property
    def waiting(self) -> int:
        return self.counts[JobState.PENDING] + self.counts[JobState.DEFERRED]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a contact. event: the id of its message.  label: the heading under which it is counted, or empty."""

    ordinal: int
    event: EventId
    at: datetime
    text: str = field(repr=False)
    label: str = ""
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """All answers of a contact in short: time and text of the first, the label that counts, the time of a refusal."""

    replied_at: datetime
    reply: str = field(repr=False)
    label: str = ""
    opted_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job as the ledger records it. times: each of TIMES that has happened → instant.

    attempt: the latest, or the next where another one waits.  sent_attempt: the one that times and provider_message_id are
    of; 0 before the first.
    """

    ordinal: int
    state: JobState
    attempt: int
    code: str
    reason: str
    provider_message_id: str
    times: Mapping[str, datetime]
    answers: AnswerSummary | None = None
    price_category: str = ""
    sent_attempt: int = 0


FIELDS = ("attempt", "next", "lease", "tries", "message", "accepted", "delivered", "read", "failed", "verdict", "code", "reason", "price", "redriven")  # fmt: skip  # noqa: E501
CODE = FIELDS.index("code")
TIMES = ("accepted", "delivered", "read", "failed")


def unpack_answers(packed: bytes | None) -> AnswerSummary | None:
    """The inverse of the JSON that `answer.lua` writes for one contact; None for a contact without answers."""
    if packed is None:
        return None
    stored = json.loads(packed)
    out = stored.get("out")
    label = stored["said"]["label"] if "said" in stored else ""
    return AnswerSummary(from_ms(stored["first"]["at"]), stored["first"]["text"], label, from_ms(out) if out else None)


def unpack_record(
    ordinal: int, state: JobState, packed: bytes | None, created_ms: int, packed_answers: bytes | None = None
) -> JobRecord:
    """The inverse of `keep_record` in `prelude.lua`."""
    values = (packed or b"").decode().split("|")[: len(FIELDS)]  # a later release may have written more fields
    record = dict(zip(FIELDS, values + [""] * (len(FIELDS) - len(values)), strict=True))
    return JobRecord(
        ordinal,
        state,
        int(record["next"] or record["attempt"] or 1),
        record["code"],
        record["reason"],
        record["message"],
        {name: from_ms(created_ms + int(record[name])) for name in TIMES if record[name]},
        unpack_answers(packed_answers),
        record["price"],
        int(record["attempt"] or 0),
    )


def code_of(packed: bytes | None) -> str:
    """Only the code of a record: a tenth of the time of `unpack_record`."""
    fields = (packed or b"").split(b"|", CODE + 1)
    return fields[CODE].decode() if len(fields) > CODE else ""


def runs_of(ordinals: Iterable[int]) -> str:
    """Ascending ordinals as text.

    >>> runs_of([0, 1, 2, 7])
    '0-2,7'
    """
    runs: list[list[int]] = []
    for ordinal in ordinals:
        if runs and ordinal == runs[-1][1] + 1:
            runs[-1][1] = ordinal
        else:
            runs.append([ordinal, ordinal])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def ordinals_of(runs: str) -> Iterator[int]:
    """The inverse of `runs_of`."""
    for run in runs.split(","):
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)


def pages_of(ordinals: Iterable[int]) -> list[int]:
    """The pages that hold these ordinals, ascending."""
    return sorted({ordinal // PAGE_ROWS for ordinal in ordinals})
