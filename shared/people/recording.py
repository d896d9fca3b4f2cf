"""Recording: opt-ins and opt-outs in bulk, of contacts as a caller names them.

Owns the contact of each claim, and the separate path of contacts that had opted out: their opt-in is applied one by one,
because it must reach every unfinished campaign. `consenting` judges each claim, `consent.claims` reads files.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.ground.clock import Now, aware
from shared.ground.errors import InputError, NotFound
from shared.ground.ids import TenantId
from shared.people.consent.claims import Claim, RejectedClaim
from shared.people.consent.model import SCOPES, ConsentKind, Records
from shared.people.consent.store import ConsentStore
from shared.people.consenting import EXPLANATIONS, Consenting, OptIn, Refusal, Unrecorded
from shared.people.locales import Locales
from shared.people.merging import Merging
from shared.people.naming import BadContact, is_opaque
from shared.people.resolving import Resolving

TOGETHER = 500  # opt-ins per round trip
ONE_BY_ONE = 32  # contacts at once whose consent is written into every unfinished campaign

Item = TypeVar("Item")
Agreement = tuple[Claim, OptIn]


@dataclass(frozen=True, slots=True)
class Recording:
    consent: ConsentStore
    consenting: Consenting
    merging: Merging
    resolving: Resolving
    locales: Locales
    now: Now

    async def agree(self, tenant: TenantId, claims: Sequence[Claim | RejectedClaim]) -> list[RejectedClaim]:
        """Record opt-ins. Returns the claims that do not count, unreadable ones among them, by line.

        Safe to repeat. *Raises*: BackendUnavailable; then some are recorded, and all may be sent again.
        """
        rejected = [one for one in claims if isinstance(one, RejectedClaim)]
        for group in _parts([one for one in claims if isinstance(one, Claim)], TOGETHER):
            rejected += await self._agree(tenant, group)
        return sorted(rejected, key=lambda one: one.line)

    async def refuse(self, tenant: TenantId, claims: Sequence[Claim | RejectedClaim]) -> list[RejectedClaim]:
        """As `agree`, for opt-outs. When this returns, every mark of the contacts fails, in all campaigns of the scope."""
        rejected = [one for one in claims if isinstance(one, RejectedClaim)]
        for group in _parts([one for one in claims if isinstance(one, Claim)], ONE_BY_ONE):
            rejected += await _rejections(self._refuse(tenant, one) for one in group)
        return sorted(rejected, key=lambda one: one.line)

    # ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _agree(self, tenant: TenantId, group: Sequence[Claim]) -> list[RejectedClaim]:
        """Record one group: in one call, but for contacts that have an opt-out."""
        read = [(claim, await self._opt_in(tenant, claim)) for claim in group]
        agreements = [(claim, opt_in) for claim, opt_in in read if isinstance(opt_in, OptIn)]
        records = await self.consent.of([opt_in.contact for _, opt_in in agreements])
        plain, returning = _apart(agreements, records)
        verdicts = await self.consenting.agree(tenant, [opt_in for _, opt_in in plain])
        rejected = [opt_in for _, opt_in in read if isinstance(opt_in, RejectedClaim)]
        rejected += [_explained(claim, no) for (claim, _), no in zip(plain, verdicts, strict=True) if no is not None]
        for some in _parts(returning, ONE_BY_ONE):
            rejected += await _rejections(self._come_back(tenant, claim, opt_in) for claim, opt_in in some)
        return rejected

    async def _opt_in(self, tenant: TenantId, claim: Claim) -> OptIn | RejectedClaim:
        """A number gives its contact without a read; a contact id needs one, to prove its tenant."""
        region = self.locales.region(tenant)
        try:
            if is_opaque(claim.contact):
                contact = (await self.resolving.reach(tenant, claim.contact, region)).known.contact
            else:
                contact = self.resolving.read(tenant, claim.contact, region).contact
        except (BadContact, NotFound) as error:
            return _rejected(claim, error)
        return OptIn(contact, claim.source, claim.scope, aware(claim.at, self.locales.timezone(tenant)), claim.evidence)

    async def _come_back(self, tenant: TenantId, claim: Claim, opt_in: OptIn) -> RejectedClaim | None:
        try:
            whom = await self.resolving.reach(tenant, claim.contact, self.locales.region(tenant))
        except NotFound as error:
            return _rejected(claim, error)
        no = await self.consenting.come_back(tenant, whom.known, opt_in)
        await self.merging.follow(tenant, whom.known)
        return None if no is None else _explained(claim, no)

    # ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _refuse(self, tenant: TenantId, claim: Claim) -> RejectedClaim | None:
        if claim.scope not in SCOPES:
            return _explained(claim, Unrecorded.UNKNOWN_SCOPE)
        try:
            whom = await self.resolving.reach(tenant, claim.contact, self.locales.region(tenant))
        except (BadContact, NotFound) as error:
            return _rejected(claim, error)
        at = aware(claim.at, self.locales.timezone(tenant)) or self.now()
        await self.consenting.refuse(tenant, whom.known, Refusal(claim.source, at, claim.scope, claim.evidence))
        await self.merging.follow(tenant, whom.known)  # it may have been merged into another one meanwhile
        return None


def _parts(whole: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def _apart(agreements: Sequence[Agreement], records: Sequence[Records]) -> tuple[list[Agreement], list[Agreement]]:
    """Split into contacts without any opt-out, and those with one."""
    plain: list[Agreement] = []
    returning: list[Agreement] = []
    for agreement, known in zip(agreements, records, strict=True):
        has_refused = any(record.kind is ConsentKind.OPT_OUT for record in known.values())
        (returning if has_refused else plain).append(agreement)
    return plain, returning


async def _rejections(acts: Iterable[Awaitable[RejectedClaim | None]]) -> list[RejectedClaim]:
    """Run these together, and return the claims that do not count."""
    return [no for no in await asyncio.gather(*acts) if no is not None]


def _rejected(claim: Claim, error: InputError) -> RejectedClaim:
    return RejectedClaim(claim.line, error.code, error.detail)


def _explained(claim: Claim, reason: Unrecorded) -> RejectedClaim:
    return RejectedClaim(claim.line, reason.value, EXPLANATIONS[reason])
