"""The webhooks with contacts' messages: replies to templates, and messages that an operator commands. Owns no wire."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workers.simulator.contacts import ARRIVED, ContactBook, StatusStep
from workers.simulator.conversations import Keyword
from workers.simulator.dialect import Dialect, NewId
from workers.simulator.http_values import WebhookRequest
from workers.simulator.inbound_content import InboundCommand, InboundContent, ScriptedReply
from workers.simulator.inbound_message import InboundMessage, SenderEndpoint
from workers.simulator.journal import InboundRecord
from workers.simulator.memory import Memory
from workers.simulator.messages import Message
from workers.simulator.script import Script
from workers.simulator.sender_endpoints import find_endpoint
from workers.simulator.status_webhooks import plan_copies
from workers.simulator.traffic import WebhookTally
from workers.simulator.webhook_sequence import WebhookSequence


@dataclass(frozen=True, slots=True)
class InboundStep:
    """One copy of a contact's message. after_s: since the step before.  forged: signed with a wrong secret."""

    message: InboundMessage
    after_s: float = 0.0
    forged: bool = False


@dataclass(slots=True, kw_only=True)
class InboundSequence(WebhookSequence[InboundStep]):
    """Messages of one contact, in a row. *Effects* (apply): opens the window, records an opt-out or a preference.

    written_at_us: message id → the instant of its first attempt.
    """

    endpoint: SenderEndpoint
    memory: Memory
    written_at_us: dict[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.step.message.content.kind

    def apply(self, at_us: int) -> None:
        """A message counts as written once, however many copies of it are sent."""
        message = self.step.message
        if message.id not in self.written_at_us:
            self.written_at_us[message.id] = at_us
            addresses = [message.contact] if message.bsuid is None else [message.contact, message.bsuid]
            self._record_conversation(message, addresses, at_us)

    def _record_conversation(self, message: InboundMessage, addresses: list[str], at_us: int) -> None:
        conversations, preference = self.memory.conversations, message.content.preference
        if preference is None:
            conversations.record_message(self.endpoint.sender, addresses, message.keyword, at_us)
        else:
            wants_marketing = preference == "resume"
            conversations.record_preference(self.endpoint.sender, addresses, wants_marketing=wants_marketing)

    def build_request(self, at_us: int, /) -> WebhookRequest:
        message = replace(self.step.message, at_us=self.written_at_us.get(self.step.message.id, at_us))
        messages = self.memory.messages
        last = messages.find_last(self.endpoint.sender, message.contact)
        endpoint = replace(self.endpoint, last=last, quoted=messages.find(message.reply_to or ""))
        return self.dialect.build_inbound_webhook(message, endpoint, forged=self.step.forged)

    def build_record(self, at: float, http_status: int | None) -> InboundRecord:
        message = self.step.message
        return InboundRecord(
            at=at,
            provider=self.dialect.name,
            message_id=message.id,
            sender=message.contact,
            to=self.endpoint.sender,
            content=message.content.kind,
            text=message.content.words,
            payload=message.content.payload,
            reply_to=message.reply_to,
            http_status=http_status,
            attempt=self.attempt,
            forged=self.step.forged,
        )


@dataclass(frozen=True, slots=True)
class ReplyOccasion:
    """A message that its recipient may reply to. statuses: to come.  ordinal: the request's number, the key of draws."""

    dialect: Dialect
    message: Message
    statuses: Sequence[StatusStep]
    tally: WebhookTally
    ordinal: int


class InboundPlanner:
    """Plans the contacts' messages, as the script has them."""

    def __init__(self, script: Script, contacts: ContactBook, memory: Memory, new_id: NewId) -> None:
        self._script = script
        self._contacts = contacts
        self._memory = memory
        self._new_id = new_id

    def plan_replies(self, occasion: ReplyOccasion) -> InboundSequence | None:
        """The recipient's replies to a template; None if it stays silent, or if no URL for them is known."""
        submission = occasion.message.submission
        replies = self._contacts.plan_replies(submission.to)
        if not replies or occasion.statuses[-1].status not in ARRIVED:
            return None
        endpoint = find_endpoint(self._script, occasion.dialect, submission)
        if endpoint is None:
            return None
        messages = [self._write_reply(occasion, reply.content) for reply in replies]
        pauses = [reply.after_s for reply in replies]
        pauses[0] += sum(step.after_s for step in occasion.statuses)
        return self._plan(occasion.dialect, endpoint, messages, pauses, occasion.tally, "answer", occasion.ordinal)

    def plan_command(
        self, dialect: Dialect, endpoint: SenderEndpoint, command: InboundCommand, tally: WebhookTally, ordinal: int
    ) -> InboundSequence:
        """The message that an operator commands. ordinal: of the command, the key of the draws."""
        habits = self._contacts.find_habits(command.contact)
        message = InboundMessage(
            id=dialect.make_message_id(self._new_id()),
            contact=command.contact,
            content=command,
            reply_to=command.reply_to,
            profile_name=habits.profile_name if command.profile_name is None else command.profile_name,
            bsuid=command.bsuid or habits.bsuid,
            keyword=self._match_keyword(dialect, command),
            raw=command.raw,
        )
        return self._plan(dialect, endpoint, [message], [0.0], tally, "written", ordinal)

    def _write_reply(self, occasion: ReplyOccasion, reply: ScriptedReply) -> InboundMessage:
        contact = occasion.message.submission.to
        habits = self._contacts.find_habits(contact)
        quotes = reply.quotes or reply.payload is not None
        return InboundMessage(
            id=occasion.dialect.make_message_id(self._new_id()),
            contact=contact,
            content=reply,
            reply_to=occasion.message.id if quotes else None,
            profile_name=habits.profile_name,
            bsuid=habits.bsuid,
            keyword=self._match_keyword(occasion.dialect, reply),
        )

    def _plan(
        self,
        dialect: Dialect,
        endpoint: SenderEndpoint,
        messages: Sequence[InboundMessage],
        pauses: Sequence[float],
        tally: WebhookTally,
        *about: str | int,
    ) -> InboundSequence:
        files = (message.content.media for message in messages)
        self._memory.media.update({file.id: file for file in files if file is not None})
        copies = plan_copies(pauses, self._script, *about)
        return InboundSequence(
            dialect=dialect,
            target=endpoint.target,
            steps=[InboundStep(messages[copy.place], copy.after_s, copy.forged) for copy in copies],
            tally=tally,
            endpoint=endpoint,
            memory=self._memory,
        )

    def _match_keyword(self, dialect: Dialect, content: InboundContent) -> Keyword | None:
        return dialect.match_keyword(content.words or "") if self._script.advanced_opt_out else None
