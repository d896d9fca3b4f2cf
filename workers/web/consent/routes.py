"""Consent over HTTP. Owns the way from a request to `shared.consenting`, and the line that each verdict speaks of."""

from collections.abc import Iterator
from datetime import datetime

from aiohttp import web

from shared import consenting
from shared.consent.model import EVERYTHING
from shared.consenting import OptIn
from workers.web.api import JSON, MIB, Call, Route, answer
from workers.web.auth import Scope
from workers.web.consent.files import Claim, read_claims
from workers.web.consent.schemas import NewOptIns, OptInsView, Unrecorded
from workers.web.files import CSV
from workers.web.naming import BadContact, contact_named
from workers.web.values import aware

TOGETHER = 500  # records of one round trip
MOST_BYTES = 8 * MIB  # some 100,000 opt-ins, held as a whole

Judged = OptIn | Unrecorded


async def add_opt_ins(call: Call) -> web.Response:
    judged = list(_from_csv(call) if call.media_type == CSV else _from_json(call))
    rejected = [one for _, one in judged if isinstance(one, Unrecorded)]
    opt_ins = [(line, one) for line, one in judged if isinstance(one, OptIn)]
    for start in range(0, len(opt_ins), TOGETHER):
        group = opt_ins[start : start + TOGETHER]
        verdicts = await call.installation.consenting.agree([one for _, one in group])
        for (line, _), verdict in zip(group, verdicts, strict=True):
            if verdict is not None:
                rejected.append(Unrecorded(line=line, reason=verdict, detail=consenting.EXPLANATIONS[verdict]))
    recorded = len(judged) - len(rejected)
    return answer(OptInsView(recorded=recorded, rejected=sorted(rejected, key=lambda one: one.line)))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_json(call: Call) -> Iterator[tuple[int, Judged]]:
    for position, one in enumerate(call.body(NewOptIns).root, 1):
        yield position, _opt_in(call, position, one.contact, one.source, one.scope, one.at, one.evidence or "")


def _from_csv(call: Call) -> Iterator[tuple[int, Judged]]:
    for claim in read_claims(call.raw):
        yield claim.line, _judged(call, claim)


def _judged(call: Call, claim: Claim) -> Judged:
    if not claim.source:
        return Unrecorded(line=claim.line, reason="missing-source", detail="The opt-in has no source: fill the column.")
    try:
        at = datetime.fromisoformat(claim.at) if claim.at else None
    except ValueError:
        detail = "The column at must be a date, with or without a time, as 2026-05-01T10:30."
        return Unrecorded(line=claim.line, reason="bad-time", detail=detail)
    scope = claim.scope.lower() or EVERYTHING
    return _opt_in(call, claim.line, claim.contact, claim.source, scope, at, claim.evidence)


def _opt_in(call: Call, line: int, name: str, source: str, scope: str, at: datetime | None, evidence: str) -> Judged:
    tenant = call.caller.tenant
    try:
        contact = contact_named(call.installation.secret, call.tenant, name, tenant.region)
    except BadContact as bad:
        return Unrecorded(line=line, reason="bad-contact", detail=bad.detail)
    return OptIn(contact, source, scope, aware(at, tenant.timezone), evidence)


ROUTES = (
    Route(
        "POST",
        "/v1/opt-ins",
        "Record what contacts agreed to: one, a list, or a CSV file (contact or phone, source, scope, at, evidence).",
        add_opt_ins,
        frozenset({Scope.CONSENT}),
        {200: OptInsView},
        {
            400: ("empty-file", "malformed-csv", "unknown-column", "duplicate-column", "missing-column", "not-utf-8"),
        },
        body=NewOptIns,
        takes=(JSON, CSV),
        most_bytes=MOST_BYTES,
    ),
)
