"""Questions to Twilio that send nothing, and findings about account, number and templates."""

import json
from collections.abc import Mapping

from shared.ground.http import HttpRequest, HttpResponse
from tests.contract.providers.harness import FindingCase

ASKING = {
    "Authorization": "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjpuZXdlc3QtdG9rZW4tMDAwMQ==",
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
}
PROBES = {
    "credentials": HttpRequest(
        "GET", "https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef.json", ASKING, b""
    ),
    "number": HttpRequest(
        "GET", "https://messaging.twilio.com/v2/Channels/Senders?Channel=whatsapp&PageSize=500", ASKING, b""
    ),
    "templates": HttpRequest("GET", "https://content.twilio.com/v1/ContentAndApprovals?PageSize=500", ASKING, b""),
}

NUMBER = {
    "sid": "XE0123456789abcdef0123456789abcdef",
    "sender_id": "whatsapp:+14155550100",
    "status": "ONLINE",
    "configuration": {"waba_id": "100000000000003"},
    "webhook": {"callback_url": "https://hooks.example.com/webhooks/twilio/clinic", "callback_method": "POST"},
    # Quirk(twilio) limit-is-a-sentence
    "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
    "offline_reasons": None,
}
ELSEWHERE = {"callback_url": "https://bots.example.com/whatsapp"}
OFFLINE = {"status": "OFFLINE", "offline_reasons": [{"code": "63020", "message": "…", "more_info": "…"}, None]}


def answered(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"}, json.dumps(body).encode())


def numbers(*found: object) -> HttpResponse:
    meta = {"page": 0, "page_size": 500, "next_page_url": None, "key": "senders"}
    return answered({"senders": list(found), "meta": meta})


def _number(name: str, fields: Mapping[str, object], *says: str, is_good: bool = False) -> FindingCase:
    return FindingCase(
        name, "number", numbers({"sender_id": "whatsapp:+14155550109"}, {**NUMBER, **fields}), is_good, says
    )


REFUSED = answered({"code": 20003, "message": "Authenticate", "status": 401}, 401)
CONTENT = {"sid": "HX0123456789abcdef0123456789abcdef", "types": {"twilio/text": {"body": "Hi"}}}
FINDINGS = (
    FindingCase("active", "credentials", answered({"status": "active"}), is_good=True, says=("active",)),
    FindingCase("closed", "credentials", answered({"status": "closed"}), is_good=False, says=("closed",)),
    FindingCase("no-account", "credentials", answered([]), is_good=False, says=("unknown state",)),
    FindingCase("wrong-token", "credentials", REFUSED, is_good=False, says=("20003", "auth_token")),
    _number("online", {}, "online", "quality green", "10000 new contacts a day", is_good=True),
    # Quirk(twilio) online-with-a-suffix
    _number("updating", {"status": "ONLINE:UPDATING", "properties": None}, "nothing else is told", is_good=True),
    _number("unlimited", {"properties": {"messaging_limit": "Unlimited"}}, "without a limit", is_good=True),
    _number("offline", OFFLINE, "offline (63020)", "Console"),
    _number("in-review", {"status": "TWILIO_REVIEW"}, "twilio_review"),
    _number("low", {"properties": {"quality_rating": "LOW"}}, "quality is low", "Send less"),
    _number("told-to-nobody", {"webhook": {"callback_url": ""}}, "told to nobody", "Console"),
    _number("told-elsewhere", {"webhook": ELSEWHERE}, "somewhere else", "/webhooks/twilio/clinic"),
    FindingCase("absent", "number", numbers(), is_good=False, says=("no WhatsApp sender", "address")),
    FindingCase("odd", "number", answered("?"), is_good=False, says=("cannot be read", "messaging_base")),
    FindingCase("not-allowed", "number", REFUSED, is_good=False, says=("20003",)),
    FindingCase(
        "approved", "templates",
        answered({"contents": [CONTENT | {"approval_requests": {"status": "approved"}}, CONTENT, None]}),
        is_good=True, says=("1 of",),
    ),
    FindingCase("none-approved", "templates", answered({"contents": [CONTENT]}), is_good=False, says=("No template",)),
)  # fmt: skip
