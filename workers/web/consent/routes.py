"""Consent over HTTP. Owns nothing but the way from a request to `shared.people.recording`, and back."""

from collections.abc import Sequence

from aiohttp import web

from shared.people.consent.claims import Claim, RejectedClaim, read_claims
from workers.web.api import JSON, MIB, Call, Route, answer
from workers.web.auth import Scope
from workers.web.consent.schemas import ConsentsView, NewConsent, NewOptIns, NewOptOuts, Unrecorded
from workers.web.files import CSV

MAX_BYTES = 8 * MIB  # some 100,000 rows, held as a whole


async def add_opt_ins(call: Call) -> web.Response:
    claims = list(read_claims(call.raw)) if call.media_type == CSV else _claims(call.body(NewOptIns).root)
    return _answer(claims, await call.installation.people.recording.agree(call.tenant, claims))


async def add_opt_outs(call: Call) -> web.Response:
    """Each of them holds, in every campaign that goes on, before anything is answered."""
    claims = list(read_claims(call.raw)) if call.media_type == CSV else _claims(call.body(NewOptOuts).root)
    return _answer(claims, await call.installation.people.recording.refuse(call.tenant, claims))


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _claims(said: Sequence[NewConsent]) -> list[Claim | RejectedClaim]:
    return [
        Claim(position, one.contact, one.source, one.scope, one.at, one.evidence or "")
        for position, one in enumerate(said, 1)
    ]


def _answer(claims: Sequence[Claim | RejectedClaim], rejected: Sequence[RejectedClaim]) -> web.Response:
    views = [Unrecorded(line=one.line, reason=one.reason, detail=one.detail) for one in rejected]
    return answer(ConsentsView(recorded=len(claims) - len(views), rejected=views))


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
        max_bytes=MAX_BYTES,
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
        max_bytes=MAX_BYTES,
    ),
)
