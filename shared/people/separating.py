"""Separating: a person says that some names of a contact are somebody else, and they stay so.

Owns what each of the two then has. Refusals stay with both, since nobody can tell any more whose they were, and a refusal
too many writes to nobody. An opt-in leaves with the name under which it was recorded before the merge; one recorded since
stays with the contact. Messages of the open windows go with the address that they came from.

Decision: the contact that stays is the one whose id the merge had chosen, so that references to it stay valid.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared.ground.clock import Now
from shared.ground.errors import InputError
from shared.ground.ids import ContactId, SenderId, TenantId
from shared.people.consent.model import ConsentKind, ConsentRecord, Records
from shared.people.consent.store import ConsentStore
from shared.people.consenting import Consenting
from shared.people.contacts.store import Apart, ContactStore, Identity
from shared.people.merging import Merging
from shared.people.sessions.store import SessionStore

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Separated:
    """stays: the contact under its old id. parted: the other one. by: who said so."""

    stays: Identity
    parted: Identity
    by: str


@dataclass(frozen=True, slots=True)
class Separating:
    contacts: ContactStore
    consent: ConsentStore
    sessions: SessionStore
    consenting: Consenting
    merging: Merging
    senders: Mapping[SenderId, TenantId]
    now: Now

    async def separate(self, tenant: TenantId, contact: Identity, names: Collection[ContactId], by: str) -> Separated:
        """Make two contacts of one: `names`, and the rest. No provider's word makes them one again.

        contact: resolved. names: some of its ids, and not all. by: who says so.
        *Effects*: contacts, consents, sessions and `stopped` of both. What is looked at for a repeat is taken away last, so
        that it may be asked again after a crash.
        *Raises*: InputError for a name that is not the contact's, or for all of them; BackendUnavailable.
        """
        if names and contact.apart.keys() >= set(names):  # said before; a crash may have left it half done
            other = await self.contacts.resolve(next(iter(names)))
            if set(contact.ids).isdisjoint(other.ids):
                return Separated(contact, other, by)
            contact, names = other, contact.ids
        theirs, ours = _divide(contact, names)
        root, apart = min(theirs), Apart(self.now(), by)
        (whole,) = await self.consent.own([contact.contact])
        await self.contacts.part(root, ours, apart)
        await self._part_consents(contact.contact, root, theirs)
        await self._part_sessions(tenant, contact.contact, root, theirs)
        await self.contacts.remember(root, {one: at for one, at in contact.addresses.items() if one in theirs})
        for one in (*theirs, *ours):
            target = root if one in theirs else contact.contact
            await self.contacts.redirect(one, None if one == target else target, whole.revision)
        await self.contacts.part(contact.contact, theirs, apart)
        stays, parted = await self.contacts.resolve(contact.contact), await self.contacts.resolve(root)
        for whom in (stays, parted):
            await self.consenting.apply(tenant, whom)
        log.info("contact_separated", contact=stays.contact, parted=parted.contact, by=by)
        return Separated(stays, parted, by)

    async def _part_consents(self, contact: ContactId, root: ContactId, theirs: Sequence[ContactId]) -> None:
        (whole,) = await self.consent.own([contact])
        before = [consents.records for consents in await self.consent.own(theirs)]
        refusals = [record for record in whole.records.values() if record.kind is ConsentKind.OPT_OUT]
        own = [record for records in before for record in records.values()]
        await self.consent.record((root, record) for record in (*own, *refusals))
        await self.consent.withdraw(contact, [record for records in before for record in _opt_ins(records)])

    async def _part_sessions(
        self, tenant: TenantId, contact: ContactId, root: ContactId, theirs: Sequence[ContactId]
    ) -> None:
        for sender in (sender for sender, owner in self.senders.items() if owner == tenant):
            session = await self.sessions.get(contact, sender)
            events = [
                message.event for message in session.messages if self.merging.id_of(tenant, message.address) in theirs
            ]
            await self.sessions.part(contact, root, sender, events)


def _divide(contact: Identity, names: Collection[ContactId]) -> tuple[Sequence[ContactId], Sequence[ContactId]]:
    """(those that part, those that stay): the part with the contact's own id stays, whichever was named.

    *Raises*: InputError.
    """
    if not names or not set(names) <= set(contact.ids):
        raise InputError(
            "not-an-alias", "Each name has to be one of the contact's other_ids, or the address behind it."
        )
    named = [one for one in contact.ids if one in names]
    rest = [one for one in contact.ids if one not in names]
    if not rest:
        raise InputError("nothing-stays", "All names of the contact are named: name those that are somebody else's.")
    return (rest, named) if contact.contact in named else (named, rest)


def _opt_ins(records: Records) -> list[ConsentRecord]:
    return [record for record in records.values() if record.kind is ConsentKind.OPT_IN]
