"""How a message outside of campaigns reaches its provider. Owns no order: `dispatching` does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.conversations.outbox.model import OutgoingMessage
from shared.ground.errors import InputError, SendError
from shared.ground.ids import MessageReference, SenderId
from shared.providers.answers import answer_to, refused
from shared.providers.client import ProviderClient
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.senders.limits.pacer import Pacer
from shared.senders.limits.store import Lane
from shared.senders.throttling import Throttling
from shared.templates.current import WantedTemplate, current_message
from shared.templates.registry import TemplateRegistry

Body = FreeMessage | TemplateMessage


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """pacer_of: the sender's lane for people, who wait behind no campaign."""

    clients: Mapping[SenderId, ProviderClient]
    templates: TemplateRegistry
    throttling: Throttling
    pacer_of: Callable[[SenderId], Pacer]
    secret: bytes

    async def prepare(self, message: OutgoingMessage) -> str | None:
        """Tell the provider what it has to know before: nothing of it counts as sent, so the gate need not have passed it.

        *Raises*: a leaf of SendError, never OutcomeUnknown.
        """
        if not isinstance(message.body, FreeMessage):
            return None
        try:
            return await self.clients[message.sender].prepare(message.body)
        except InputError as error:
            raise refused(error) from error

    def category(self, message: OutgoingMessage) -> str | None:
        """Of the message's template; None where it is not certain."""
        use = message.body
        if isinstance(use, FreeMessage):
            return None
        return self.templates.category(message.sender, use.name, use.language, use.pins)

    async def body_now(self, message: OutgoingMessage) -> Body:
        """*Raises*: TemplateUnusable, by what is known of the template now."""
        use = message.body
        if isinstance(use, FreeMessage):
            return use
        wanted = WantedTemplate(message.sender, use.name, use.language, use.parameters, pins=use.pins)
        return await current_message(self.templates, wanted, message.to)

    async def request(
        self, message: OutgoingMessage, body: Body, prepared: str | None, within_s: float, send_by: float
    ) -> Receipt | SendError | None:
        """prepared: of `prepare`. within_s: how long free form may take to connect; then nothing is sent. send_by: of
        HttpRequest; None when it has passed.
        """
        client, reference = self.clients[message.sender], MessageReference(message.id).sign(self.secret)
        if isinstance(body, FreeMessage):
            return await answer_to(message.sender, client.send_free(body, reference, prepared, within_s, send_by))
        return await answer_to(message.sender, client.send_template(body, reference, send_by))

    async def heed(self, sender: SenderId, error: SendError) -> SendError:
        """Slow down, if the error asks for it. Returns the error to go on with. *Raises*: BackendUnavailable."""
        return await self.throttling.heed(sender, error, Lane.PEOPLE)

    def believe(self, error: SendError) -> SendError:
        """The error with as much of its Retry-After as is believed."""
        return self.throttling.believe(error, Lane.PEOPLE)

    async def note_accepted(self, sender: SenderId) -> None:
        """*Raises*: BackendUnavailable."""
        await self.throttling.note_accepted(sender, Lane.PEOPLE)
