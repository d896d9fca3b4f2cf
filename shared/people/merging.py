"""Merging: the addresses of one person become aliases of one contact.

Owns the merge: every alias has the later window and the stricter consent (`consent.model.stricter`). A merge that a
crash cut off at any line may be repeated: before the redirect all of it is done again, after it what follows a merge. A
refusal that came under the old id meanwhile is moved by whoever recorded it (`follow`). Which addresses can be one
person's: `aliases`. A claim that cannot be true is counted, logged, and merges nobody.

Decision: a provider's claim is believed only where it can be true, because a proxy that names one recipient for everybody
would give all of them one window and one consent. The cost: a person who really has two numbers stays two contacts until
the platform says that the number has changed.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.ids import ContactId, SenderId, TenantId, contact_id, contact_ids
from shared.ground.phone import canonicalize, is_user_id
from shared.people.aliases import Claim, Refusal, Source, is_parent, numbers, why_two
from shared.people.consent.model import ConsentKind, stricter
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting
from shared.people.contacts.store import ContactStore, Identity, first_phone
from shared.people.sessions.store import SessionStore

WEAK = frozenset({Source.ANSWER, Source.STATUS})  # a machine's word about somebody who has not written

log: BoundLogger = get_logger(__name__)


class Follower(Protocol):
    """What else has to follow a merge, kept in a wing above."""

    async def unite(self, contact: Identity) -> None:
        """contact: as it is after a merge. Safe to repeat. *Raises*: BackendUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Merging:
    """senders: sender → its tenant; a merge covers the sessions of all senders of the tenant."""

    contacts: ContactStore
    consent: ConsentStore
    sessions: SessionStore
    consenting: Consenting
    senders: Mapping[SenderId, TenantId]
    follower: Follower
    secret: bytes
    now: Now
    _said: set[tuple[SenderId | None, Source, Refusal]] = field(default_factory=set)

    def id_of(self, tenant: TenantId, address: str) -> ContactId:
        """The contact's id; all national variants of a number have the same."""
        return contact_id(self.secret, tenant, canonicalize(address))

    def ids_of(self, tenant: TenantId, addresses: Iterable[str]) -> list[ContactId]:
        """As `id_of`, of each, in order."""
        return contact_ids(self.secret, tenant, map(canonicalize, addresses))

    async def merge(
        self,
        tenant: TenantId,
        addresses: Iterable[str],
        name: str = "",
        source: Source = Source.CALLER,
        sender: SenderId | None = None,
    ) -> Identity:
        """Merge the contacts behind these addresses into one, and return it. Concurrent callers get the same contact.

        With a number and user ids, the number decides whose the others are. Addresses that cannot be the same person's are
        left out, counted and logged.

        name: kept if the contact has none yet. sender: whose provider names the addresses.
        *Effects*: `{k}:contact`, consents and sessions of merged contacts. Safe to repeat.
        *Raises*: BackendUnavailable.
        """
        given = list(dict.fromkeys(addresses))
        first = first_phone(given) or given[0]
        return await self._merge(tenant, first, given, name, Claim(source, sender, self.now()))

    async def link(
        self, tenant: TenantId, whom: str, names: Iterable[str], source: Source, sender: SenderId
    ) -> Identity:
        """As `merge`, of the address that we wrote to and the names by which its provider calls the recipient.

        A number among the names that is no variant of the number `whom` makes all of them somebody else's. Nothing is
        written when they name nobody new.
        """
        own, claim = self.id_of(tenant, whom), Claim(source, sender, self.now())
        named = [one for one in dict.fromkeys(names) if self.id_of(tenant, one) != own]
        why = why_two([whom], numbers(named))
        if why is not None:
            self._refuse(claim, why)
            named = []
        return await (self._merge(tenant, whom, named, "", claim) if named else self.contacts.resolve(own))

    async def _merge(self, tenant: TenantId, first: str, addresses: Sequence[str], name: str, claim: Claim) -> Identity:
        called: dict[ContactId, str] = {self.id_of(tenant, first): first}
        for address in addresses:
            called.setdefault(self.id_of(tenant, address), address)
        contact, kept = await self._one(tenant, called, claim)
        if any(one not in contact.addresses for one in kept) or (name and not contact.name):
            why = claim if len(kept) > 1 else None  # a name alone needs no reason
            await self.contacts.remember(contact.contact, {**kept, **contact.addresses}, name, why)
        merged = replace(contact, addresses={**kept, **contact.addresses}, name=contact.name or name)
        await self._apply_refusal(tenant, merged)
        if len(kept) > 1:  # also where they were one already: the process that made them one may have died before this
            await self.follower.unite(merged)
        return merged

    async def follow(self, tenant: TenantId, contact: Identity) -> None:
        """Move records that were written under a contact's old id, if a concurrent merge has moved the contact."""
        now = await self.contacts.resolve(contact.contact)
        if now.contact != contact.contact:
            await self._absorb(tenant, contact, now)
            both = Identity(now.contact, {**contact.addresses, **now.addresses})
            await self.consenting.apply(tenant, both)
            await self.follower.unite(both)

    async def _apply_refusal(self, tenant: TenantId, contact: Identity) -> None:
        """A refusal under one name holds under all: written into every unfinished campaign, if there is one."""
        if len(contact.ids) > 1:
            (records,) = await self.consent.of([contact.contact])
            if any(record.kind is ConsentKind.OPT_OUT for record in records.values()):
                await self.consenting.apply(tenant, contact)

    # ── whom to merge ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _one(
        self, tenant: TenantId, called: Mapping[ContactId, str], claim: Claim
    ) -> tuple[Identity, Mapping[ContactId, str]]:
        """Merge until the ids that can be one person's resolve to one contact. The first of `called` is certainly it.

        Returns the contact, and those of `called` that are it.
        """
        while True:
            found = dict(zip(called, await asyncio.gather(*map(self.contacts.resolve, called)), strict=True))
            kept = self._believe(called, found, claim)
            contact = min((found[one] for one in kept), key=lambda one: one.contact)  # the lowest id wins: no circle
            other = next((found[one] for one in kept if found[one].contact != contact.contact), None)
            if other is None:
                return contact, kept
            theirs = {one: address for one, address in kept.items() if found[one].contact == other.contact}
            own = {one: address for one, address in kept.items() if one not in theirs}
            if await self.contacts.welcome(contact, {**own, **theirs, **other.addresses}, claim):
                await self._absorb(tenant, other, contact)

    def _believe(
        self, called: Mapping[ContactId, str], found: Mapping[ContactId, Identity], claim: Claim
    ) -> Mapping[ContactId, str]:
        """The first, and the others that can be the same person, each judged beside those before it."""
        first = next(iter(called))
        kept = {first: called[first]}
        whole = _with(found[first], kept)
        for one, address in called.items():
            if one == first:
                continue
            other = _with(found[one], {one: address})
            is_known = found[one].contact == found[first].contact
            why = None if is_known else _why_two(whole, other, called[first], claim)
            if why is not None:
                self._refuse(claim, why)
                continue
            kept[one] = address
            whole = _with(whole, {**other.addresses, one: address})
        return kept

    def _refuse(self, claim: Claim, why: Refusal) -> None:
        """Counted each time; logged once a process, since a proxy may say the same with every answer."""
        telemetry.ALIASES_REFUSED.labels(claim.sender or "", claim.source.value, why.value).inc()
        if (said := (claim.sender, claim.source, why)) not in self._said:
            self._said.add(said)
            log.warning("alias_refused", sender=claim.sender, source=claim.source.value, reason=why.value)

    # ── the merge ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _absorb(self, tenant: TenantId, old: Identity, into: Identity) -> None:
        """As `_copy_all`. An agreement under one name is told to the campaigns that hold the person under the other."""
        both = await self.consent.own([old.contact, into.contact])
        has_agreed = any(record.kind is ConsentKind.OPT_IN for one in both for record in one.records.values())
        telling = self.consenting.telling(tenant, dict.fromkeys([*old.ids, *into.ids])) if has_agreed else nullcontext()
        async with telling:
            await self._copy_all(tenant, old, into)

    async def _copy_all(self, tenant: TenantId, old: Identity, into: Identity) -> None:
        """Copy everything from `old` to `into`, then redirect `old`. Repeat if `into` was itself redirected meanwhile.

        The consents are copied once more after the redirect: a refusal that was recorded in between is not left behind.
        """
        revision = await self._copy_consents(old.contact, into.contact)
        senders = [sender for sender, owner in self.senders.items() if owner == tenant]
        await asyncio.gather(*(self.sessions.merge(old.contact, into.contact, sender) for sender in senders))
        await self.contacts.inherit(into.contact, old)
        target = await self.contacts.move(old, into)
        if target != into.contact and await self._are_two(old, into):
            await self.contacts.forget(into.contact, old.ids)
            return  # it has changed meanwhile; it is read and judged again
        (after,) = await self.consent.own([old.contact])
        if after.revision != revision:
            await self._copy_consents(old.contact, into.contact)
        now = await self.contacts.resolve(into.contact)
        if now.contact != into.contact:
            await self._absorb(tenant, into, now)

    async def _are_two(self, old: Identity, into: Identity) -> bool:
        """Whether no concurrent merge has made one of them, be it by another way than this one."""
        here, there = await self.contacts.resolve(into.contact), await self.contacts.resolve(old.contact)
        return here.contact != there.contact

    async def _copy_consents(self, old: ContactId, into: ContactId) -> str:
        """The revision that the redirect of `old` will give its consents, if nobody else changes them."""
        theirs, ours = await self.consent.own([old, into])
        if theirs.records:
            merged = stricter(ours.records, theirs.records)
            await self.consent.record((into, record) for record in merged.values())
        if theirs.revision != "0":
            await self.consent.outgrow(into, theirs.revision)
        return str(int(theirs.revision) + 1)


def _with(contact: Identity, addresses: Mapping[ContactId, str]) -> Identity:
    return replace(contact, addresses={**addresses, **contact.addresses})


def _why_two(one: Identity, other: Identity, first: str, claim: Claim) -> Refusal | None:
    """Why these contacts cannot be one person; None if they can. first: the name of `one` that the claim is about."""
    if not (one.apart.keys().isdisjoint(other.ids) and other.apart.keys().isdisjoint(one.ids)):
        return Refusal.SEPARATED
    if claim.source is Source.RENAMING:
        return None
    why = why_two(one.addresses.values(), other.addresses.values())
    return why or (Refusal.OTHER_USER_ID if _is_another_user(first, other, claim) else None)


def _is_another_user(mine: str, other: Identity, claim: Claim) -> bool:
    """Whether a machine ties a user id to a number that has another one with the same sender.

    A sender's provider knows one user id of a number at a time; another sender may see the person in another portfolio.
    """
    if claim.source not in WEAK or not is_user_id(mine):
        return False
    return any(
        theirs != mine
        and is_user_id(theirs)
        and is_parent(theirs) == is_parent(mine)
        and contact in other.claims
        and other.claims[contact].sender == claim.sender
        for contact, theirs in other.addresses.items()
    )
