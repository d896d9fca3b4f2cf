"""What a client may ask about without sending: a number, the account and its numbers, a template, who is subscribed.

Owns no lists of templates. Every number is connected, and as good as it can be.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
(fields); …/webhooks/create-webhook-endpoint (`subscribed_apps`)
"""

import hashlib
import re
from collections.abc import Mapping

from workers.simulator.messages import Refusal
from workers.simulator.meta import templates
from workers.simulator.meta.access import fault, fault_at_account
from workers.simulator.meta.codes import refused
from workers.simulator.meta.fields import Kind, asked_for, selected
from workers.simulator.picture import PICTURE
from workers.simulator.provider import Answer, Arrival, Desk, json_answer
from workers.simulator.script import Script
from workers.simulator.speech import Media

NUMBER = Kind(
    "WhatsAppBusinessPhoneNumber",
    (
        "verified_name", "code_verification_status", "display_phone_number", "quality_rating", "platform_type",
        "throughput", "webhook_configuration", "last_onboarded_time", "id",
    ),
    frozenset(
        {
            "status", "name_status", "new_name_status", "account_mode", "quality_score", "search_visibility",
            "is_on_biz_app", "is_official_business_account", "is_pin_enabled", "is_preverified_number", "certificate",
            "new_certificate", "conversational_automation", "eligibility_for_api_business_global_search",
            "health_status", "country_code", "country_dial_code", "whatsapp_business_manager_messaging_limit",
        }
    ),
)  # fmt: skip
ACCOUNT = Kind(
    "WhatsAppBusinessAccount",
    ("id", "name", "timezone_id", "message_template_namespace"),
    frozenset(
        {
            "currency", "country", "status", "account_review_status", "business_verification_status",
            "is_enabled_for_insights", "marketing_messages_lite_api_status", "marketing_messages_onboarding_status",
            "on_behalf_of_business_info", "owner_business_info", "ownership_type", "health_status", "subscribed_apps",
            "disable_marketing_messages_on_cloud_api", "whatsapp_business_manager_messaging_limit",
        }
    ),
)  # fmt: skip
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")


def show(arrival: Arrival, desk: Desk) -> Answer:
    """A path says only which node, and not of what kind."""
    if fault_at_account(arrival, desk.script) is None:
        return _shown(arrival, ACCOUNT, _account(desk.script))
    media = desk.memory.files.get(arrival.path["node"])
    if media is not None and fault_at_account(_of_account(arrival, desk.script), desk.script) is None:
        return json_answer(200, _media(media))
    template = templates.find(desk, arrival.path["node"])
    if template is not None and fault_at_account(_of_account(arrival, desk.script), desk.script) is None:
        return _shown(arrival, templates.KIND, template)
    trouble = fault(arrival, desk.script)
    return refused(trouble) if trouble else _shown(arrival, NUMBER, _number(desk.script, arrival.path["node"]))


def show_numbers(arrival: Arrival, desk: Desk) -> Answer:
    trouble = fault_at_account(arrival, desk.script)
    asked = asked_for(arrival, NUMBER) if trouble is None else trouble
    if isinstance(asked, Refusal):
        return refused(asked)
    numbers = [_number(desk.script, account) for account in desk.script.services if account.isdecimal()]
    return json_answer(200, {"data": [selected(number, asked) for number in numbers]})


def show_subscriptions(arrival: Arrival, desk: Desk) -> Answer:
    """Somebody is, wherever the script has a webhook."""
    trouble = fault_at_account(arrival, desk.script)
    if trouble is not None:
        return refused(trouble)
    app = {"id": "670843887433847", "link": "https://www.example.com/", "name": "A made-up app"}
    return json_answer(200, {"data": [{"whatsapp_business_api_data": app}] if _is_told(desk.script) else []})


def _is_told(script: Script) -> bool:
    accounts = ("", *(script.accounts or ()))
    return any(script.status_url("meta", one) or script.message_url("meta", one) for one in accounts)


def _media(media: Media) -> Mapping[str, object]:
    """The link that Meta would make is the one that the contact's message came with."""
    digest = hashlib.sha256(media.url.encode()).hexdigest()
    told = {"url": media.url, "mime_type": media.mime_type, "sha256": digest, "file_size": len(PICTURE)}
    return {**told, "id": media.id, "messaging_product": "whatsapp"}


def _shown(arrival: Arrival, kind: Kind, node: Mapping[str, object]) -> Answer:
    asked = asked_for(arrival, kind)
    return refused(asked) if isinstance(asked, Refusal) else json_answer(200, selected(node, asked))


def _of_account(arrival: Arrival, script: Script) -> Arrival:
    """The same question about the account that the node belongs to."""
    path = {**arrival.path, "node": script.meta.waba_id}
    return Arrival(path, arrival.query, arrival.headers, arrival.body)


def _account(script: Script) -> Mapping[str, object]:
    return {
        "id": script.meta.waba_id,
        "name": "A made-up business",
        "timezone_id": "1",
        "message_template_namespace": "0a0b0c0d_made_up",
        "currency": "USD",
        "country": "US",
        "status": "ACTIVE",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
    }


def _number(script: Script, account: str) -> Mapping[str, object]:
    return {
        "id": account,
        "verified_name": "A made-up clinic",
        "code_verification_status": "VERIFIED",
        "display_phone_number": shown(script.services.get(account, f"+{account}")),
        "quality_rating": "GREEN",
        "quality_score": {"score": "GREEN"},
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "is_pin_enabled": True,
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    }


def shown(number: str) -> str:
    """As people write it, where that is known.

    >>> shown("+14155550100"), shown("+59899123456")
    ('+1 415-555-0100', '+59899123456')
    """
    return _NORTH_AMERICAN.sub(r"+1 \1-\2-\3", number)
