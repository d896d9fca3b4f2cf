"""ProviderRefusals: a provider's error says that the window is closed, or that the contact wants nothing more of us.

Owns what such an error changes about the person. The message's own outcome belongs to the act that sent it.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.ground.errors import Disposition, SendError
from shared.ground.ids import ContactId, SenderId, TenantId
from shared.people.consenting import Consenting, Refusal
from shared.people.contacts.store import Identity
from shared.people.merging import Merging
from shared.people.sessions.store import SessionStore


@dataclass(frozen=True, slots=True)
class ProviderRefusals:
    merging: Merging
    sessions: SessionStore
    consenting: Consenting

    async def apply(
        self, tenant: TenantId, contact: ContactId, address: str, sender: SenderId, error: SendError, left_at: datetime
    ) -> None:
        """Close the window and record the refusal, as far as the error says either.

        address: where the message went, under the name `contact`. left_at: when it left.

        *Effects*: `{k}` of the contact, and `stopped` of its campaigns. Safe to repeat.
        *Raises*: BackendUnavailable.
        """
        suppressed = error.disposition is Disposition.SUPPRESS
        if not error.closes_window and not suppressed:
            return
        known = await self.merging.contacts.resolve(contact)
        if error.closes_window:
            await self.sessions.close(known.contact, sender, left_at)
        if suppressed:
            names = Identity(
                known.contact, {contact: address, **known.addresses}
            )  # also one that it was just merged from
            await self.consenting.refuse(tenant, names, Refusal(f"provider:{error.code}", left_at, error.scope))
            await self.merging.follow(tenant, known)  # it may have been merged into another one meanwhile
