"""From what is known of a contact to what is told of it. Pure."""

from collections.abc import Mapping, Sequence

from shared.conversations.windows import Window
from shared.ground.ids import SenderId
from shared.people.consent.model import ConsentRecord
from shared.people.contacts.store import Identity
from shared.people.separating import Separated
from shared.reports.gathering import Dossier, Placed, Told
from workers.web.campaigns.schemas import TemplateNameView
from workers.web.interactions.views import interaction_view
from workers.web.jobs.views import job_view
from workers.web.sessions.views import window_view
from workers.web.timelines.schemas import (
    AliasView,
    ApartView,
    ConsentView,
    ContactJobView,
    ContactRowView,
    ContactView,
    ContactWindowView,
    PersonView,
    SeparationView,
)


def contact_view(dossier: Dossier, explanation: Sequence[str], windows: Mapping[SenderId, Window]) -> ContactView:
    contact = dossier.contact
    return ContactView(
        contact_id=contact.contact,
        other_ids=list(contact.ids[1:]),
        aliases=[
            AliasView(contact_id=one, source=claim.source.value, sender=claim.sender, at=claim.at)
            for one, claim in contact.claims.items()
        ],
        separated=[ApartView(contact_id=one, at=apart.at, by=apart.by) for one, apart in contact.apart.items()],
        name=contact.name or None,
        explanation=list(explanation),
        consents=[_consent(record) for record in sorted(dossier.records.values(), key=lambda record: record.at)],
        history=[_consent(record) for record in dossier.history],
        sessions=[ContactWindowView(sender=sender, **dict(window_view(window))) for sender, window in windows.items()],
        jobs=[_job(placed) for placed in dossier.jobs],
        interactions=[interaction_view(one) for one in dossier.interactions],
        rows=[_row(told) for told in dossier.rows],
    )


def _row(told: Told) -> ContactRowView:
    return ContactRowView(
        campaign=told.campaign.id,
        campaign_name=told.campaign.name,
        upload=told.upload,
        line=told.verdict.line,
        reason=told.verdict.reason,
        detail=told.verdict.detail,
    )


def separation_view(done: Separated) -> SeparationView:
    return SeparationView(**dict(_person(done.stays)), separated=_person(done.parted))


def _person(contact: Identity) -> PersonView:
    return PersonView(contact_id=contact.contact, other_ids=list(contact.ids[1:]))


def _consent(record: ConsentRecord) -> ConsentView:
    return ConsentView(
        kind=record.kind, scope=record.scope, source=record.source, at=record.at, evidence=record.evidence or None
    )


def _job(placed: Placed) -> ContactJobView:
    campaign = placed.campaign
    return ContactJobView(
        **dict(job_view(placed.reported)),
        campaign=campaign.id,
        campaign_name=campaign.name,
        campaign_state=placed.standing.state,
        sender=campaign.sender,
        template=TemplateNameView(name=campaign.template_name, language=campaign.template_language),
    )
