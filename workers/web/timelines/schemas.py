"""Answers about one contact. Owns names."""

from datetime import datetime

from pydantic import Field

from shared.ledger.states import CampaignState
from shared.people.consent.model import ConsentKind
from workers.web.api import Order, View
from workers.web.campaigns.schemas import TemplateNameView
from workers.web.interactions.schemas import InteractionView
from workers.web.jobs.schemas import JobView
from workers.web.sessions.schemas import WindowView
from workers.web.values import Line, Region


class Lookup(Order):
    contact: Line = Field(description="A number, in any form and national variant, or a contact_id of our answers.")
    region: Region | None = Field(
        None, description="Country of a number without +. Absent: the sender's, the tenant's."
    )
    sender: Line | None = Field(None, description="Whose region it is.")


class FoundView(View):
    contact_id: str = Field(description="To be used wherever a number may, so that none stands in a URL.")


class ConsentView(View):
    kind: ConsentKind
    scope: str
    source: str = Field(description="Who or what recorded it: web_form, agent, keyword, button, provider:63032 …")
    at: datetime
    evidence: str | None


class ContactWindowView(WindowView):
    sender: str


class ContactJobView(JobView):
    campaign: str
    campaign_name: str
    campaign_state: CampaignState
    sender: str
    template: TemplateNameView


class SeparationOrder(Order):
    names: list[Line] = Field(
        min_length=1, max_length=50, description="Those that are somebody else: of other_ids, or a number or user id."
    )


class PersonView(View):
    contact_id: str
    other_ids: list[str]


class SeparationView(PersonView):
    """The contact that stays under its id, and the one that was made of the names."""

    separated: PersonView


class AliasView(View):
    contact_id: str
    source: str = Field(description="Who said so: message, answer, status, context, preference, renaming, caller.")
    sender: str | None = Field(description="Whose provider said so.")
    at: datetime


class ApartView(View):
    contact_id: str
    at: datetime
    by: str = Field(description="The API key's name.")


class ContactRowView(View):
    campaign: str
    campaign_name: str
    upload: str
    line: int = Field(description="Where the row begins in the file, from 1; in a JSON array, which element.")
    reason: str
    detail: str


class ContactView(View):
    contact_id: str
    other_ids: list[str] = Field(description="Names under which the same person was known before.")
    aliases: list[AliasView] = Field(description="Why names are taken for this person's, as far as a provider said so.")
    separated: list[ApartView] = Field(description="Names that are somebody else's, as a person has said.")
    name: str | None = Field(description="As the contact calls itself in WhatsApp.")
    explanation: list[str] = Field(description="In plain English: what came, what did not and why, and what is next.")
    consents: list[ConsentView] = Field(description="What counts now, of each kind and scope.")
    history: list[ConsentView] = Field(description="All that was ever recorded, by time.")
    sessions: list[ContactWindowView] = Field(description="With each of the tenant's senders.")
    jobs: list[ContactJobView] = Field(description="In the newest 200 campaigns, newest first.")
    interactions: list[InteractionView] = Field(description="The newest of each conversation, newest first.")
    rows: list[ContactRowView] = Field(
        description="The newest row of a base, in each of those campaigns, that did not become a new contact: rejected, a "
        "duplicate with other values, or the replacement of an earlier row. Kept for 30 days."
    )
