"""Updates of templates in Meta's webhooks, and Meta's words for a template's state. Total.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/<field>, one page a
field (message_template_status_update 2026-04-13).
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import ProviderEvent, TemplateReported, Unrecognised
from shared.providers.meta.wire.updates import Reader, TemplateUpdate
from shared.providers.meta.wire.values import parse_word

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
# Events that leave the status as it is: flagged is a warning before a pause, locked is about editing. The status after an
# archive is not in the event; the next sync brings it.
KEEPING: Final = frozenset({"FLAGGED", "LOCKED", "UNLOCKED", "UNARCHIVED"})
CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {"MARKETING": "marketing", "UTILITY": "utility", "AUTHENTICATION": "authentication"}
)
QUALITIES: Final[Mapping[str, str]] = MappingProxyType(
    {"GREEN": "green", "YELLOW": "yellow", "RED": "red", "UNKNOWN": "unknown"}
)
NO_REASON: Final = "NONE"
OTHER_TEMPLATE: Final = Unrecognised("template:other")


def _read_status(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    update = TemplateUpdate.model_validate(value)
    event = update.event.upper()
    if event not in STATUSES and event not in KEEPING:
        return OTHER_TEMPLATE
    status, category = STATUSES.get(event), CATEGORIES.get(update.message_template_category.upper())
    return _report(update, at, account, status=status, category=category, reason=_find_reason(update, event, status))


def _find_reason(update: TemplateUpdate, event: str, status: str | None) -> str:
    """Meta's word for the reason of the rejection or the pause; otherwise the event, unless our status says the same."""
    words = [parse_word(update.reason), parse_word(update.other_info.title)]
    otherwise = "" if status is not None and event == status.upper() else event
    return next((word for word in words if word and word != NO_REASON), otherwise)


def _read_quality(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    update = TemplateUpdate.model_validate(value)
    quality = QUALITIES.get(update.new_quality_score.upper())
    return OTHER_TEMPLATE if quality is None else _report(update, at, account, quality=quality)


def _read_category(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """The category as it is now; a category that is announced for later comes again at that time."""
    update = TemplateUpdate.model_validate(value)
    category = CATEGORIES.get(update.new_category.upper())
    return OTHER_TEMPLATE if category is None else _report(update, at, account, category=category)


def _read_text(value: Mapping[str, object], at: datetime, account: str | None) -> ProviderEvent:
    """The template was edited. Its header and buttons are read with the next list."""
    update = TemplateUpdate.model_validate(value)
    body = update.message_template_element
    return _report(update, at, account, body=body) if body else OTHER_TEMPLATE


# Quirk(meta) language-with-a-hyphen: `pt-BR` in older bodies, `pt_BR` in the list (pywa @0bcf2f19, 2026-11)
def _report(
    update: TemplateUpdate,
    at: datetime,
    account: str | None,
    status: str | None = None,
    category: str | None = None,
    quality: str | None = None,
    reason: str = "",
    body: str | None = None,
) -> ProviderEvent:
    name, provider_id = update.message_template_name or None, update.message_template_id or None
    if name is None and provider_id is None:
        return Unrecognised("template:no-name")
    language = update.message_template_language.replace("-", "_") or None
    return TemplateReported(at, name, language, provider_id, status, category, quality, reason, account, body)


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "message_template_status_update": _read_status,
        "message_template_quality_update": _read_quality,
        "template_category_update": _read_category,
        "message_template_components_update": _read_text,
    }
)
"""By field. No update names a number, so each is addressed to the account of its entry."""
