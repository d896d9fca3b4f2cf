"""Nodes of the Graph: numbers, the business account, media. Every number is connected and of high quality.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
(fields)
"""

import hashlib
import re
from collections.abc import Mapping

from workers.simulator.inbound_content import Media
from workers.simulator.meta.fields import NodeType
from workers.simulator.sample_image import SAMPLE_IMAGE
from workers.simulator.script import Script

NUMBER = NodeType(
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
ACCOUNT = NodeType(
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


def build_media(media: Media) -> Mapping[str, object]:
    """Meta would make a link of its own; here it is the URL that the contact's message came with."""
    digest = hashlib.sha256(media.url.encode()).hexdigest()
    file = {"url": media.url, "mime_type": media.mime_type, "sha256": digest, "file_size": len(SAMPLE_IMAGE)}
    return {**file, "id": media.id, "messaging_product": "whatsapp"}


def build_account(script: Script) -> Mapping[str, object]:
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


def build_number(script: Script, account: str) -> Mapping[str, object]:
    return {
        "id": account,
        "verified_name": "A made-up clinic",
        "code_verification_status": "VERIFIED",
        "display_phone_number": format_number(script.services.get(account, f"+{account}")),
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


def format_number(number: str) -> str:
    """A number of North America as people write it; any other as it is.

    >>> format_number("+14155550100"), format_number("+59899123456")
    ('+1 415-555-0100', '+59899123456')
    """
    return _NORTH_AMERICAN.sub(r"+1 \1-\2-\3", number)
