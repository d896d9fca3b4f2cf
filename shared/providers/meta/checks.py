"""A Meta account checked without sending: the number, templates, the subscription to webhooks. Owns the remedies, in
sentences.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers for the number's
fields; …/messaging-limits (2026-05-08); …/webhooks/create-webhook-endpoint for `subscribed_apps`.
"""

from collections.abc import Sequence
from typing import Final

from shared.ground.errors import Disposition
from shared.ground.http import HttpResponse
from shared.providers.account import Account
from shared.providers.checks import LOW_QUALITY, Finding, Probe, count_approved, describe_limit, join_details
from shared.providers.codes import Code
from shared.providers.meta.account import build_query
from shared.providers.meta.codes import judge
from shared.providers.meta.number_updates import parse_limit
from shared.providers.meta.templates import build_page_request, list_templates
from shared.providers.meta.wire.answers import NumberResource, Subscriptions, TemplateList
from shared.providers.meta.wire.values import parse_address, parse_word
from shared.providers.wire import parse_json

NUMBER: Final = "number"
TEMPLATES: Final = "templates"
WEBHOOKS: Final = "webhooks"
NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,status,quality_rating,platform_type,name_status,throughput,"
    "whatsapp_business_manager_messaging_limit"
)
CONNECTED: Final = "CONNECTED"
CLOUD_API: Final = "CLOUD_API"
_NAME_CHARACTERS: Final = 60


def build_probes(account: Account) -> Sequence[Probe]:
    return (
        Probe(NUMBER, build_query(account, "phone_number_id", fields=NUMBER_FIELDS)),
        Probe(TEMPLATES, build_page_request(account, None)),
        Probe(WEBHOOKS, build_query(account, "waba_id", "/subscribed_apps")),
    )


def read_finding(account: Account, probe: str, response: HttpResponse) -> Finding:
    if not response.is_success:
        row = judge(response)
        return Finding(probe, False, f"Meta refuses ({row.code}): {row.gloss}. {_find_remedy(row, probe)}")
    match probe:
        case "number":
            return _check_number(account, parse_json(NumberResource, response.body))
        case "templates":
            return _check_templates(parse_json(TemplateList, response.body))
        case _:
            return _check_webhooks(parse_json(Subscriptions, response.body))


def _find_remedy(row: Code, probe: str) -> str:
    """By the code, and by the subject of the question."""
    credential = "phone_number_id" if probe == NUMBER else "waba_id"
    if row.code in {"0", "190", "http-401"}:
        return "Make a new access token of a system user and put it into access_token."
    if row.code in {"3", "10"} or (row.code.startswith("2") and row.disposition is Disposition.SENDER_UNUSABLE):
        return (
            "Give the access token the permissions whatsapp_business_messaging and whatsapp_business_management, and its "
            "system user the account."
        )
    if row.disposition in {Disposition.NOT_ACCEPTED, Disposition.UNKNOWN}:
        return "Ask again in a few minutes."
    return f"Check {credential} and api_version, and that the access token's system user may see the account."


# ── the number ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_number(account: Account, number: NumberResource | None) -> Finding:
    if number is None or not number.id:
        return Finding(NUMBER, False, "Meta's answer about the number cannot be read. Check api_base and api_version.")
    if faults := _list_faults(account, number):
        return Finding(NUMBER, False, " ".join(faults))
    details = join_details(
        f"quality {number.quality_rating.lower()}" if parse_word(number.quality_rating) else "",
        f"throughput {number.throughput.level.lower()}" if parse_word(number.throughput.level) else "",
        describe_limit(parse_limit(number.whatsapp_business_manager_messaging_limit)),
    )
    name = number.verified_name[:_NAME_CHARACTERS] or "a number without a name"
    return Finding(NUMBER, True, f"{name} is connected: {details}.")


def _list_faults(account: Account, number: NumberResource) -> list[str]:
    """Each with its remedy."""
    faults = []
    shown = parse_address(number.display_phone_number)
    if shown is not None and shown != parse_address(account.address):
        faults.append("phone_number_id is of another number than the sender's address: correct one of them.")
    if number.status and number.status != CONNECTED:
        status = parse_word(number.status) or "unknown"
        faults.append(f"The number's status is {status}, not {CONNECTED}: register it in WhatsApp Manager.")
    if number.platform_type and number.platform_type != CLOUD_API:
        platform = parse_word(number.platform_type) or "another platform"
        faults.append(f"The number is on {platform}: move it to the Cloud API.")
    if number.name_status in {"DECLINED", "EXPIRED"}:
        faults.append(f"Its display name is {number.name_status.lower()}: choose another in WhatsApp Manager.")
    if number.quality_rating == "RED":
        faults.append(LOW_QUALITY)
    return faults


# ── templates and webhooks ──────────────────────────────────────────────────────────────────────────────────────────


def _check_templates(page: TemplateList | None) -> Finding:
    if page is None or page.data is None:
        return Finding(TEMPLATES, False, "Meta's list of templates cannot be read. Check api_base and api_version.")
    return count_approved(TEMPLATES, list_templates(page.data), "Submit one in WhatsApp Manager.")


def _check_webhooks(found: Subscriptions | None) -> Finding:
    if found is None or not found.data:
        text = (
            "No app is subscribed to the account, so nothing is told to us: subscribe yours by POST to subscribed_apps."
        )
        return Finding(WEBHOOKS, False, text)
    return Finding(WEBHOOKS, True, "An app is subscribed to the account's webhooks.")
