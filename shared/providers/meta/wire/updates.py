"""Updates of templates, numbers and accounts in Meta's webhooks.

One app may serve several accounts through one URL, so a reader of an update is given the account of the entry.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/, one page a field.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from shared.providers.events import ProviderEvent
from shared.providers.wire import Inner, Many, Part, Text, Token

Reader = Callable[[Mapping[str, object], datetime, str | None], ProviderEvent]
"""(value of the change, time of the entry, account of the entry) → event."""

# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


class OtherInfo(Part):
    title: Token = ""


class TemplateUpdate(Part):
    """event, reason, other_info: of a status. new_quality_score, new_category: of the fields of the same names.

    message_template_element: the body as it reads now, of message_template_components_update.
    """

    event: Token = ""
    message_template_id: Token = ""
    message_template_name: Token = ""
    message_template_language: Token = ""
    message_template_category: Token = ""
    reason: Token = ""
    other_info: Inner[OtherInfo] = OtherInfo()
    new_quality_score: Token = ""
    new_category: Token = ""
    message_template_element: Text = ""


# ── numbers and accounts ────────────────────────────────────────────────────────────────────────────────────────────


class BanInfo(Part):
    waba_ban_state: Token = ""


class Restriction(Part):
    restriction_type: Token = ""


class Violation(Part):
    violation_type: Token = ""


class Alert(Part):
    alert_type: Token = ""


class WabaInfo(Part):
    """The customer's account, in an event to its partner."""

    waba_id: Token = ""


class NumberUpdate(Part):
    """Of phone_number_quality_update, business_capability_update, account_update and account_alerts."""

    event: Token = ""
    display_phone_number: Token = ""
    phone_number: Token = ""
    current_limit: Token = ""
    max_daily_conversations_per_business: Token = ""
    max_daily_conversation_per_phone: Token = ""
    ban_info: Inner[BanInfo] = BanInfo()
    restriction_info: Many[Restriction] = ()
    violation_info: Inner[Violation] = Violation()
    waba_info: Inner[WabaInfo] = WabaInfo()
    entity_type: Token = ""
    entity_id: Token = ""
    alert_info: Inner[Alert] = Alert()
    alert_type: Token = ""
