"""Twilio's account resource, and its list of WhatsApp senders. The script has the account; the numbers are those of its
`services` and those that have sent. Owns neither.

Every number is online and of high quality.
Source: https://www.twilio.com/docs/iam/api/account; https://www.twilio.com/docs/whatsapp/api/senders
"""

import hashlib
from collections.abc import Mapping

from workers.simulator.dialect import LookupContext, Route
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.twilio.authentication import authenticate_account, is_request_authorized
from workers.simulator.twilio.codes import build_refusal_response, make_refusal
from workers.simulator.twilio.message_resource import API_VERSION
from workers.simulator.twilio.paging import build_meta, parse_page
from workers.simulator.twilio.submissions import CHANNEL

SENDERS = "/v2/Channels/Senders"


def _show_account(request: HttpRequest, context: LookupContext) -> HttpResponse:
    account = request.path["account"]
    if not is_request_authorized(request, context.script, account):
        return build_refusal_response(make_refusal("20003"))
    uri = f"/{API_VERSION}/Accounts/{account}.json"
    resource = {"sid": account, "friendly_name": "An account of the simulator", "status": "active", "type": "Full"}
    return make_json_response(200, {**resource, "owner_account_sid": account, "uri": uri})


def _list_senders(request: HttpRequest, context: LookupContext) -> HttpResponse:
    account, page = authenticate_account(request, context.script), parse_page(request)
    if account is None:
        return build_refusal_response(make_refusal("20003"))
    if page is None or request.query.get("Channel") != "whatsapp":
        return build_refusal_response(make_refusal("20001", "Channel is whatsapp, and PageSize and Page are counts."))
    numbers = _find_numbers(context)
    senders = [_build_sender(request, context, account, number) for number in numbers[page.start : page.end]]
    url = f"{request.origin}{SENDERS}?Channel=whatsapp"
    is_last = len(numbers) <= page.end
    return make_json_response(200, {"senders": senders, "meta": build_meta("senders", url, page, is_last=is_last)})


def _find_numbers(context: LookupContext) -> list[str]:
    used = (
        sender
        for provider, sender in context.memory.last_submissions
        if provider == "twilio" and sender.startswith("+")
    )
    return sorted({*context.script.services.values(), *used})


def _build_sender(request: HttpRequest, context: LookupContext, account: str, number: str) -> Mapping[str, object]:
    sid = "XE" + hashlib.blake2b(f"{account}{number}".encode(), digest_size=16).hexdigest()
    url = (context.script.find_message_url("twilio", account) or "").partition("#")[0]
    return {
        "sid": sid,
        "status": "ONLINE",
        "sender_id": f"{CHANNEL}{number}",
        "configuration": {"waba_id": context.script.meta.waba_id},
        "webhook": {"callback_url": url, "callback_method": "POST"} if url else None,
        "profile": {"name": "A sender of the simulator"},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
        "offline_reasons": None,
        "url": f"{request.origin}{SENDERS}/{sid}",
    }


ROUTES = (
    Route("GET", f"/{API_VERSION}/Accounts/{{account}}.json", _show_account),
    Route("GET", SENDERS, _list_senders),
)
