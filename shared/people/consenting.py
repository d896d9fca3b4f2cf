"""Consenting: agreements and refusals come in, one by one, in a file of their own or with a base of contacts.

Owns which of them count, and that a refusal reaches every campaign of its scope before it counts as applied. The meaning
of the records for a message is judged in `rules.consent`.

Decision: an opt-in without a date undoes no refusal, because a base that is sent again after a STOP holds nothing new.
An opt-in with a later date does. The cost: a returning contact's opt-in needs its date.

Decision: agreements are announced before they are recorded, and forgotten once every campaign is told, so that the janitor
tells those whose process died in between. To tell whatever is not new as well would depend on a caller who asks again, and
would cost each base that is sent again two script calls a page and campaign. The cost: two round trips for a group that
holds something new.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.clock import MAX_CLOCK_SKEW, Now, from_ms, to_ms
from shared.ground.errors import InputError
from shared.ground.ids import ContactId, TenantId
from shared.ground.values import value
from shared.ledger.store import Ledger
from shared.people.consent.model import (
    EVERYTHING,
    SCOPES,
    ConsentKind,
    ConsentRecord,
    Records,
    has_refused,
    is_same_word,
)
from shared.people.consent.store import Consents, ConsentStore, Untold
from shared.people.contacts.store import ContactStore, Identity
from shared.templates.pins import Pins
from shared.templates.registry import TemplateRegistry
from shared.templates.store import PinStore


class Unrecorded(StrEnum):
    """Why an opt-in does not count. Stable: these words are in answers and reports."""

    UNKNOWN_SCOPE = "unknown-scope"
    IN_FUTURE = "opt-in-in-future"
    REFUSED_SINCE = "refused-since"


EXPLANATIONS: Mapping[Unrecorded, str] = {
    Unrecorded.UNKNOWN_SCOPE: f"The scope is one of {', '.join(SCOPES)}; left out, it is {EVERYTHING}.",
    Unrecorded.IN_FUTURE: "The time of the opt-in has not come yet: an agreement is something that has happened.",
    Unrecorded.REFUSED_SINCE: "The contact has refused, and the opt-in has no time: say when it was given; a later "
    "one undoes the refusal.",
}


@value(frozen=True, slots=True)
class OptIn:
    """An opt-in as a caller claims it. at: None if the caller does not know."""

    contact: ContactId
    source: str
    scope: str = EVERYTHING
    at: datetime | None = None
    evidence: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """unrecorded: per opt-in, in order; None for one that counts. known: per contact, in order: the records after it."""

    unrecorded: list[Unrecorded | None]
    known: list[Records]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An opt-out as a caller claims it. at: when the contact said it."""

    source: str
    at: datetime
    scope: str = EVERYTHING
    evidence: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Consenting:
    consent: ConsentStore
    campaigns: CampaignStore
    ledger: Ledger
    templates: TemplateRegistry
    pins: PinStore
    contacts: ContactStore
    now: Now

    async def refuse(self, tenant: TenantId, contact: Identity, refusal: Refusal) -> bool:
        """Record an opt-out and apply it. False if the contact had opted out already, at that time or later.

        When this returns, every mark of the contact fails, under all of its ids, in all campaigns of the scope.
        Safe to repeat. *Raises*: InputError for an unknown scope; BackendUnavailable.
        """
        if refusal.scope not in SCOPES:
            raise InputError("unknown-scope", EXPLANATIONS[Unrecorded.UNKNOWN_SCOPE])
        record = ConsentRecord(
            ConsentKind.OPT_OUT, refusal.scope, refusal.source, min(refusal.at, self.now()), refusal.evidence
        )
        (before,) = await self.consent.consents([contact.contact])
        await self.consent.record([(before.contact, record)])
        await self._stop(tenant, contact)
        present = before.records.get(record.field)
        return present is None or present.at < record.at

    async def apply(self, tenant: TenantId, contact: Identity) -> None:
        """Write the contact's present consents into every unfinished campaign. The consent itself is written before.

        Of two concurrent calls the one with the newer revision stays, whichever comes last.
        """
        known = await self._stop(tenant, contact)
        if any(record.kind is ConsentKind.OPT_IN for record in known.records.values()):
            await self._tell_campaigns(tenant, contact.ids)

    async def _stop(self, tenant: TenantId, contact: Identity) -> Consents:
        """The part of `apply` that a refusal needs: it frees nobody. Returns what was judged."""
        unfinished = await self._unfinished(tenant)
        pins = await self.pins.of_many(one.id for one in unfinished)
        (known,) = await self.consent.consents([contact.contact])
        judged = {one.id: self._refuses(known.records, one, pins[one.id]) for one in unfinished}
        stopped = [campaign for campaign, refused in judged.items() if refused]
        others = [campaign for campaign, refused in judged.items() if not refused]
        await self.consent.stop(contact.ids, known.revision, stopped, others)
        await self.consent.disturb(one for one in contact.ids if one != known.contact)  # messages wait under those too
        return known

    async def _unfinished(self, tenant: TenantId) -> list[Campaign]:
        """Those that go on, and those that have finished and may go on: a finish writes the second list first."""
        active = await self.campaigns.active()
        lately = await self.campaigns.reopenable(self.now())
        found = await self.campaigns.get_many(dict.fromkeys([*active, *lately]))
        return [one for one in found if one.tenant == tenant]

    async def apply_to(self, campaign: Campaign, contact: Identity) -> None:
        """As `apply`, for one campaign that had finished and goes on: opt-outs in between did not reach it."""
        pins = await self.pins.of(campaign.id)
        (known,) = await self.consent.consents([contact.contact])
        refused, others = ([campaign.id], []) if self._refuses(known.records, campaign, pins) else ([], [campaign.id])
        await self.consent.stop(contact.ids, known.revision, refused, others)

    def _refuses(self, records: Records, campaign: Campaign, pins: Pins) -> bool:
        """The same predicate that `rules.consent` judges by: people stand below rules, and `stopped` is written here."""
        category = self.templates.category(campaign.sender, campaign.template_name, campaign.template_language, pins)
        return has_refused(records, category)

    @asynccontextmanager
    async def telling(self, tenant: TenantId, contacts: Iterable[ContactId]) -> AsyncIterator[None]:
        """Agreements of these contacts that are recorded inside are told to the campaigns afterwards: by this process, or
        by the janitor (`tell_again`) if it dies in between. contacts: all names of each.
        """
        note = await self.consent.announce(tenant, contacts)
        yield
        await self._tell(note)

    async def tell_again(self, age: timedelta) -> None:
        """Tell agreements that were announced so long ago, and whose process has not told them. Safe to repeat."""
        for note in await self.consent.untold(age):
            await self._tell(note)

    async def _tell(self, note: Untold) -> None:
        await self._tell_campaigns(note.tenant, note.contacts)
        await self.consent.forget(note)

    async def _tell_campaigns(self, tenant: TenantId, contacts: Sequence[ContactId]) -> None:
        """Whoever they have suppressed for want of consent alone is judged again by the planner, and a campaign that has
        finished meanwhile is opened for them (`upkeep.sweeping`). Safe to repeat.
        """
        asking = [campaign.id for campaign in await self._unfinished(tenant) if campaign.rules.require_opt_in]
        await self.ledger.note_agreement(asking, contacts)

    async def come_back(self, tenant: TenantId, contact: Identity, opt_in: OptIn) -> Unrecorded | None:
        """Record an opt-in of a contact that may have opted out, and apply it in unfinished campaigns too."""
        (unrecorded,) = await self.agree(tenant, [opt_in])
        await self.apply(tenant, contact)
        return unrecorded

    async def agree(self, tenant: TenantId, opt_ins: Sequence[OptIn]) -> list[Unrecorded | None]:
        """Record opt-ins. In order: None for one that counts, else why it does not. Safe to repeat.

        An opt-in that undoes a refusal counts in planning from now on. `come_back` also frees jobs that were stopped.
        """
        return (await self.take(tenant, [opt_in.contact for opt_in in opt_ins], opt_ins)).unrecorded

    async def take(self, tenant: TenantId, contacts: Sequence[ContactId], opt_ins: Sequence[OptIn]) -> Taken:
        """Record opt-ins of these contacts, and return their records."""
        now = self.now()  # before the read, so that a refusal that comes in between is later, and wins
        consents = await self.consent.consents(contacts) if contacts else []
        known = {name: dict(present.records) for name, present in zip(contacts, consents, strict=True)}
        now_called = {name: present.contact for name, present in zip(contacts, consents, strict=True)}
        news: dict[tuple[ContactId, str], ConsentRecord] = {}
        unrecorded: list[Unrecorded | None] = []
        for opt_in in opt_ins:
            present = known[opt_in.contact]
            unrecorded.append(why_unrecorded(opt_in, present, now))
            record = _record(opt_in, now)
            if unrecorded[-1] is None and _is_news(opt_in, present.get(record.field)):
                present[record.field] = news[opt_in.contact, record.field] = record
        if news:
            names = await self.contacts.names_of(list(dict.fromkeys(now_called[name] for name, _ in news)))
            recorded = {present.contact for present in consents if present.records}
            now_known = [(now_called[name], record) for (name, _), record in news.items()]
            async with self.telling(tenant, dict.fromkeys([*names, *(name for name, _ in news)])):
                await self.consent.record_first([one for one in now_known if one[0] not in recorded])
                await self.consent.record(one for one in now_known if one[0] in recorded)
        return Taken(unrecorded, [known[contact] for contact in contacts])


def _record(opt_in: OptIn, now: datetime) -> ConsentRecord:
    return ConsentRecord(ConsentKind.OPT_IN, opt_in.scope, opt_in.source, opt_in.at or now, opt_in.evidence)


def _is_news(opt_in: OptIn, present: ConsentRecord | None) -> bool:
    """Whether an opt-in changes the record. A duplicate of the contact's own word may carry an earlier time."""
    if present is None or opt_in.at is None:
        return present is None
    return opt_in.at > present.at or is_same_word(_record(opt_in, opt_in.at), present)


def why_unrecorded(opt_in: OptIn, records: Records, now: datetime) -> Unrecorded | None:
    if opt_in.scope not in SCOPES:
        return Unrecorded.UNKNOWN_SCOPE
    if opt_in.at is not None:
        return Unrecorded.IN_FUTURE if opt_in.at > now + MAX_CLOCK_SKEW else None
    refusals = [record for record in records.values() if record.kind is ConsentKind.OPT_OUT]
    touched = [
        record for record in refusals if EVERYTHING in {record.scope, opt_in.scope} or record.scope == opt_in.scope
    ]
    return Unrecorded.REFUSED_SINCE if touched else None


# ── with a base of contacts ─────────────────────────────────────────────────────────────────────────────────────────


def packed(opt_ins: Sequence[OptIn]) -> str:
    """JSON, to be staged with the rows of a base. No opt-ins give an empty text."""
    rows = [[one.contact, one.source, one.scope, to_ms(one.at) if one.at else None, one.evidence] for one in opt_ins]
    return json.dumps(rows, separators=(",", ":")) if rows else ""


def unpacked(text: str) -> list[OptIn]:
    """The inverse of `packed`."""
    return [
        OptIn(ContactId(contact), source, scope, from_ms(at_ms) if at_ms is not None else None, evidence)
        for contact, source, scope, at_ms, evidence in (json.loads(text) if text else [])
    ]
