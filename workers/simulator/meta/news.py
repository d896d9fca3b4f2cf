"""Meta's webhooks with news of templates, numbers and accounts, and its handshake. Owns no template and no number.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/<field>, one page a
field (message_template_status_update 2026-04-13, phone_number_quality_update 2026-05-21); …/create-webhook-endpoint for
the handshake.
"""

from collections.abc import Mapping

from workers.simulator.http_values import WebhookRequest
from workers.simulator.meta.envelope import Json, build_entry
from workers.simulator.meta.template_nodes import make_template_id
from workers.simulator.meta.webhooks import build_signed_webhook
from workers.simulator.news import News, NumberNews, OtherNews, TemplateNews
from workers.simulator.script import Script
from workers.simulator.template_catalogue import Template
from workers.simulator.traffic import SECOND_US

STATUSES: Mapping[str, str] = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    "UNARCHIVED": "approved",
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


class MetaNews:
    """As `workers.simulator.dialect.NewsDialect` demands it."""

    def build_webhook(self, news: News, script: Script, url: str, at_us: int) -> WebhookRequest:
        field, value = _build_change(news, script, at_us)
        entry = build_entry(script.meta.waba_id, field, value, at_us)
        return build_signed_webhook(url, [entry], script.meta.app_secret, forged=False)

    def find_new_status(self, news: TemplateNews) -> str | None:
        return None if news.event is None else STATUSES.get(news.event.upper())

    def build_handshake_query(self, script: Script, challenge: str) -> Mapping[str, str]:
        return {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": script.meta.verify_token,
        }


def _build_change(news: News, script: Script, at_us: int) -> tuple[str, Mapping[str, object]]:
    """The webhook's field and its value."""
    match news:
        case TemplateNews():
            return _build_template_change(news, script, at_us)
        case NumberNews():
            return "phone_number_quality_update", _build_number_change(news, script)
        case OtherNews():
            return news.field, news.value


def _build_template_change(news: TemplateNews, script: Script, at_us: int) -> tuple[str, Json]:
    template = script.find_template(news.name, news.language) or Template()
    names: Json = {
        "message_template_id": int(make_template_id(news.name, news.language)),
        "message_template_name": news.name,
        "message_template_language": news.language,
    }
    if news.quality is not None:
        scores = {"previous_quality_score": template.quality.upper(), "new_quality_score": news.quality.upper()}
        return "message_template_quality_update", {**scores, **names}
    if news.category is not None:
        categories = {"previous_category": template.category.upper(), "new_category": news.category.upper()}
        return "template_category_update", {**names, **categories}
    event = (news.event or "").upper()
    details = {"message_template_category": template.category.upper(), **_build_details(event, at_us)}
    return "message_template_status_update", {"event": event, **names, "reason": news.reason, **details}


def _build_details(event: str, at_us: int) -> Json:
    """The additional fields of some events."""
    match event:
        case "DISABLED":
            return {"disable_info": {"disable_date": at_us // SECOND_US}}
        case "PAUSED":
            description = "The message template has been paused for 3 hours."
            return {"other_info": {"title": "FIRST_PAUSE", "description": description}}
        case _:
            return {}


# Quirk(meta) number-by-its-digits: this field names the number itself, not its id (page of the field, 2026-05)
def _build_number_change(news: NumberNews, script: Script) -> Json:
    number = script.services.get(news.account, news.account).removeprefix("+")
    limit = {} if news.current_limit is None else {"current_limit": news.current_limit}
    return {"display_phone_number": number, "event": news.event, **limit}
