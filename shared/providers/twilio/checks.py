"""A Twilio account checked without sending: credentials, the number, templates. Owns the remedies, in sentences.

Source: https://www.twilio.com/docs/iam/api/account for the account's status; as `polling` and `templates` for the others.
"""

from collections.abc import Sequence
from typing import Final

from shared.ground.errors import SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.checks import LOW_QUALITY, Finding, Probe, count_approved, describe_limit, join_details
from shared.providers.twilio.account import build_account_url, build_headers
from shared.providers.twilio.codes import judge
from shared.providers.twilio.polling import (
    build_numbers_request,
    find_number,
    find_quality,
    is_online,
    list_reasons,
    parse_limit,
)
from shared.providers.twilio.templates import build_page_request, list_templates
from shared.providers.twilio.wire import AccountResource, Contents, NumberResource
from shared.providers.wire import parse_json

CREDENTIALS: Final = "credentials"
NUMBER: Final = "number"
TEMPLATES: Final = "templates"


def build_probes(account: Account) -> Sequence[Probe]:
    numbers = build_numbers_request(account)
    return (
        Probe(CREDENTIALS, HttpRequest("GET", f"{build_account_url(account)}.json", build_headers(account), b"")),
        *(() if numbers is None else (Probe(NUMBER, numbers),)),
        Probe(TEMPLATES, build_page_request(account, None)),
    )


def read_finding(account: Account, probe: str, response: HttpResponse) -> Finding:
    if not response.is_success:
        row = judge(response)
        return Finding(probe, False, f"Twilio refuses ({row.code}): {row.gloss}. {_find_remedy(account)}")
    match probe:
        case "credentials":
            return _check_account(parse_json(AccountResource, response.body) or AccountResource())
        case "number":
            return _check_number(account, response)
        case _:
            return count_approved(TEMPLATES, list_templates(parse_json(Contents, response.body) or Contents()))


def _find_remedy(account: Account) -> str:
    return f"Check {'api_key and api_secret' if 'api_key' in account.secrets else 'account_sid and auth_token'}."


def _check_account(found: AccountResource) -> Finding:
    return Finding(CREDENTIALS, found.status == "active", f"The account is {found.status or 'of an unknown state'}.")


def _check_number(account: Account, response: HttpResponse) -> Finding:
    try:
        number = find_number(account, response)
    except SendError:
        return Finding(NUMBER, False, "Twilio's list of numbers cannot be read. Check messaging_base.")
    if number is None:
        absent = "The account has no WhatsApp sender of this number: correct the sender's address."
        return Finding(NUMBER, False, absent)
    if faults := [*_list_faults(number), *_list_faults_of_webhook(account, number.webhook.callback_url)]:
        return Finding(NUMBER, False, " ".join(faults))
    quality = find_quality(number)
    details = join_details(f"quality {quality}" if quality else "", describe_limit(parse_limit(number)))
    return Finding(NUMBER, True, f"The number is online: {details}.")


def _list_faults(number: NumberResource) -> list[str]:
    faults = []
    if not is_online(number):
        reasons = list_reasons(number)
        why = f" ({reasons})" if reasons else ""
        faults.append(f"The number is {number.status.lower()[:40] or 'not online'}{why}: see it in Twilio's Console.")
    if find_quality(number) == "red":
        faults.append(LOW_QUALITY)
    return faults


def _list_faults_of_webhook(account: Account, url: str) -> list[str]:
    """Only the path is compared: the host is the installation's own business."""
    if not url:
        return ["What contacts write is told to nobody: set the number's webhook in Twilio's Console."]
    path = f"/webhooks/twilio/{account.sender}"
    if path not in url:
        return [f"What contacts write goes somewhere else: the number's webhook should end in {path}."]
    return []
