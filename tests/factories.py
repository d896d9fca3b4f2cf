"""Made-up campaigns, rows, contacts and templates. Every number is +1 415 555 xxxx, which is nobody's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Unpack

from shared.campaigns.model import Campaign, Rules
from shared.ground.ids import CampaignId, ContactId, SenderId, TenantId, UploadId, contact_id
from shared.ground.keys import PAGE_ROWS
from shared.ground.phone import canonicalize
from shared.ledger.pages import JobRow
from shared.people.consent.model import EVERYTHING, ConsentKind, ConsentRecord
from shared.providers.client import ProviderClient
from shared.providers.messages import FreeMessage, Receipt
from shared.templates.model import Category, Template, TemplateStatus
from tests.fields import CampaignFields, RowFields, RulesFields, TemplateFields
from tests.stores import START

SECRET = b"made-up-secret-of-the-installation"
TENANT, SENDER = TenantId("acme"), SenderId("clinic")
CAMPAIGN = CampaignId("caaaaaaaaaaaaaaaa")
UPLOAD = UploadId("uaaaaaaaaaaaaaaaa")


def address(number: int) -> str:
    """The number of the n-th person, of at most ten thousand."""
    return f"+1415555{number:04d}"


def contact(number: int, tenant: TenantId = TENANT) -> ContactId:
    """The n-th person's opaque id."""
    return contact_id(SECRET, tenant, canonicalize(address(number)))


def contacts(count: int, first: int = 0) -> list[ContactId]:
    return [contact(number) for number in range(first, first + count)]


def row(number: int, **fields: Unpack[RowFields]) -> JobRow:
    return replace(JobRow(address(number), {"1": "dentist", "2": f"Tuesday {number}"}), **fields)


def rows(count: int, first: int = 0) -> list[JobRow]:
    return [row(number) for number in range(first, first + count)]


def paged(base: Sequence[JobRow]) -> list[Sequence[JobRow]]:
    """A base of contacts as the pages that an upload stages."""
    return [base[start : start + PAGE_ROWS] for start in range(0, len(base), PAGE_ROWS)]


def template(**fields: Unpack[TemplateFields]) -> Template:
    made = Template(
        sender=SENDER,
        name="appointment_reminder",
        language="en",
        category=Category.UTILITY,
        status=TemplateStatus.APPROVED,
        provider_id="HX0123456789abcdef0123456789abcdef",
        body="Your {{1}} appointment is coming up on {{2}}.",
    )
    return replace(made, **fields)


def campaign(rules: RulesFields | None = None, **fields: Unpack[CampaignFields]) -> Campaign:
    """Needs no opt-in unless its rules say so."""
    made = Campaign(
        id=CAMPAIGN,
        tenant=TENANT,
        sender=SENDER,
        name="Reminders of May",
        template_name="appointment_reminder",
        template_language="en",
        created_at=START,
        rules=replace(Rules(require_opt_in=False), **(rules or {})),
    )
    return replace(made, **fields)


def opt_in(at: datetime = START, scope: str = EVERYTHING) -> ConsentRecord:
    return ConsentRecord(ConsentKind.OPT_IN, scope, "web_form", at)


def opt_out(at: datetime = START, scope: str = EVERYTHING) -> ConsentRecord:
    return ConsentRecord(ConsentKind.OPT_OUT, scope, "keyword", at)


async def say(client: ProviderClient, message: FreeMessage, reference: str) -> Receipt:
    """Free form, with what the provider must be told before."""
    return await client.send_free(message, reference, await client.prepare(message))
