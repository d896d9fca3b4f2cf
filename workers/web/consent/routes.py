"""Consent over HTTP. Owns the way from a request to `shared.people.consenting`, and each verdict's line."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from shared.ground.clock import utc_now
from shared.ground.errors import NotFound
from shared.people import consenting
from shared.people.consent.model import EVERYTHING, SCOPES, ConsentKind
from shared.people.consenting import OptIn, Refusal
from workers.web.api import JSON, MIB, Call, Route, answer
from workers.web.auth import Scope
from workers.web.consent.files import Claim, read_claims
from workers.web.consent.schemas import ConsentsView, NewConsent, NewOptIns, NewOptOuts, Unrecorded
from workers.web.files import CSV
from workers.web.naming import BadContact, contact_named, is_opaque
from workers.web.people import reachable
from workers.web.values import aware, read_instant

TOGETHER = 500  # records of one round trip
ONE_BY_ONE = 32  # contacts at once of whom every running campaign has to hear
MOST_BYTES = 8 * MIB  # some 100,000 rows, held as a whole


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Given:
    """A consent as it was brought, of either kind. line: of the file, or the element's position."""

    line: int
    contact: str = field(repr=False)
    source: str
    scope: str
    at: datetime | None
    evidence: str = field(repr=False)


async def add_opt_ins(call: Call) -> web.Response:
    given = list(_from_csv(call) if call.media_type == CSV else _from_json(call, call.body(NewOptIns).root))
    rejected: list[Unrecorded] = []
    for group in _parts(_read(given), TOGETHER):
        rejected += await _agree(call, group)
    return _answer(given, rejected)


async def add_opt_outs(call: Call) -> web.Response:
    """Each of them holds, in every campaign that goes on, before anything is answered."""
    given = list(_from_csv(call) if call.media_type == CSV else _from_json(call, call.body(NewOptOuts).root))
    rejected: list[Unrecorded] = []
    for group in _parts(_read(given), ONE_BY_ONE):
        rejected += await _noes(_refuse(call, one) for one in group)
    return _answer(given, rejected)


# ── what was brought ────────────────────────────────────────────────────────────────────────────────────────────────


def _from_json(call: Call, said: Sequence[NewConsent]) -> Iterator[Given]:
    zone = call.caller.tenant.timezone
    for position, one in enumerate(said, 1):
        yield Given(position, one.contact, one.source, one.scope, aware(one.at, zone), one.evidence or "")


def _from_csv(call: Call) -> Iterator[Given | Unrecorded]:
    for claim in read_claims(call.raw):
        yield _judged(call, claim)


def _judged(call: Call, claim: Claim) -> Given | Unrecorded:
    if not claim.source:
        return Unrecorded(line=claim.line, reason="missing-source", detail="The row has no source: fill the column.")
    try:
        at = read_instant(claim.at) if claim.at else None
    except ValueError:
        detail = "The column at must be a date, with or without a time, as 2026-05-01T10:30."
        return Unrecorded(line=claim.line, reason="bad-time", detail=detail)
    scope = claim.scope.lower() or EVERYTHING
    zone = call.caller.tenant.timezone
    return Given(claim.line, claim.contact, claim.source, scope, aware(at, zone), claim.evidence)


def _read(given: Sequence[Given | Unrecorded]) -> list[Given]:
    return [one for one in given if isinstance(one, Given)]


def _parts(whole: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


async def _noes(acts: Iterable[Awaitable[Unrecorded | None]]) -> list[Unrecorded]:
    """Done together; what came of those that do not count."""
    return [no for no in await asyncio.gather(*acts) if no is not None]


def _answer(given: Sequence[Given | Unrecorded], rejected: Iterable[Unrecorded]) -> web.Response:
    unread = [one for one in given if isinstance(one, Unrecorded)]
    ordered = sorted([*unread, *rejected], key=lambda one: one.line)
    return answer(ConsentsView(recorded=len(given) - len(ordered), rejected=ordered))


def _explained(line: int, reason: consenting.Unrecorded) -> Unrecorded:
    return Unrecorded(line=line, reason=reason, detail=consenting.EXPLANATIONS[reason])


# ── opt-ins ─────────────────────────────────────────────────────────────────────────────────────────────────────────


Claimed = tuple[Given, OptIn]


async def _agree(call: Call, group: Sequence[Given]) -> list[Unrecorded]:
    """Together, but for those who had refused: the campaigns that go on have to hear of them."""
    read = [(one, await _opt_in(call, one)) for one in group]
    opt_ins = [(one, opt_in) for one, opt_in in read if isinstance(opt_in, OptIn)]
    records = await call.installation.stores.consent.of([opt_in.contact for _, opt_in in opt_ins])
    plain, returning = _apart(opt_ins, records)
    verdicts = await call.installation.people.consenting.agree([opt_in for _, opt_in in plain])
    rejected = [opt_in for _, opt_in in read if isinstance(opt_in, Unrecorded)]
    rejected += [_explained(one.line, no) for (one, _), no in zip(plain, verdicts, strict=True) if no is not None]
    for some in _parts(returning, ONE_BY_ONE):
        rejected += await _noes(_come_back(call, one, opt_in) for one, opt_in in some)
    return rejected


def _apart(opt_ins: Sequence[Claimed], records: Sequence[consenting.Records]) -> tuple[list[Claimed], list[Claimed]]:
    """Those who have never refused anything, and the others."""
    plain: list[Claimed] = []
    returning: list[Claimed] = []
    for one, known in zip(opt_ins, records, strict=True):
        has_refused = any(record.kind is ConsentKind.OPT_OUT for record in known.values())
        (returning if has_refused else plain).append(one)
    return plain, returning


async def _come_back(call: Call, one: Given, opt_in: OptIn) -> Unrecorded | None:
    try:
        whom = await reachable(call, one.contact, call.caller.tenant.region)
    except NotFound as error:
        return Unrecorded(line=one.line, reason=error.code, detail=error.detail)
    no = await call.installation.people.consenting.come_back(call.tenant, whom.known, opt_in)
    await call.installation.people.identifying.follow(call.tenant, whom.known)
    return None if no is None else _explained(one.line, no)


async def _opt_in(call: Call, one: Given) -> OptIn | Unrecorded:
    """A number amounts to its contact; an id has to be looked for first, since it does not tell whose it is."""
    region = call.caller.tenant.region
    try:
        if is_opaque(one.contact):
            contact = (await reachable(call, one.contact, region)).known.contact
        else:
            contact = contact_named(call.installation.ground.secret, call.tenant, one.contact, region)
    except (BadContact, NotFound) as error:
        return Unrecorded(line=one.line, reason=error.code, detail=error.detail)
    return OptIn(contact, one.source, one.scope, one.at, one.evidence)


# ── opt-outs ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _refuse(call: Call, one: Given) -> Unrecorded | None:
    """None once no mark of this contact succeeds any more, whatever campaign it is in."""
    if one.scope not in SCOPES:
        return _explained(one.line, consenting.Unrecorded.UNKNOWN_SCOPE)
    try:
        whom = await reachable(call, one.contact, call.caller.tenant.region)
    except (BadContact, NotFound) as error:
        return Unrecorded(line=one.line, reason=error.code, detail=error.detail)
    refusal = Refusal(one.source, one.at or utc_now(), one.scope, one.evidence)
    await call.installation.people.consenting.refuse(call.tenant, whom.known, refusal)
    await call.installation.people.identifying.follow(
        call.tenant, whom.known
    )  # it may have become another one meanwhile
    return None


UNREADABLE = ("empty-file", "malformed-csv", "unknown-column", "duplicate-column", "missing-column", "not-utf-8")
WRITERS = frozenset({Scope.CONSENT})

ROUTES = (
    Route(
        "POST",
        "/v1/opt-ins",
        "Record what contacts agreed to: one, a list, or a CSV file (contact or phone, source, scope, at, evidence).",
        add_opt_ins,
        WRITERS,
        {200: ConsentsView},
        {400: UNREADABLE},
        body=NewOptIns,
        takes=(JSON, CSV),
        most_bytes=MOST_BYTES,
    ),
    Route(
        "POST",
        "/v1/opt-outs",
        "Record what contacts refused, as one, a list or a CSV file. Once answered, no campaign writes to them.",
        add_opt_outs,
        WRITERS,
        {200: ConsentsView},
        {400: UNREADABLE},
        body=NewOptOuts,
        takes=(JSON, CSV),
        most_bytes=MOST_BYTES,
    ),
)
