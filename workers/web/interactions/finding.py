"""From a name in a request to interactions. Owns that another tenant's are not there."""

import asyncio
import re
from collections.abc import Sequence

from shared.conversations import saying
from shared.conversations.interactions.model import Interaction
from shared.ground.errors import NotFound
from shared.ground.ids import InteractionId, SenderId
from shared.people.contacts.store import Known
from shared.providers.events import IncomingMedia
from workers.web.api import Call

_INTERACTION = re.compile(r"i[a-z2-7]{32}")
_PLACE = re.compile(r"[0-9]{1,3}")


def is_interaction(name: str) -> bool:
    """Whether it has the form of an id of ours."""
    return _INTERACTION.fullmatch(name) is not None


async def interaction_of(call: Call, name: str) -> Interaction:
    """*Raises*: NotFound, also for another tenant's."""
    if is_interaction(name):
        found = await call.installation.stores.interactions.get(InteractionId(name))
        if found.about.tenant == call.tenant:
            return found
    raise NotFound("interaction-not-found", "There is no such interaction; it may have been kept long enough.")


def medium_of(interaction: Interaction, message: str, place: str) -> IncomingMedia:
    """A file of one message of the contact's; place: from 0. *Raises*: NotFound."""
    said = [saying.from_json(one.body) for one in interaction.thread if one.event is not None and one.event == message]
    if not said:
        raise NotFound("message-not-found", "The contact said nothing of that id in this interaction.")
    media = dict(enumerate(said[0].media))
    if not _PLACE.fullmatch(place) or int(place) not in media:
        raise NotFound("media-not-found", f"The message has {len(media)} files; the first is 0.")
    return media[int(place)]


async def with_sender(call: Call, contact: Known, sender: SenderId) -> Sequence[Interaction]:
    """The newest of each of the contact's conversations with this sender, the last one first."""
    interactions = call.installation.stores.interactions
    ids = await interactions.of(*contact.ids)
    found = await asyncio.gather(*(interactions.get(one) for one in ids), return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, NotFound):
            raise one
    talks = [one for one in found if isinstance(one, Interaction) and one.about.sender == sender]
    return sorted(talks, key=lambda one: one.updated_at, reverse=True)
