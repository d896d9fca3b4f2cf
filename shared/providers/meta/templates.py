"""Meta's templates and what else can be asked without sending. Owns no schedule and no store.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/… (components, template
management); …/business-phone-numbers for the number's fields; …/messaging-limits (2026-05-08);
…/webhooks/create-webhook-endpoint for `subscribed_apps`.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode

from shared.ground.errors import Disposition, OutcomeUnknown
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, Code, Finding, ListedButton, ListedTemplate, Probe, TemplatePage
from shared.providers.meta.news import CATEGORIES, NO_REASON, QUALITIES, STATUSES, tier
from shared.providers.meta.sending import base_of, headers_of, verdict
from shared.providers.meta.wire import (
    Component,
    NumberResource,
    Subscriptions,
    TemplateButton,
    TemplateResource,
    Templates,
    address,
    word,
)
from shared.providers.reading import from_json

PAGE_SIZE: Final = 100  # a template is a few KB, and the transport reads one MiB
FIELDS: Final = "id,name,language,status,category,quality_score,components,rejected_reason"
STRICTEST: Final = "marketing"  # what consent is judged by, for a category that we do not know
BUTTONS: Final[Mapping[str, str]] = MappingProxyType({"PHONE_NUMBER": "phone"})
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {"TEXT": "text", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
)
_PLACEHOLDER: Final = re.compile(r"\{\{\s*[^{}\s]+\s*\}\}")


def templates_request(account: Account, after: str | None) -> HttpRequest:
    """after: the cursor that the page before ended with."""
    query = {"fields": FIELDS, "limit": str(PAGE_SIZE), **({} if after is None else {"after": after})}
    return _get(account, f"{_waba(account)}/message_templates", query)


def _get(account: Account, path: str, query: Mapping[str, str]) -> HttpRequest:
    encoded = f"?{urlencode(query, safe=',')}" if query else ""
    return HttpRequest("GET", f"{base_of(account)}/{path}{encoded}", headers_of(account), b"")


def _waba(account: Account) -> str:
    return quote(account.secret("waba_id"), safe="")


def templates_page(response: HttpResponse) -> TemplatePage:
    """*Raises*: a leaf of SendError."""
    if not response.is_success:
        raise verdict(response).error(retry_after_s(response))
    page = from_json(Templates, response.body)
    if page is None or page.data is None:
        raise OutcomeUnknown(f"http-{response.status}", "the list of templates cannot be read")
    following = page.paging.cursors.after if page.paging.next else ""
    return TemplatePage(_listed(page.data), following or None)


def _listed(found: Sequence[TemplateResource]) -> list[ListedTemplate]:
    return [_template(one) for one in found if one.name and one.language]


def _template(one: TemplateResource) -> ListedTemplate:
    """The words that webhooks tell of a status are those of the list; one that is not among them waits."""
    parts = {part.type.upper(): part for part in reversed(one.components)}
    header = parts.get("HEADER", Component())
    kind = HEADERS.get(header.format.upper())
    rejected = word(one.rejected_reason)
    return ListedTemplate(
        name=one.name,
        language=one.language,
        provider_id=one.id or None,
        status=STATUSES.get(one.status.upper(), "pending"),
        category=CATEGORIES.get(one.category.upper(), STRICTEST),
        body=parts.get("BODY", Component()).text or "…",
        quality=QUALITIES.get(one.quality_score.score.upper()),
        header=kind,
        header_text=header.text if kind == "text" else "",
        buttons=tuple(_button(button) for button in parts.get("BUTTONS", Component()).buttons),
        reason="" if rejected == NO_REASON else rejected,
    )


def _button(button: TemplateButton) -> ListedButton:
    """A quick reply takes its payload, a URL what is put behind it; buttons of other kinds take nothing that we have."""
    kind = button.type.upper()
    takes = kind == "QUICK_REPLY" or (kind == "URL" and _PLACEHOLDER.search(button.url) is not None)
    return ListedButton(BUTTONS.get(kind, kind.lower()), button.text, takes)


# ── asked without sending ───────────────────────────────────────────────────────────────────────────────────────────

NUMBER, TEMPLATES, WEBHOOKS = "number", "templates", "webhooks"
NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,status,quality_rating,platform_type,name_status,throughput,"
    "whatsapp_business_manager_messaging_limit"
)
CONNECTED, CLOUD_API = "CONNECTED", "CLOUD_API"


def probes(account: Account) -> Sequence[Probe]:
    number = quote(account.secret("phone_number_id"), safe="")
    return (
        Probe(NUMBER, _get(account, number, {"fields": NUMBER_FIELDS})),
        Probe(TEMPLATES, templates_request(account, None)),
        Probe(WEBHOOKS, _get(account, f"{_waba(account)}/subscribed_apps", {})),
    )


def finding(account: Account, probe: str, response: HttpResponse) -> Finding:
    if not response.is_success:
        row = verdict(response)
        return Finding(probe, False, f"Meta refuses ({row.code}): {row.gloss}. {_remedy(row, probe)}")
    match probe:
        case "number":
            return _of_number(account, from_json(NumberResource, response.body))
        case "templates":
            return _of_templates(from_json(Templates, response.body))
        case _:
            return _of_webhooks(from_json(Subscriptions, response.body))


def _remedy(row: Code, probe: str) -> str:
    """By the code, and by what was asked for."""
    asked = "phone_number_id" if probe == NUMBER else "waba_id"
    if row.code in {"0", "190", "http-401"}:
        return "Make a new access token of a system user and put it into access_token."
    if row.code in {"3", "10"} or (row.code.startswith("2") and row.disposition is Disposition.SENDER_UNUSABLE):
        return (
            "Give the access token the permissions whatsapp_business_messaging and whatsapp_business_management, and its "
            "system user the account."
        )
    if row.disposition in {Disposition.NOT_ACCEPTED, Disposition.UNKNOWN}:
        return "Ask again in a few minutes."
    return f"Check {asked} and api_version, and that the access token's system user may see the account."


def _of_number(account: Account, number: NumberResource | None) -> Finding:
    if number is None or not number.id:
        return Finding(NUMBER, False, "Meta's answer about the number cannot be read. Check api_base and api_version.")
    if wrong := _complaints(account, number):
        return Finding(NUMBER, False, " ".join(wrong))
    details = [
        f"quality {number.quality_rating.lower()}" if word(number.quality_rating) else "",
        f"throughput {number.throughput.level.lower()}" if word(number.throughput.level) else "",
        _daily(number.whatsapp_business_manager_messaging_limit),
    ]
    name = number.verified_name[:60] or "a number without a name"
    return Finding(NUMBER, True, f"{name} is connected: {', '.join(filter(None, details)) or 'nothing else is told'}.")


def _daily(text: str) -> str:
    limit = tier(text)
    if limit is None:
        return ""
    return f"{limit} new contacts a day" if limit else "new contacts a day without a limit"


def _complaints(account: Account, number: NumberResource) -> list[str]:
    """Each says what to do."""
    said = []
    shown = address(number.display_phone_number)
    if shown is not None and shown != address(account.address):
        said.append("phone_number_id is of another number than the sender's address: correct one of them.")
    if number.status and number.status != CONNECTED:
        said.append(
            f"The number's status is {word(number.status) or 'unknown'}, not {CONNECTED}: register it in WhatsApp Manager."
        )
    if number.platform_type and number.platform_type != CLOUD_API:
        said.append(f"The number is on {word(number.platform_type) or 'another platform'}: move it to the Cloud API.")
    if number.name_status in {"DECLINED", "EXPIRED"}:
        said.append(f"Its display name is {number.name_status.lower()}: choose another in WhatsApp Manager.")
    if number.quality_rating == "RED":
        said.append(
            "Its quality is low: contacts block it or report it. Send less, and only to those who asked for it."
        )
    return said


def _of_templates(page: Templates | None) -> Finding:
    if page is None or page.data is None:
        return Finding(TEMPLATES, False, "Meta's list of templates cannot be read. Check api_base and api_version.")
    enabled = sum(one.status == "approved" for one in _listed(page.data))
    if not enabled:
        said = "No template is approved: none can start a conversation. Submit one in WhatsApp Manager."
        return Finding(TEMPLATES, False, said)
    return Finding(TEMPLATES, True, f"{enabled} of the account's templates on this page are approved.")


def _of_webhooks(found: Subscriptions | None) -> Finding:
    if found is None or not found.data:
        said = (
            "No app is subscribed to the account, so nothing is told to us: subscribe yours by POST to subscribed_apps."
        )
        return Finding(WEBHOOKS, False, said)
    return Finding(WEBHOOKS, True, "An app is subscribed to the account's webhooks.")
