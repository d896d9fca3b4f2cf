"""From a name in a request to interactions. Owns that another tenant's are not there."""

import asyncio
import re
from collections.abc import Sequence

from shared.contacts.store import Known
from shared.errors import NotFound
from shared.ids import InteractionId, SenderId
from shared.interactions.model import Interaction
from workers.web.api import Call

_INTERACTION = re.compile(r"i[a-z2-7]{32}")


def is_interaction(name: str) -> bool:
    """Whether it has the form of an id of ours."""
    return _INTERACTION.fullmatch(name) is not None


async def interaction_of(call: Call, name: str) -> Interaction:
    """*Raises*: NotFound, also for another tenant's."""
    if is_interaction(name):
        found = await call.installation.interactions.get(InteractionId(name))
        if found.about.tenant == call.tenant:
            return found
    raise NotFound("interaction-not-found", "There is no such interaction; it may have been kept long enough.")


async def with_sender(call: Call, contact: Known, sender: SenderId) -> Sequence[Interaction]:
    """The newest of each of the contact's conversations with this sender, the last one first."""
    interactions = call.installation.interactions
    ids = await interactions.of(*contact.ids)
    found = await asyncio.gather(*(interactions.get(one) for one in ids), return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, NotFound):
            raise one
    talks = [one for one in found if isinstance(one, Interaction) and one.about.sender == sender]
    return sorted(talks, key=lambda one: one.updated_at, reverse=True)
