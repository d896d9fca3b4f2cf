"""What Meta's webhooks say of templates, numbers and accounts. Owns its words for them; total.

Templates and numbers are told apart by `field`. What means nothing to sending is not recognised. An app may serve several
accounts through one URL, so what names no number is addressed to the account whose entry it came in.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/<field>, one page a
field (message_template_status_update 2026-04-13, phone_number_quality_update and business_capability_update 2026-05-21);
…/throughput (2026-05-21) and …/messaging-limits (2026-05-08) for what their words are worth.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import ProviderEvent, SenderReported, TemplateReported, Unrecognised
from shared.providers.meta.wire import NumberNews, TemplateNews, address, word

# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────

# A template that is archived, deleted or about to be cannot be sent, and does not come back by itself.
STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "APPROVED": "approved",
        "REINSTATED": "approved",
        "PENDING": "pending",
        "IN_APPEAL": "pending",
        "REJECTED": "rejected",
        "LIMIT_EXCEEDED": "rejected",
        "PAUSED": "paused",
        "DISABLED": "disabled",
        "ARCHIVED": "disabled",
        "PENDING_DELETION": "disabled",
        "DELETED": "disabled",
    }
)
# Told, and no other status: flagged is a warning before a pause, locked is about editing. What is unarchived has a status
# that the event does not tell; the next sync does.
KEEPING: Final = frozenset({"FLAGGED", "LOCKED", "UNLOCKED", "UNARCHIVED"})
CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {"MARKETING": "marketing", "UTILITY": "utility", "AUTHENTICATION": "authentication"}
)
QUALITIES: Final[Mapping[str, str]] = MappingProxyType(
    {"GREEN": "green", "YELLOW": "yellow", "RED": "red", "UNKNOWN": "unknown"}
)
NO_REASON: Final = "NONE"
OTHER_TEMPLATE: Final = Unrecognised("template:other")


def _template_status(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    told = TemplateNews.model_validate(value)
    event = told.event.upper()
    if event not in STATUSES and event not in KEEPING:
        return OTHER_TEMPLATE
    status, category = STATUSES.get(event), CATEGORIES.get(told.message_template_category.upper())
    return _template(told, at, account, status=status, category=category, reason=_reason(told, event, status))


def _reason(told: TemplateNews, event: str, status: str | None) -> str:
    """Their word for it: of the rejection, of the pause; else the event, where our status says less than it."""
    said = [one for one in (word(told.reason), word(told.other_info.title)) if one and one != NO_REASON]
    if said:
        return said[0]
    return "" if status is not None and event == status.upper() else event


def _template_quality(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    told = TemplateNews.model_validate(value)
    quality = QUALITIES.get(told.new_quality_score.upper())
    return OTHER_TEMPLATE if quality is None else _template(told, at, account, quality=quality)


def _template_category(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """What it is now; a category that is announced for later comes again when it is later."""
    told = TemplateNews.model_validate(value)
    category = CATEGORIES.get(told.new_category.upper())
    return OTHER_TEMPLATE if category is None else _template(told, at, account, category=category)


def _template(
    told: TemplateNews,
    at: datetime,
    account: str | None,
    status: str | None = None,
    category: str | None = None,
    quality: str | None = None,
    reason: str = "",
) -> ProviderEvent:
    """Quirk(meta): the language was seen as `pt-BR` (pywa's older bodies); templates are listed as `pt_BR`."""
    name, provider_id = told.message_template_name or None, told.message_template_id or None
    if name is None and provider_id is None:
        return Unrecognised("template:no-name")
    language = told.message_template_language.replace("-", "_") or None
    return TemplateReported(at, name, language, provider_id, status, category, quality, reason, account)


# ── numbers and accounts ────────────────────────────────────────────────────────────────────────────────────────────

HIGH_THROUGHPUT: Final = 1_000  # messages a second
STANDARD_THROUGHPUT: Final = 80
OTHER_NUMBER: Final = Unrecognised("number:other")
OTHER_ACCOUNT: Final = Unrecognised("account:other")
_THOUSANDS: Final = "K"
NO_LIMIT: Final = 0


def _number_quality(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """Older events name a limit or a quality in the same field. FLAGGED is a low quality; what follows is not said."""
    told = NumberNews.model_validate(value)
    to, daily = address(told.display_phone_number) or account, told.max_daily_conversations_per_business
    match told.event.upper():
        case "THROUGHPUT_UPGRADE":  # its current_limit is TIER_UNLIMITED, which is about throughput
            return SenderReported(at, to, rate_per_second=HIGH_THROUGHPUT, unique_contacts_a_day=tier(daily))
        case "THROUGHPUT_DOWNGRADE":  # in no document: the reverse, should it ever come
            return SenderReported(at, to, rate_per_second=STANDARD_THROUGHPUT, unique_contacts_a_day=tier(daily))
        case "UPGRADE" | "DOWNGRADE" | "ONBOARDING" if (limit := tier(daily or told.current_limit)) is not None:
            return SenderReported(at, to, unique_contacts_a_day=limit)
        case "FLAGGED" as event:
            return SenderReported(at, to, quality="red", reason=event)
        case "UNFLAGGED" as event:
            return SenderReported(at, to, quality="unknown", reason=event)
        case _:
            return OTHER_NUMBER


def _capability(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """Of the portfolio, so of no single number. The second name is the older one, to be removed in 2026."""
    told = NumberNews.model_validate(value)
    daily = tier(told.max_daily_conversations_per_business or told.max_daily_conversation_per_phone)
    return OTHER_ACCOUNT if daily is None else SenderReported(at, account, unique_contacts_a_day=daily)


def tier(text: str) -> int | None:
    """Unique contacts a day; 0 is without a limit, None when it is not said.

    >>> tier("TIER_2K"), tier("TIER_250"), tier("100000"), tier("-1"), tier("TIER_UNLIMITED"), tier("TIER_NOT_SET")
    (2000, 250, 100000, 0, 0, None)
    """
    bare = text.upper().removeprefix("TIER_")
    if bare in {"UNLIMITED", "-1"}:
        return NO_LIMIT
    digits = bare.removesuffix(_THOUSANDS)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 9:  # noqa: PLR2004 (more is no number of people)
        return None
    return int(digits) * (1_000 if bare.endswith(_THOUSANDS) else 1) or None


# What of an account decides over sending. A person resumes what was paused for it: Meta tells of no end of a restriction.
USABLE: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "ACCOUNT_DELETED": False,
        "ACCOUNT_OFFBOARDED": False,
        "ACCOUNT_RECONNECTED": True,
        "PARTNER_REMOVED": False,  # the app, or the connection that we send by, was removed from the account
    }
)
BANS: Final[Mapping[str, bool | None]] = MappingProxyType(
    {"DISABLE": False, "SCHEDULE_FOR_DISABLE": None, "REINSTATE": True}
)
# Forbids more numbers, and nothing that we do. Every other restriction stops us, also one that we do not know.
HARMLESS: Final = "RESTRICTED_ADD_PHONE_NUMBER_ACTION"


def _account(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """Quirk(meta): what a partner is told of a customer comes in the entry of the partner's own business, and names the
    customer's account inside (pywa's bodies of partner events).
    """
    told = NumberNews.model_validate(value)
    event = told.event.upper()
    usable: bool | None
    match event:
        case "DISABLED_UPDATE":
            ban = word(told.ban_info.waba_ban_state)
            usable, reason = BANS.get(ban, False), ban or event
        case "ACCOUNT_RESTRICTION":
            usable, reason = _restricted(told)
        case "ACCOUNT_VIOLATION":
            usable, reason = None, word(told.violation_info.violation_type) or event
        case _ if event in USABLE:
            usable, reason = USABLE[event], event
        case _:
            return OTHER_ACCOUNT
    to = address(told.phone_number) or told.waba_info.waba_id or account
    return SenderReported(at, to, usable, reason=reason)


def _restricted(told: NumberNews) -> tuple[bool | None, str]:
    kinds = [word(one.restriction_type) or "ACCOUNT_RESTRICTION" for one in told.restriction_info]
    stopping = [kind for kind in kinds if kind != HARMLESS]
    if kinds and not stopping:
        return None, HARMLESS
    return False, next(iter(stopping), "ACCOUNT_RESTRICTION")


def _alert(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """A word to be seen by a person; it changes nothing by itself."""
    told = NumberNews.model_validate(value)
    reason = word(told.alert_info.alert_type) or word(told.alert_type)
    if not reason:
        return OTHER_ACCOUNT
    to = told.entity_id if told.entity_type.upper() == "PHONE_NUMBER" else ""
    return SenderReported(at, to or account, reason=reason)


READERS: Final[Mapping[str, Callable[[Mapping[str, object], datetime, str | None], ProviderEvent]]] = MappingProxyType(
    {
        "message_template_status_update": _template_status,
        "message_template_quality_update": _template_quality,
        "template_category_update": _template_category,
        "phone_number_quality_update": _number_quality,
        "business_capability_update": _capability,
        "account_update": _account,
        "account_alerts": _alert,
    }
)
