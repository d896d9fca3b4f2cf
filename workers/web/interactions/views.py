"""From an interaction to what is told of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from shared.conversations import content_json
from shared.conversations.interactions.model import Entry, Interaction
from shared.conversations.outbox.model import MessageRecord, TemplateUse
from shared.ground.ids import InteractionId, MessageId
from shared.providers.events import Author, ContentKind
from shared.providers.messages import FreeMessage
from workers.web.interactions.schemas import (
    Choices,
    EntryView,
    InteractionThread,
    InteractionView,
    OfferedMedium,
    ReceivedFile,
)
from workers.web.sessions.views import said_fields

IN_OUR_NAME = frozenset({Author.PHONE, Author.AI_AGENT, Author.OTHER_APP})

Records = Mapping[MessageId, MessageRecord]
"""Of messages of ours that are still remembered."""


def interaction_view(interaction: Interaction) -> InteractionView:
    about = interaction.about
    return InteractionView(
        id=interaction.id,
        state=interaction.state,
        agent=interaction.agent,
        sender=about.sender,
        contact_id=about.contact,
        campaign=about.campaign,
        external_id=about.external_id,
        external_contact_id=about.external_contact_id,
        opened_at=interaction.opened_at,
        updated_at=interaction.updated_at,
        closed_at=interaction.closed_at,
        merged_into=interaction.merged_into,
        links=_links(interaction),
    )


def thread_view(interaction: Interaction, records: Records) -> InteractionThread:
    thread = [_entry(interaction.id, one, records) for one in interaction.thread]
    return InteractionThread(**dict(interaction_view(interaction)), thread=_show_changes(thread))


def _show_changes(thread: Sequence[EntryView]) -> list[EntryView]:
    """Each message that was edited or taken back says so, beside the entry that did it."""
    edited = {one.changes: one.at for one in thread if one.changes and one.kind is not ContentKind.REVOKED}
    revoked = {one.changes: one.at for one in thread if one.changes and one.kind is ContentKind.REVOKED}
    return [
        one.model_copy(update={"edited_at": edited.get(one.message), "revoked_at": revoked.get(one.message)})
        for one in thread
    ]


def _links(interaction: Interaction) -> dict[str, str]:
    about = interaction.about
    return {
        "self": f"/v1/interactions/{interaction.id}",
        "session": f"/v1/sessions/{about.sender}/{about.contact}",
        "contact": f"/v1/contacts/{about.contact}",
        **({} if about.campaign is None else {"campaign": f"/v1/campaigns/{about.campaign}"}),
    }


def _entry(interaction: InteractionId, entry: Entry, records: Records) -> EntryView:
    if entry.message is None:
        direction: Literal["in", "out"] = "out" if entry.by in IN_OUR_NAME else "in"
        said = _said_fields(interaction, entry)
        by = None if entry.is_from_contact else entry.by or None  # else the contact id of a name of the contact
        return EntryView(at=entry.at, direction=direction, message=entry.event or "", by=by, **said)
    record = records.get(entry.message)
    fields = {} if record is None else _sent_fields(record)
    return EntryView(at=entry.at, direction="out", message=entry.message, by=entry.by or None, **fields)


def _said_fields(interaction: InteractionId, entry: Entry) -> dict[str, Any]:
    fields = said_fields(content_json.from_json(entry.body))
    media = [
        ReceivedFile(**dict(one), href=f"/v1/interactions/{interaction}/media/{entry.event}/{place}")
        for place, one in enumerate(fields["media"] or ())
    ]
    return {**fields, "media": media or None}


def _sent_fields(record: MessageRecord) -> dict[str, Any]:
    known = {
        "purpose": record.message.purpose,
        "state": record.state,
        "reason": record.reason or None,
        "code": record.code or None,
    }
    match record.message.body:
        case TemplateUse() as use:
            return {**known, "template": use.name}
        case FreeMessage() as said:
            return {**known, "text": said.text or None, "file": _file(said), "choices": _choices(said)}


def _file(said: FreeMessage) -> OfferedMedium | None:
    medium = said.media
    return None if medium is None else OfferedMedium(kind=medium.kind, url=medium.url, filename=medium.filename)


def _choices(said: FreeMessage) -> Choices | None:
    titles = [choice.title for choice in said.choices]
    return Choices(button=said.list_button, titles=titles) if titles else None
