"""The fields that a builder of test values takes by name, each with its type, so that mypy reads every call of it.

A builder says `**fields: Unpack[RowFields]`; a field that the value does not have is an error there, not in the call.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from shared.campaigns.model import UnconfirmedPolicy
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.senders.limits.store import Lane
from shared.templates.model import Button, Category, HeaderKind, Quality, TemplateStatus


class RowFields(TypedDict, total=False):
    address: str
    parameters: Mapping[str, str]
    priority: int
    send_at: datetime | None
    language: str | None
    timezone: str | None
    external_contact_id: str | None
    own: Mapping[str, str]


class TemplateFields(TypedDict, total=False):
    sender: SenderId
    name: str
    language: str
    category: Category
    status: TemplateStatus
    provider_id: str | None
    body: str
    quality: Quality
    header: HeaderKind | None
    header_text: str
    buttons: tuple[Button, ...]
    seen_at: datetime | None
    reason: str
    unfillable: tuple[str, ...]
    fixed: str


class RulesFields(TypedDict, total=False):
    require_opt_in: bool
    region: str | None
    rate_per_second: float | None
    weight: float
    unconfirmed: UnconfirmedPolicy
    open: bool
    languages: tuple[str, ...]
    opt_out_words: tuple[str, ...] | None
    answers: Mapping[str, tuple[str, ...]]
    deadline_at: datetime | None


class CampaignFields(TypedDict, total=False):
    id: CampaignId
    tenant: TenantId
    sender: SenderId
    name: str
    template_name: str
    template_language: str
    created_at: datetime
    external_id: str | None


class WordFields(TypedDict, total=False):
    message: str
    code: str
    reason: str


class SettlementFields(WordFields, total=False):
    """at: now, unless given."""

    at: datetime
    due: datetime | None
    price_category: str
    may_concern_all: bool
    is_unanswered: bool


class SettledFields(TypedDict, total=False):
    provider_message_id: str
    code: str
    reason: str
    due: datetime | None


class RateLimitsFields(TypedDict, total=False):
    sender: SenderId
    lane: Lane
    pair_seconds: float
    extra: tuple[tuple[str, float], ...]
