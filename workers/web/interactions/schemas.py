"""Requests and answers about interactions. Owns names and bounds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.conversations.interactions.model import InteractionState
from shared.conversations.outbox.model import MessageState, Purpose
from shared.providers.events import ContentKind
from shared.providers.messages import MediaKind
from workers.web.api import Order, View
from workers.web.paging import Limit, Query
from workers.web.sessions.schemas import MediumView, SaidParts
from workers.web.values import Line

NAME = 200


class InteractionsQuery(Query):
    """Each narrows the list."""

    state: InteractionState | None = Field(None, description="Only those in this state.")
    campaign: str | None = Field(None, max_length=NAME, description="Only answers to this campaign.")
    agent: str | None = Field(None, max_length=NAME, description="Only those in this agent's hands.")
    sender: str | None = Field(None, max_length=NAME, description="Only those with this sender.")
    after: str | None = Field(None, max_length=64, description="`next` of the answer before.")
    limit: Limit


class Assignment(Order):
    agent: Line = Field(description="Who takes it.")


class Closing(Order):
    agent: Line | None = Field(None, description="Who closes it. Absent: the API key's name.")


class InteractionView(View):
    id: str
    state: InteractionState
    agent: str | None = Field(description="In whose hands it is.")
    sender: str
    contact_id: str
    campaign: str | None = Field(description="What it answers; null for a message that answers nothing of ours.")
    external_id: str | None = Field(description="The campaign's, as the dialer called it.")
    external_contact_id: str | None = Field(description="The contact's, as its base called it.")
    opened_at: datetime
    updated_at: datetime = Field(description="When the contact last said something.")
    closed_at: datetime | None
    merged_into: str | None = Field(description="The interaction that goes on in its place: both are with one person.")
    links: Mapping[str, str]


class OfferedMedium(View):
    kind: MediaKind
    url: str
    filename: str | None


class ReceivedFile(MediumView):
    href: str = Field(description="Where to get the file itself: here, with your key.")


class Choices(View):
    button: str | None = Field(description="What opens the list; null for quick replies.")
    titles: list[str]


class EntryView(SaidParts):
    """One message of the thread. The text of our own is there as long as its record is kept."""

    at: datetime
    direction: Literal["in", "out"] = Field(
        description="From the contact, or in our name: by us, by a colleague's phone, by Meta's agent, by another app."
    )
    kind: ContentKind | None = Field(None, description="What kind of message it is; null for our own.")
    media: list[ReceivedFile] | None = None
    message: str = Field(description="The message's id.")
    edited_at: datetime | None = Field(
        None, description="When the message was last edited: a later entry `changes` it."
    )
    revoked_at: datetime | None = Field(None, description="When the message was taken back.")
    by: str | None = Field(
        None,
        description="Who said it: an agent or a key; phone, ai_agent or other_app for what others said in our name; "
        "contact or provider for what is no message (taken back, a payment).",
    )
    purpose: Purpose | None = None
    file: OfferedMedium | None = None
    choices: Choices | None = None
    template: str | None = Field(None, description="out: the template's name, where it was one.")
    state: MessageState | None = Field(None, description="out: what became of it.")
    reason: str | None = None
    code: str | None = None


class InteractionThread(InteractionView):
    thread: list[EntryView] = Field(description="All that was said, by time.")
