"""Recording: agreements and refusals in bulk, of contacts as a caller names them.

Owns whose consent a claim is, and that whoever had refused is brought back one by one, because every campaign that goes on
has to hear of it. Whether a claim counts is judged by `consenting`; how a file of claims is read, by `consent.claims`.
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
from shared.people.identifying import Identifying
from shared.people.locales import Locales
from shared.people.naming import BadContact, is_opaque
from shared.people.recognising import Recognising

TOGETHER = 500  # agreements of one round trip
ONE_BY_ONE = 32  # contacts at once of whom every running campaign has to hear

Item = TypeVar("Item")
Agreement = tuple[Claim, OptIn]


@dataclass(frozen=True, slots=True)
class Recording:
    consent: ConsentStore
    consenting: Consenting
    identifying: Identifying
    recognising: Recognising
    locales: Locales
    now: Now

    async def agree(self, tenant: TenantId, claims: Sequence[Claim | RejectedClaim]) -> list[RejectedClaim]:
        """Those that do not count, by line, with those that could not be read; every other one is recorded.

        Safe to repeat. *Raises*: BackendUnavailable; then some are recorded, and all of them may be brought again.
        """
        rejected = [one for one in claims if isinstance(one, RejectedClaim)]
        for group in _parts([one for one in claims if isinstance(one, Claim)], TOGETHER):
            rejected += await self._agree(tenant, group)
        return sorted(rejected, key=lambda one: one.line)

    async def refuse(self, tenant: TenantId, claims: Sequence[Claim | RejectedClaim]) -> list[RejectedClaim]:
        """As `agree`. Once it has returned, no mark of these contacts succeeds, in any campaign of the scope."""
        rejected = [one for one in claims if isinstance(one, RejectedClaim)]
        for group in _parts([one for one in claims if isinstance(one, Claim)], ONE_BY_ONE):
            rejected += await _rejections(self._refuse(tenant, one) for one in group)
        return sorted(rejected, key=lambda one: one.line)

    # ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _agree(self, tenant: TenantId, group: Sequence[Claim]) -> list[RejectedClaim]:
        """Together, but for those who had refused: the campaigns that go on have to hear of them."""
        read = [(claim, await self._opt_in(tenant, claim)) for claim in group]
        agreements = [(claim, opt_in) for claim, opt_in in read if isinstance(opt_in, OptIn)]
        records = await self.consent.of([opt_in.contact for _, opt_in in agreements])
        plain, returning = _apart(agreements, records)
        verdicts = await self.consenting.agree([opt_in for _, opt_in in plain])
        rejected = [opt_in for _, opt_in in read if isinstance(opt_in, RejectedClaim)]
        rejected += [_explained(claim, no) for (claim, _), no in zip(plain, verdicts, strict=True) if no is not None]
        for some in _parts(returning, ONE_BY_ONE):
            rejected += await _rejections(self._come_back(tenant, claim, opt_in) for claim, opt_in in some)
        return rejected

    async def _opt_in(self, tenant: TenantId, claim: Claim) -> OptIn | RejectedClaim:
        """A number amounts to its contact; an id has to be looked for first, since it does not tell whose it is."""
        region = self.locales.region(tenant)
        try:
            if is_opaque(claim.contact):
                contact = (await self.recognising.reach(tenant, claim.contact, region)).known.contact
            else:
                contact = self.recognising.read(tenant, claim.contact, region).contact
        except (BadContact, NotFound) as error:
            return _rejected(claim, error)
        return OptIn(contact, claim.source, claim.scope, aware(claim.at, self.locales.timezone(tenant)), claim.evidence)

    async def _come_back(self, tenant: TenantId, claim: Claim, opt_in: OptIn) -> RejectedClaim | None:
        try:
            whom = await self.recognising.reach(tenant, claim.contact, self.locales.region(tenant))
        except NotFound as error:
            return _rejected(claim, error)
        no = await self.consenting.come_back(tenant, whom.known, opt_in)
        await self.identifying.follow(tenant, whom.known)
        return None if no is None else _explained(claim, no)

    # ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _refuse(self, tenant: TenantId, claim: Claim) -> RejectedClaim | None:
        """None once no mark of this contact succeeds any more, whatever campaign it is in."""
        if claim.scope not in SCOPES:
            return _explained(claim, Unrecorded.UNKNOWN_SCOPE)
        try:
            whom = await self.recognising.reach(tenant, claim.contact, self.locales.region(tenant))
        except (BadContact, NotFound) as error:
            return _rejected(claim, error)
        at = aware(claim.at, self.locales.timezone(tenant)) or self.now()
        await self.consenting.refuse(tenant, whom.known, Refusal(claim.source, at, claim.scope, claim.evidence))
        await self.identifying.follow(tenant, whom.known)  # it may have become another one meanwhile
        return None


def _parts(whole: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def _apart(agreements: Sequence[Agreement], records: Sequence[Records]) -> tuple[list[Agreement], list[Agreement]]:
    """Split contacts into those without any opt-out and the others."""
    plain: list[Agreement] = []
    returning: list[Agreement] = []
    for agreement, known in zip(agreements, records, strict=True):
        has_refused = any(record.kind is ConsentKind.OPT_OUT for record in known.values())
        (returning if has_refused else plain).append(agreement)
    return plain, returning


async def _rejections(acts: Iterable[Awaitable[RejectedClaim | None]]) -> list[RejectedClaim]:
    """Done together; the claims that do not count."""
    return [no for no in await asyncio.gather(*acts) if no is not None]


def _rejected(claim: Claim, error: InputError) -> RejectedClaim:
    return RejectedClaim(claim.line, error.code, error.detail)


def _explained(claim: Claim, reason: Unrecorded) -> RejectedClaim:
    return RejectedClaim(claim.line, reason.value, EXPLANATIONS[reason])
