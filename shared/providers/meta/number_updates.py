"""Updates of numbers and accounts in Meta's webhooks, and Meta's words for limits. Total.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/<field>, one page a
field (phone_number_quality_update and business_capability_update 2026-05-21); …/throughput (2026-05-21) and
…/messaging-limits (2026-05-08) for the numbers behind their words.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import NO_LIMIT, ProviderEvent, SenderReported, Unrecognised
from shared.providers.meta.wire.updates import NumberUpdate, Reader
from shared.providers.meta.wire.values import parse_address, parse_word

HIGH_THROUGHPUT: Final = 1_000  # messages a second
STANDARD_THROUGHPUT: Final = 80
OTHER_NUMBER: Final = Unrecognised("number:other")
OTHER_ACCOUNT: Final = Unrecognised("account:other")
_THOUSANDS: Final = "K"
_LIMIT_DIGITS: Final = 9  # a longer number is no number of people

# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(meta) number-by-its-digits: this field names the number itself, not its id (page of the field, 2026-05)
def _read_quality(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """Older events name a limit or a quality in the same field. FLAGGED is a low quality; UNFLAGGED does not name the
    quality that follows.
    """
    update = NumberUpdate.model_validate(value)
    to, daily = parse_address(update.display_phone_number) or account, update.max_daily_conversations_per_business
    match update.event.upper():
        # Quirk(meta) unlimited-throughput: its TIER_UNLIMITED is no limit of contacts (page "throughput", 2026-05)
        case "THROUGHPUT_UPGRADE":
            return SenderReported(at, to, rate_per_second=HIGH_THROUGHPUT, unique_contacts_a_day=parse_limit(daily))
        case "THROUGHPUT_DOWNGRADE":  # in no document: the reverse, should it ever come
            return SenderReported(at, to, rate_per_second=STANDARD_THROUGHPUT, unique_contacts_a_day=parse_limit(daily))
        case "UPGRADE" | "DOWNGRADE" | "ONBOARDING" if (
            limit := parse_limit(daily or update.current_limit)
        ) is not None:
            return SenderReported(at, to, unique_contacts_a_day=limit)
        case "FLAGGED" as event:
            return SenderReported(at, to, quality="red", reason=event)
        case "UNFLAGGED" as event:
            return SenderReported(at, to, quality="unknown", reason=event)
        case _:
            return OTHER_NUMBER


# Quirk(meta) limit-under-two-names: the older one, until it is removed (page of the field, 2026-05)
def _read_capability(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """Of the portfolio, so of no single number. The second name is the older one, to be removed in 2026."""
    update = NumberUpdate.model_validate(value)
    limit = parse_limit(update.max_daily_conversations_per_business or update.max_daily_conversation_per_phone)
    return OTHER_ACCOUNT if limit is None else SenderReported(at, account, unique_contacts_a_day=limit)


def parse_limit(text: str) -> int | None:
    """Unique contacts a day; 0 is without a limit, None where Meta gives none.

    >>> [parse_limit(text) for text in ("TIER_2K", "TIER_250", "100000", "-1", "TIER_UNLIMITED", "TIER_NOT_SET")]
    [2000, 250, 100000, 0, 0, None]
    """
    bare = text.upper().removeprefix("TIER_")
    if bare in {"UNLIMITED", "-1"}:
        return NO_LIMIT
    digits = bare.removesuffix(_THOUSANDS)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > _LIMIT_DIGITS:
        return None
    return int(digits) * (1_000 if bare.endswith(_THOUSANDS) else 1) or None


# ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────

# Events that decide whether an account may send. A person resumes the campaigns that such an event paused, since Meta
# reports no end of a restriction.
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
# It forbids more numbers, and nothing that we do. Every other restriction stops us, also an unknown one.
HARMLESS: Final = "RESTRICTED_ADD_PHONE_NUMBER_ACTION"


# Quirk(meta) partner-entry: a partner hears of a customer in its own entry (pywa @0bcf2f19, 2026-11)
def _read_account(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """An event to a partner about a customer comes in the entry of the partner's own business, and names the
    customer's account inside (pywa's bodies of partner events).
    """
    update = NumberUpdate.model_validate(value)
    event = update.event.upper()
    usable: bool | None
    match event:
        case "DISABLED_UPDATE":
            ban = parse_word(update.ban_info.waba_ban_state)
            usable, reason = BANS.get(ban, False), ban or event
        case "ACCOUNT_RESTRICTION":
            usable, reason = _read_restriction(update)
        case "ACCOUNT_VIOLATION":
            usable, reason = None, parse_word(update.violation_info.violation_type) or event
        case _ if event in USABLE:
            usable, reason = USABLE[event], event
        case _:
            return OTHER_ACCOUNT
    to = parse_address(update.phone_number) or update.waba_info.waba_id or account
    return SenderReported(at, to, usable, reason=reason)


def _read_restriction(update: NumberUpdate) -> tuple[bool | None, str]:
    """(usable, reason)."""
    kinds = [parse_word(one.restriction_type) or "ACCOUNT_RESTRICTION" for one in update.restriction_info]
    stopping = [kind for kind in kinds if kind != HARMLESS]
    if kinds and not stopping:
        return None, HARMLESS
    return False, next(iter(stopping), "ACCOUNT_RESTRICTION")


def _read_alert(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """For a person to see; it changes nothing by itself."""
    update = NumberUpdate.model_validate(value)
    reason = parse_word(update.alert_info.alert_type) or parse_word(update.alert_type)
    if not reason:
        return OTHER_ACCOUNT
    to = update.entity_id if update.entity_type.upper() == "PHONE_NUMBER" else ""
    return SenderReported(at, to or account, reason=reason)


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "phone_number_quality_update": _read_quality,
        "business_capability_update": _read_capability,
        "account_update": _read_account,
        "account_alerts": _read_alert,
    }
)
"""By field. An update that names no number is addressed to the account of its entry."""
