"""From a message's record to its answer. Pure. Only the interaction's thread shows the text."""

from shared.conversations.outbox.model import MessageRecord, Purpose
from workers.web.jobs.schemas import Times
from workers.web.messages.schemas import MessageView


def message_view(record: MessageRecord) -> MessageView:
    message = record.message
    return MessageView(
        id=message.id,
        state=record.state,
        reason=record.reason or None,
        code=record.code or None,
        next_attempt_at=record.due,
        provider_message_id=record.provider_message_id or None,
        times=Times.model_validate(record.times),
        created_at=message.created_at,
        sender=message.sender,
        contact_id=message.contact,
        purpose=message.purpose,
        by=message.by,
        interaction=message.interaction,
        links=_links(record),
    )


def _links(record: MessageRecord) -> dict[str, str]:
    message = record.message
    kind = "messages" if message.purpose is Purpose.TEMPLATE else "replies"
    thread = {} if message.interaction is None else {"interaction": f"/v1/interactions/{message.interaction}"}
    return {"self": f"/v1/{kind}/{message.id}", **thread}
