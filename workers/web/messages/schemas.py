"""Requests and answers about messages to one person. Owns names and bounds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.conversations.outbox.model import MessageState, Purpose
from workers.web.api import Order, View
from workers.web.campaigns.schemas import TemplateName
from workers.web.jobs.schemas import Times
from workers.web.templates.schemas import Parameters
from workers.web.values import Line


class NewMessage(Order):
    sender: Line
    contact: Annotated[Line, Field(description="A number, or a contact_id of our answers.")]
    template: TemplateName
    params: Parameters = Field(default_factory=list)
    agent: Line | None = Field(None, description="Who sends it. Absent: the API key's name.")


class MessageView(View):
    """state, reason: `refused` is our own word (window-closed, opted-out …), `failed` the provider's. Of a `queued` one,
    code and reason say why it was not accepted yet.
    """

    id: str
    state: MessageState
    reason: str | None
    code: str | None = Field(description="The provider's code, where it refused.")
    next_attempt_at: datetime | None = Field(
        None,
        description="When a queued message that was not accepted is tried again: in seconds, or after a daily limit.",
    )
    provider_message_id: str | None
    times: Times
    created_at: datetime
    sender: str
    contact_id: str
    purpose: Purpose
    by: str = Field(description="The agent, or the API key's name; oriel for what it says by itself.")
    interaction: str | None
    links: Mapping[str, str]
