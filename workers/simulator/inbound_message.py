"""A contact's message to one of the client's senders, before a dialect writes it. Owns no wire and no delivery."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.simulator.conversations import Keyword
from workers.simulator.inbound_content import InboundContent
from workers.simulator.messages import Message, WebhookTarget
from workers.simulator.script import Script


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message of a contact.

    contact: the address that it writes from.  bsuid: its business-scoped user id, if it has one.
    reply_to: the id of the message that it quotes.  keyword: the opt-out keyword that the provider reads in it.
    raw: fields of the wire that replace the dialect's own; None removes the field.
    at_us: the instant of writing; 0 until the first delivery attempt.
    """

    id: str
    contact: str
    content: InboundContent = field(repr=False)
    reply_to: str | None = None
    profile_name: str | None = field(default=None, repr=False)
    bsuid: str | None = None
    keyword: Keyword | None = None
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)
    at_us: int = 0


@dataclass(frozen=True, slots=True)
class SenderEndpoint:
    """One of the client's senders, as contacts reach it.

    sender: its address without the provider's prefix.  wire: of its last message, empty if it has sent none.
    last: its last message to the contact who writes.  quoted: the message that the contact quotes, if this sender sent it.
    """

    account: str
    sender: str
    target: WebhookTarget
    secret: str = field(repr=False)
    wire: Mapping[str, str] = field(repr=False)
    script: Script = field(repr=False)
    last: Message | None = field(default=None, repr=False)
    quoted: Message | None = field(default=None, repr=False)
