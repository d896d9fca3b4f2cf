"""Twilio's tables for the contract suite: exact requests, answers, codes, webhooks, and how it signs."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Unpack
from urllib.parse import parse_qs, urlencode

from shared.ground.errors import Again, Disposition
from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.ids import SenderId, TenantId
from shared.providers.account import Account
from shared.providers.events import (
    Content,
    ContentKind,
    DeliveryStatus,
    EventClass,
    IncomingMedia,
    Keyword,
    Location,
    MessageReceived,
    RawWebhook,
    Referral,
    Unrecognised,
)
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia, Receipt, TemplateMessage
from shared.providers.templates import (
    ListedButton,
    ListedTemplate,
    TemplatePage,
    digest_texts,
    name_unknown_part,
)
from shared.providers.twilio import DIALECT
from tests.contract.providers.fields import HeardFields, ListedFields, PreparedFields, UnknownFields
from tests.contract.providers.harness import (
    NOON,
    REFERENCE,
    AnswerCase,
    Failure,
    FileCase,
    FreeCase,
    PageCase,
    ProviderCases,
    Reported,
    RequestCase,
    WebhookCase,
    make_webhook,
)
from tests.contract.providers.twilio_check_cases import FINDINGS, PROBES

ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
MESSAGE_SID = "SM0123456789abcdef0123456789abcdef"
CONTENT_SID = "HX0123456789abcdef0123456789abcdef"
SERVICE_SID = "MG0123456789abcdef0123456789abcdef"
NEWEST, OLDER, WRONG = "newest-token-0001", "older-token-0002", "nobodys-token-0009"
HOOK = "https://hooks.example.com/webhooks/twilio/clinic/status"
HOOK_CALLED = f"{HOOK}?ref={REFERENCE}"

ACCOUNT = Account(
    provider="twilio",
    tenant=TenantId("acme"),
    sender=SenderId("clinic"),
    address="+14155550100",
    urls={
        "api_base": "https://api.twilio.com",
        "content_base": "https://content.twilio.com",
        "messaging_base": "https://messaging.twilio.com",
    },
    secrets={"account_sid": (ACCOUNT_SID,), "auth_token": (NEWEST, OLDER)},
)
MESSAGE = TemplateMessage(
    to="+14155550123",
    name="appointment_reminder",
    language="en",
    provider_id=CONTENT_SID,
    parameters={"1": "dentist", "2": "Tuesday 9:30 & é"},
)

# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

MESSAGES_URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
HEADERS = {
    "Authorization": "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjpuZXdlc3QtdG9rZW4tMDAwMQ==",
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
}
KEY_HEADERS = HEADERS | {"Authorization": "Basic U0swMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjprZXktc2VjcmV0LTAwMDM="}
API_KEY = {"api_key": ("SK0123456789abcdef0123456789abcdef",), "api_secret": ("key-secret-0003",)}

TO = b"To=whatsapp%3A%2B14155550123"
FROM = b"&From=whatsapp%3A%2B14155550100"
CONTENT = b"&ContentSid=HX0123456789abcdef0123456789abcdef"
VARIABLES = b"&ContentVariables=%7B%221%22%3A+%22dentist%22%2C+%222%22%3A+%22Tuesday+9%3A30+%26+%5Cu00e9%22%7D"
CALLBACK = (
    b"&StatusCallback=https%3A%2F%2Fhooks.example.com%2Fwebhooks%2Ftwilio%2Fclinic%2Fstatus"
    b"%3Fref%3Dcabcdefghijklmnop.17.1.qrstuvwx%23rc%3D3%26rp%3Dall"
)
CALLBACK_AFTER_QUERY = CALLBACK.replace(b"%3Fref", b"%3Fa%3D1%26ref")


def _request(
    name: str,
    body: bytes,
    account: Account = ACCOUNT,
    message: TemplateMessage = MESSAGE,
    hook: str = HOOK,
    url: str = MESSAGES_URL,
    headers: dict[str, str] = HEADERS,
) -> RequestCase:
    return RequestCase(name, account, message, hook, HttpRequest("POST", url, headers, body))


REQUESTS = (
    _request("number", TO + FROM + CONTENT + VARIABLES + CALLBACK),
    _request(
        "business-scoped-id",
        b"To=whatsapp%3AUS.1234" + FROM + CONTENT + VARIABLES + CALLBACK,
        message=replace(MESSAGE, to="US.1234"),
    ),
    _request(
        "messaging-service",
        TO + b"&MessagingServiceSid=MG0123456789abcdef0123456789abcdef" + CONTENT + VARIABLES + CALLBACK,
        account=replace(ACCOUNT, address=SERVICE_SID),
    ),
    _request("no-placeholders", TO + FROM + CONTENT + CALLBACK, message=replace(MESSAGE, parameters={})),
    _request(
        "valid-for-some-seconds",
        TO + FROM + CONTENT + VARIABLES + b"&ValidityPeriod=90" + CALLBACK,
        message=replace(MESSAGE, valid_for=timedelta(seconds=90.9)),
    ),
    _request(
        "valid-for-less-than-a-second",
        TO + FROM + CONTENT + VARIABLES + b"&ValidityPeriod=1" + CALLBACK,
        message=replace(MESSAGE, valid_for=timedelta(milliseconds=5)),
    ),
    _request(
        "valid-for-longer-than-twilio-takes",
        TO + FROM + CONTENT + VARIABLES + CALLBACK,
        message=replace(MESSAGE, valid_for=timedelta(days=2)),
    ),
    _request(
        "named-placeholders",
        TO + FROM + CONTENT + b"&ContentVariables=%7B%22first_name%22%3A+%22Ana%22%7D" + CALLBACK,
        message=replace(MESSAGE, parameters={"first_name": "Ana"}),
    ),
    # Quirk(twilio) 5xx-is-not-repeated
    _request("hook-with-query", TO + FROM + CONTENT + VARIABLES + CALLBACK_AFTER_QUERY, hook=f"{HOOK}?a=1"),
    _request(
        "api-key",
        TO + FROM + CONTENT + VARIABLES + CALLBACK,
        account=replace(ACCOUNT, secrets={**ACCOUNT.secrets, **API_KEY}),
        headers=KEY_HEADERS,
    ),
    _request(
        "key-without-secret",
        TO + FROM + CONTENT + VARIABLES + CALLBACK,
        account=replace(ACCOUNT, secrets={**ACCOUNT.secrets, "api_key": API_KEY["api_key"]}),
    ),
    _request(
        "moved-base",
        TO + FROM + CONTENT + VARIABLES + CALLBACK,
        account=replace(ACCOUNT, urls={"api_base": "http://127.0.0.1:8090/twilio/"}),
        url=f"http://127.0.0.1:8090/twilio/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
    ),
)

# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CREATED: dict[str, object] = {
    "sid": MESSAGE_SID,
    "account_sid": ACCOUNT_SID,
    "api_version": "2010-04-01",
    "status": "queued",
    "direction": "outbound-api",
    "to": "whatsapp:+14155550123",
    "from": "whatsapp:+14155550100",
    "messaging_service_sid": None,
    "num_segments": "1",
    "error_code": None,
    "date_created": "Sat, 14 Mar 2026 12:00:00 +0000",
    "a_field_of_next_year": {"nested": []},
}
RECEIPT = Receipt(MESSAGE_SID, "+14155550123")
SHORT_RECEIPT = Receipt(MESSAGE_SID)


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"} | (headers or {}), json.dumps(body).encode())


def refusal(code: object, status: int = 400, headers: dict[str, str] | None = None) -> HttpResponse:
    return _json(
        status, {"code": code, "message": "Whatever +14155550123.", "more_info": "…", "status": status}, headers
    )


def _unknown(code: str, **more: Unpack[UnknownFields]) -> Failure:
    return Failure(Disposition.UNKNOWN, code, **more)


def _slower(code: str, retry_after_s: float | None = None) -> Failure:
    return Failure(Disposition.NOT_ACCEPTED, code, Again.BACK_OFF, True, retry_after_s)


DATES = {"date": "Sat, 14 Mar 2026 12:00:00 GMT", "retry-after": "Sat, 14 Mar 2026 12:01:30 GMT"}

ANSWERS = (
    AnswerCase("created", _json(201, CREATED), RECEIPT),
    AnswerCase("created-with-200", _json(200, CREATED), RECEIPT),
    AnswerCase("sid-alone", _json(201, {"sid": MESSAGE_SID}), SHORT_RECEIPT),
    AnswerCase("odd-recipient", _json(201, {"sid": MESSAGE_SID, "to": 7}), SHORT_RECEIPT),
    AnswerCase("media-sid", _json(201, {"sid": "MM" + MESSAGE_SID[2:]}), Receipt("MM" + MESSAGE_SID[2:])),
    AnswerCase("sid-null", _json(201, CREATED | {"sid": None}), _unknown("http-201")),
    AnswerCase("sid-empty", _json(201, CREATED | {"sid": ""}), _unknown("http-201")),
    AnswerCase("sid-of-another-shape", _json(201, CREATED | {"sid": "SM 1\n"}), _unknown("http-201")),
    AnswerCase("a-list", _json(201, [CREATED]), _unknown("http-201")),
    AnswerCase("code-as-text", refusal("21211"), Failure(Disposition.REFUSED, "21211")),
    AnswerCase("code-of-another-shape", refusal("whatsapp:+14155550123"), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("other-json", _json(400, {"error": "no"}), Failure(Disposition.REFUSED, "http-400")),
    # Quirk(twilio) errors-in-other-shapes
    AnswerCase("html-400", HttpResponse(400, {}, b"<html>"), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("html-401", HttpResponse(401, {}, b"<html>"), Failure(Disposition.SENDER_UNUSABLE, "http-401")),
    AnswerCase("html-403", HttpResponse(403, {}, b"<html>"), Failure(Disposition.SENDER_UNUSABLE, "http-403")),
    AnswerCase("html-404", HttpResponse(404, {}, b"<html>"), Failure(Disposition.SENDER_UNUSABLE, "http-404")),
    AnswerCase("html-408", HttpResponse(408, {}, b"<html>"), _unknown("http-408")),
    AnswerCase("html-429", HttpResponse(429, {}, b"<html>"), _slower("http-429")),
    AnswerCase("redirect", HttpResponse(302, {"location": "https://example.com/"}, b""), _unknown("http-302")),
    AnswerCase("unknown-code-401", refusal(99999, 401), Failure(Disposition.SENDER_UNUSABLE, "99999")),
    AnswerCase("throttled", refusal(20429, 429, {"retry-after": "3"}), _slower("20429", retry_after_s=3.0)),
    AnswerCase("throttled-until", refusal(20429, 429, DATES), _slower("20429", retry_after_s=90.0)),
    AnswerCase("throttled-unknown-code", refusal(99999, 429), _slower("99999")),
    AnswerCase("throttled-refused-code", refusal(21211, 429), _slower("21211")),
    AnswerCase("throttled-plain-code", refusal(63010, 429), _slower("63010")),
    AnswerCase(
        "daily-limit", refusal(63038, 429), Failure(Disposition.NOT_ACCEPTED, "63038", Again.NEXT_DAY, throttles=True)
    ),
    AnswerCase("queue-full", refusal(21611), _slower("21611")),
    AnswerCase("internal-error", refusal(20500, 500), _unknown("20500")),
    AnswerCase("unavailable", refusal(20503, 503, {"retry-after": "5"}), _unknown("20503", retry_after_s=5.0)),
    AnswerCase("unknown-code-500", refusal(99999, 500), _unknown("99999")),
    AnswerCase("refused-code-500", refusal(21211, 500), _unknown("21211")),
    AnswerCase("throttling-code-503", refusal(20429, 503), _unknown("20429", throttles=True)),
)

# ── codes: the classes of the reference, written down once more ─────────────────────────────────────────────────────

BY_CLASS: dict[tuple[Disposition, Again, bool], str] = {
    (Disposition.SENDER_UNUSABLE, Again.NEVER, False): """
        20003 20005 20006 20008 20404 21212 21601 21603 21606 21609 21701 21703 21705
        63001 63002 63007 63008 63020 63022 63026""",
    (Disposition.REFUSED, Again.NEVER, False): """
        11751 21211 21214 21217 21408 21604 21608 21612 21614 21617 21619 21620
        30003 30004 30005 30006 30007 30008 30036
        63003 63005 63006 63011 63015 63016 63021 63024 63030 63031 63032 63034 63035 63036 63039 63051 63054""",
    (Disposition.REFUSED, Again.BACK_OFF, False): "63019 63029 63037",
    (Disposition.REFUSED, Again.NEXT_DAY, False): "63049",
    (Disposition.SUPPRESS, Again.NEVER, False): "21610 63014 63033",
    (Disposition.TEMPLATE_UNUSABLE, Again.NEVER, False): "21602 21654 21655 21656 63013 63027 63028 63040 63041",
    (Disposition.NOT_ACCEPTED, Again.BACK_OFF, False): "63009 63010 63012 63023 63025",
    (Disposition.NOT_ACCEPTED, Again.BACK_OFF, True): "14107 20429 21611 30001 63017",
    (Disposition.NOT_ACCEPTED, Again.DAY_IF_REPEATED, True): "63018",  # Quirk(twilio) two-limits-one-code
    (Disposition.NOT_ACCEPTED, Again.NEXT_DAY, True): "63038",
    (Disposition.UNKNOWN, Again.NEVER, False): "11200 11750 12300 20500 20503",
}
CODES = {
    code: Failure(disposition, code, again, throttles, closes_window=code == "63016")
    for (disposition, again, throttles), codes in BY_CLASS.items()
    for code in codes.split()
}

# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

FORM_HEADERS = {"content-type": "application/x-www-form-urlencoded"}
STATUS = {
    "MessageSid": MESSAGE_SID,
    "SmsSid": MESSAGE_SID,
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "From": "whatsapp:+14155550100",
    "To": "whatsapp:+14155550123",
    "ChannelPrefix": "whatsapp",
}
MESSAGE_IN = {
    "MessageSid": MESSAGE_SID,
    "SmsStatus": "received",
    "From": "whatsapp:+14155550123",
    "To": "whatsapp:+14155550100",
    "Body": "MessageStatus=failed&MessageStatus=failed",
    "NumMedia": "0",
    "ProfileName": "",
}


def form(fields: dict[str, str], url: str = HOOK_CALLED) -> RawWebhook:
    return make_webhook(url, urlencode(fields).encode(), FORM_HEADERS)


def status(word: str, **more: str) -> RawWebhook:
    return form(STATUS | {"MessageStatus": word, "SmsStatus": word} | more)


def failed_with(code: str) -> RawWebhook:
    return status("failed", ErrorCode=code)


def _reported(word: DeliveryStatus, error: Failure | None = None, reference: str | None = REFERENCE) -> Reported:
    return Reported(word, MESSAGE_SID, reference, NOON, error, ("+14155550123",))


def _case(name: str, raw: RawWebhook, *expected: Reported | Unrecognised) -> WebhookCase:
    return WebhookCase(name, raw, EventClass.STATUS, expected)


def _ignored(name: str, raw: RawWebhook, kind: str) -> WebhookCase:
    return WebhookCase(name, raw, EventClass.INBOUND, (Unrecognised(kind),))


# Quirk(twilio) no-time-of-its-own
def _received(
    name: str, content: Content, fields: dict[str, str] | None = None, **expected: Unpack[HeardFields]
) -> WebhookCase:
    """A contact's message: the common fields and these; and the event that is expected of it."""
    event = MessageReceived(MESSAGE_SID[2:], ("+14155550123",), "+14155550100", NOON, content)
    raw = form(MESSAGE_IN | {"Body": "yes"} | (fields or {}), HOOK)
    return WebhookCase(name, raw, EventClass.INBOUND, (replace(event, **expected),))


def _media(kind: ContentKind, mime_type: str, text: str = "", **fields: str) -> WebhookCase:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{MESSAGE_SID}/Media/ME0"
    content = Content(kind, text, media=(IncomingMedia(mime_type, url),))
    sent = {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": mime_type, "Body": text, **fields}
    return _received(f"{kind}-{mime_type}", content, sent)


FAILED = DeliveryStatus.FAILED
UNDERWAY = ("queued", "accepted", "sending", "scheduled", "receiving", "partially_delivered", "canceled")
UNEXPLAINED = Failure(Disposition.REFUSED, "none")

WEBHOOKS = (
    _case("sent", status("sent"), _reported(DeliveryStatus.SENT)),
    _case("delivered", status("delivered", EventType="DELIVERED"), _reported(DeliveryStatus.DELIVERED)),
    _case("read", status("read", EventType="READ"), _reported(DeliveryStatus.READ)),
    _case("failed", failed_with("63024"), _reported(FAILED, CODES["63024"])),
    _case("undelivered", status("undelivered", ErrorCode="63018"), _reported(FAILED, CODES["63018"])),
    _case("failed-unknown-code", failed_with("63999"), _reported(FAILED, Failure(Disposition.REFUSED, "63999"))),
    _case("failed-without-code", status("failed"), _reported(FAILED, UNEXPLAINED)),
    _case("failed-with-text", failed_with("to +14155550123"), _reported(FAILED, UNEXPLAINED)),
    _case("delivered-with-code", status("delivered", ErrorCode="63024"), _reported(DeliveryStatus.DELIVERED)),
    _case(
        # Quirk(twilio) masked-channel-address
        "recipient-masked",
        status("sent", To="whatsapp:+1415555****"),
        replace(_reported(DeliveryStatus.SENT), addresses=()),
    ),
    _case(
        "recipient-without-number",
        status("sent", To="whatsapp:US.1234"),
        replace(_reported(DeliveryStatus.SENT), addresses=("US.1234",)),
    ),
    *(_case(word, status(word), Unrecognised(f"status:{word}")) for word in UNDERWAY),
    _case("unknown-status", status("hi, I am Ana"), Unrecognised("status:other")),
    _case("status-without-id", form({"MessageStatus": "sent", "MessageSid": " "}), Unrecognised("status:no-id")),
    _case(
        "older-id-alone",
        form({"MessageStatus": "sent", "SmsSid": MESSAGE_SID, "To": STATUS["To"]}),
        _reported(DeliveryStatus.SENT),
    ),
    _case(
        "without-reference",
        form(STATUS | {"MessageStatus": "sent"}, HOOK),
        _reported(DeliveryStatus.SENT, reference=None),
    ),
    _case(
        "reference-among-others",
        form(STATUS | {"MessageStatus": "sent"}, f"{HOOK}?ref=theirs&a=1&ref={REFERENCE}"),
        _reported(DeliveryStatus.SENT),
    ),
    _received("text", Content(ContentKind.TEXT, "yes")),
    _received("text-like-a-form", Content(ContentKind.TEXT, MESSAGE_IN["Body"]), {"Body": MESSAGE_IN["Body"]}),
    _received("text-by-both-words", Content(ContentKind.TEXT, "yes"), {"MessageStatus": "received"}),
    # Quirk(twilio) nul-in-texts
    _received("text-with-nul", Content(ContentKind.TEXT, "yes"), {"Body": "y\0es\0"}),
    _received("named", Content(ContentKind.TEXT, "yes"), {"ProfileName": "Ana"}, profile_name="Ana"),
    _received("older-id", Content(ContentKind.TEXT, "yes"), {"MessageSid": "", "SmsSid": MESSAGE_SID}),
    _received("text-of-a-new-kind", Content(ContentKind.TEXT, "STOP"), {"Body": "STOP", "MessageType": "hologram"}),
    _received(
        "text-beside-blank-fields",
        Content(ContentKind.TEXT, "yes"),
        {"ButtonPayload": "", "ButtonText": "", "ListId": "", "ListTitle": "", "Latitude": "", "OptOutType": ""},
    ),
    _received("button-without-payload", Content(ContentKind.BUTTON, "Confirm"), {"ButtonText": "Confirm"}),
    _received("id-of-another-shape", Content(ContentKind.TEXT, "yes"), {"MessageSid": "SM"}, provider_message_id="SM"),
    _received("to-without-plus", Content(ContentKind.TEXT, "yes"), {"To": "whatsapp:14155550100"}),
    _received("to-something-else", Content(ContentKind.TEXT, "yes"), {"To": "the clinic"}, to=None),
    # Quirk(twilio) address-without-prefix
    _received("without-prefix", Content(ContentKind.TEXT, "yes"), {"From": "14155550123", "To": "+14155550100"}),
    _received(
        # Quirk(twilio) button-repeats-body
        # Quirk(twilio) type-is-no-kind
        "button",
        Content(ContentKind.BUTTON, "Confirm", "YES_1"),
        {"Body": "Confirm", "ButtonText": "Confirm", "ButtonPayload": "YES_1", "MessageType": "interactive"}
        | {"OriginalRepliedMessageSid": MESSAGE_SID.replace("SM", "MM")},
        reply_to=MESSAGE_SID.replace("SM", "MM"),
    ),
    _received(
        "choice",
        Content(ContentKind.CHOICE, "Monday", "mon"),
        {"Body": "Monday", "ListId": "mon", "ListTitle": "Monday", "MessageType": "interactive"},
    ),
    _media(ContentKind.IMAGE, "image/jpeg", "my leg"),
    # Quirk(twilio) media-without-a-type
    _media(ContentKind.DOCUMENT, ""),
    _media(ContentKind.AUDIO, "", "la", MessageType="audio"),
    _received(
        "from-an-ad",
        Content(
            ContentKind.TEXT,
            "yes",
            referral=Referral("ad", "120", "https://fb.me/1", "Spring check-up", "Book now", "ARAk"),
        ),
        {
            "ReferralNumMedia": "1",
            "ReferralSourceType": "ad",
            "ReferralSourceId": "120",
            "ReferralSourceUrl": "https://fb.me/1",
            "ReferralHeadline": "Spring check-up",
            "ReferralBody": "Book now",
            "ReferralCtwaClid": "ARAk",
        },
    ),
    # Quirk(twilio) referral-of-every-message
    _received("from-no-ad", Content(ContentKind.TEXT, "yes"), {"ReferralNumMedia": "0"}),
    _media(ContentKind.VIDEO, "video/mp4"),
    _media(ContentKind.AUDIO, "audio/ogg"),
    _media(ContentKind.DOCUMENT, "application/pdf"),
    _media(ContentKind.STICKER, "image/webp", MessageType="sticker"),
    _media(ContentKind.CONTACTS, "text/vcard"),
    _received(
        "location",
        Content(ContentKind.LOCATION, location=Location(-34.9, -56.16, "Clinic", "18 de Julio 1234")),
        {"Body": "", "Latitude": "-34.9", "Longitude": "-56.16", "Label": "Clinic", "Address": "18 de Julio 1234"},
    ),
    _received("location-nowhere", Content(ContentKind.UNKNOWN), {"Body": "", "Latitude": "nan", "Longitude": "1e999"}),
    _received("reaction", Content(ContentKind.REACTION, "👍"), {"Body": "👍", "MessageType": "reaction"}),
    _received("order", Content(ContentKind.ORDER), {"Body": "", "MessageType": "order"}),
    _received("unknown-kind", Content(ContentKind.UNKNOWN), {"Body": "", "MessageType": "hologram"}),
    _received(
        "user-id-beside-a-number",
        Content(ContentKind.TEXT, "yes"),
        {"WaId": "14155550123", "ExternalUserId": "whatsapp:US.13491208655302741918"},
        addresses=("+14155550123", "US.13491208655302741918"),
    ),
    _received(
        "user-id-alone",
        Content(ContentKind.TEXT, "yes"),
        {"From": "whatsapp:US.13491208655302741918", "WaId": ""},
        addresses=("US.13491208655302741918",),
    ),
    _received(
        "user-id-of-a-group-of-businesses",
        Content(ContentKind.TEXT, "yes"),
        {"From": "whatsapp:US.ENT.11815799212886844830"},
        addresses=("US.ENT.11815799212886844830",),
    ),
    _received(
        "another-number-to-answer-to",
        Content(ContentKind.TEXT, "yes"),
        {"From": "whatsapp:+5555991234567", "WaId": "555591234567"},
        addresses=("+5555991234567", "+555591234567"),
    ),
    *(
        _received(
            f"{word}-handled", Content(ContentKind.TEXT, word), {"Body": word, "OptOutType": word}, handled=handled
        )
        for word, handled in (("STOP", Keyword.STOP), ("START", Keyword.START), ("HELP", Keyword.HELP))
    ),
    _received("handled-in-a-new-way", Content(ContentKind.TEXT, "yes"), {"OptOutType": "PAUSE"}),
    _received("many-media", Content(ContentKind.TEXT, "yes"), {"NumMedia": "99999999999999999999"}),
    _ignored("no-sender", form({"MessageSid": MESSAGE_SID, "Body": "yes"}), "message:no-sender"),
    _ignored("no-id", form({"From": "whatsapp:+14155550123", "Body": "yes"}), "message:no-id"),
    _ignored("blank-status", form({"MessageSid": MESSAGE_SID, "MessageStatus": ""}), "other"),
    _ignored("nothing", make_webhook(HOOK, b""), "other"),
    _ignored("json", make_webhook(HOOK, b'{"MessageStatus": "sent"}'), "other"),
)

# ── free-form messages ──────────────────────────────────────────────────────────────────────────────────────────────

FREE_HOOK = (
    b"&StatusCallback=https%3A%2F%2Fhooks.example.com%2Fwebhooks%2Fit%2Fclinic%2Fstatus"
    b"%3Fref%3Dcabcdefghijklmnop.17.1.qrstuvwx%23rc%3D3%26rp%3Dall"
)
PICTURE = OutgoingMedia(MediaKind.IMAGE, "https://example.com/a b.png?x=1&y=2")
CONTENT_URL = "https://content.twilio.com/v1/Content"
MADE = _json(201, {"sid": CONTENT_SID, "friendly_name": "oriel_0", "language": "en"})


def _free(name: str, message: FreeMessage, body: bytes, **prepared: Unpack[PreparedFields]) -> FreeCase:
    return FreeCase(name, message, HttpRequest("POST", MESSAGES_URL, HEADERS, TO + FROM + body + FREE_HOOK), **prepared)


def _prepared(types: dict[str, object]) -> PreparedFields:
    """A preparation by the Content API, and its answer."""
    name = "oriel_" + hashlib.sha256(json.dumps(types).encode()).hexdigest()[:32]
    body = {"friendly_name": name, "language": "en", "variables": {}, "types": types}
    headers = HEADERS | {"Content-Type": "application/json"}
    request = HttpRequest("POST", CONTENT_URL, headers, json.dumps(body).encode())
    return {"preparation": request, "made": MADE, "prepared": CONTENT_SID}


FREE = (
    _free("text", FreeMessage("+14155550123", "¡Hasta mañana! & 50 %"), b"&Body=%C2%A1Hasta+ma%C3%B1ana%21+%26+50+%25"),
    _free(
        "media",
        FreeMessage("+14155550123", "the map", PICTURE),
        b"&Body=the+map&MediaUrl=https%3A%2F%2Fexample.com%2Fa+b.png%3Fx%3D1%26y%3D2",
    ),
    _free(
        "quick-replies",
        FreeMessage("+14155550123", "When?", choices=(Choice("a", "Now"), Choice("b", "Later"))),
        CONTENT,
        **_prepared(
            {
                "twilio/quick-reply": {
                    "body": "When?",
                    "actions": [{"title": "Now", "id": "a"}, {"title": "Later", "id": "b"}],
                }
            }
        ),
    ),
    _free(
        "list",
        FreeMessage("+14155550123", "When?", choices=(Choice("m", "Monday", "9 to 5"),), list_button="Days"),
        CONTENT,
        **_prepared(
            {
                "twilio/list-picker": {
                    "body": "When?",
                    "button": "Days",
                    "items": [{"item": "Monday", "id": "m", "description": "9 to 5"}],
                }
            }
        ),
    ),
)

# ── signature ───────────────────────────────────────────────────────────────────────────────────────────────────────


def signature(url: str, fields: dict[str, list[str]], token: str) -> str:
    text = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed(raw: RawWebhook, token: str) -> RawWebhook:
    fields = parse_qs(raw.body.decode(), keep_blank_values=True)
    return replace(raw, headers={**raw.headers, "x-twilio-signature": signature(raw.url, fields, token)})


# ── lists of templates ──────────────────────────────────────────────────────────────────────────────────────────────

LIST_URL = "https://content.twilio.com/v1/ContentAndApprovals?PageSize=500"
LISTS = {
    None: HttpRequest("GET", LIST_URL, HEADERS, b""),
    "https://elsewhere.example.com/v1/ContentAndApprovals?PageSize=500&Page=1&PageToken=a": HttpRequest(
        "GET", f"{LIST_URL}&Page=1&PageToken=a", HEADERS, b""
    ),
}
APPROVED = {"name": "reminder", "category": "UTILITY", "status": "approved", "rejection_reason": ""}


def _content(types: object, **more: object) -> dict[str, object]:
    return {"sid": CONTENT_SID, "friendly_name": "Reminder of May", "language": "es", "types": types} | more


def _page(name: str, content: dict[str, object], *expected: ListedTemplate, after: str | None = None) -> PageCase:
    body = {"contents": [content], "meta": {"next_page_url": after, "key": "contents"}}
    return PageCase(name, _json(200, body), TemplatePage(list(expected), after))


def _listed(body: str, /, *texts: str, **more: Unpack[ListedFields]) -> ListedTemplate:
    """texts: the type of the content, and its texts by the names of their fields."""
    listed = ListedTemplate("reminder", "es", CONTENT_SID, "approved", "utility", body, fixed=digest_texts(*texts))
    return replace(listed, **more)


CODE = {"add_security_recommendation": True, "actions": [{"type": "COPY_CODE", "copy_code_text": "Copiar"}]}
PLAIN, RICH = {"body": "Hola {{1}}"}, {"body": "¿Viene {{1}}?", "actions": [{"type": "QUICK_REPLY", "title": "Sí"}]}
BOTH = {"twilio/text": PLAIN, "twilio/quick-reply": RICH}
CARDS = {"body": "Hola {{1}}", "cards": [{"title": "{{2}}", "media": "https://example.com/{{3}}"}]}
CALL = {"body": "¿Llamamos?", "actions": [{"type": "VOICE_CALL_REQUEST", "title": "Sí"}]}


def _typed(name: str, types: object, content_type: str | None, *expected: ListedTemplate) -> PageCase:
    return _page(name, _content(types, approval_requests=APPROVED | {"content_type": content_type}), *expected)


PAGES = [
    _page(
        "text",
        _content({"twilio/text": {"body": "Hola {{1}}"}}, approval_requests=APPROVED),
        _listed("Hola {{1}}", "twilio/text", "Hola {{1}}"),
        after="https://content.twilio.com/v1/ContentAndApprovals?PageSize=500&Page=1",
    ),
    # A file that is given apart could never be sent: the wire has no place for one beside the variables.
    _page(
        "media-is-a-variable-and-no-header",
        _content(
            {"twilio/media": {"body": "Hola {{1}}", "media": ["https://example.com/{{2}}"]}}, approval_requests=APPROVED
        ),
        _listed("Hola {{1}} {{2}}", "twilio/media", "Hola {{1}}", "https://example.com/{{2}}"),
    ),
    _page(
        "fixed-media-is-nothing-that-is-given",
        _content(
            {"twilio/card": {"title": "Hola", "media": ["https://example.com/1.png"]}}, approval_requests=APPROVED
        ),
        _listed("Hola", "twilio/card", "https://example.com/1.png", "Hola"),
    ),
    _page(
        "quick-replies",
        _content(
            {"twilio/quick-reply": {"body": "¿Viene?", "actions": [{"type": "QUICK_REPLY", "title": "Sí", "id": "y"}]}},
            approval_requests=APPROVED,
        ),
        _listed(
            "¿Viene?",
            "twilio/quick-reply",
            "y",
            "Sí",
            "QUICK_REPLY",
            "¿Viene?",
            buttons=(ListedButton("quick_reply", "Sí"),),
        ),
    ),
    _page(
        "rejected",
        _content(
            {"twilio/text": {"body": "Hola"}},
            approval_requests=APPROVED | {"status": "rejected", "category": "MARKETING", "rejection_reason": "TAG"},
        ),
        _listed("Hola", "twilio/text", "Hola", status="rejected", category="marketing", reason="TAG"),
    ),
    _page(  # Quirk(twilio) transactional-is-utility
        "category-of-older-times",
        _content({"twilio/text": {"body": "Hola"}}, approval_requests=APPROVED | {"category": "TRANSACTIONAL"}),
        _listed("Hola", "twilio/text", "Hola"),
    ),
    _typed("approved-as-the-poorer-type", BOTH, "twilio/text", _listed("Hola {{1}}", "twilio/text", "Hola {{1}}")),
    _typed(
        "approved-as-the-richer-type",
        BOTH,
        "twilio/quick-reply",
        _listed(
            "¿Viene {{1}}?",
            "twilio/quick-reply",
            "Sí",
            "QUICK_REPLY",
            "¿Viene {{1}}?",
            buttons=(ListedButton("quick_reply", "Sí"),),
        ),
    ),
    _typed(
        "no-type-is-named-so-the-richer-one-is-sent",
        BOTH,
        "",
        _listed(
            "¿Viene {{1}}?",
            "twilio/quick-reply",
            "Sí",
            "QUICK_REPLY",
            "¿Viene {{1}}?",
            buttons=(ListedButton("quick_reply", "Sí"),),
        ),
    ),
    _typed("null-names-no-type", {"twilio/text": PLAIN}, None, _listed("Hola {{1}}", "twilio/text", "Hola {{1}}")),
    _page(
        "null-is-as-good-as-absent",
        _content(
            {"twilio/text": {"body": "Hola"}},
            approval_requests=dict.fromkeys(("name", "category", "content_type", "status", "rejection_reason")),
            friendly_name=None,
            language=None,
        ),
        ListedTemplate(
            CONTENT_SID,
            "en",
            CONTENT_SID,
            "unsubmitted",
            "utility",
            "Hola",
            fixed=digest_texts("twilio/text", "Hola"),
        ),
    ),
    _typed(
        "approved-as-a-type-that-it-does-not-have",
        {"twilio/text": PLAIN},
        "twilio/card",
        _listed("…", "twilio/card", unfillable=("an approval for a type that the content does not have",)),
    ),
    _typed(
        "a-carousel-s-cards-are-filled-by-variables",
        {"twilio/carousel": CARDS},
        "twilio/carousel",
        _listed(
            "Hola {{1}} {{2}} {{3}}",
            "twilio/carousel",
            "Hola {{1}}",
            "https://example.com/{{3}}",
            "{{2}}",
        ),
    ),
    _typed(
        "one-time-code",
        {"whatsapp/authentication": CODE},
        "whatsapp/authentication",
        _listed("{{1}}", "whatsapp/authentication", "Copiar", "COPY_CODE", buttons=(ListedButton("copy_code", ""),)),
    ),
    _typed(
        "call-permission",
        {"twilio/call-to-action": CALL},
        "twilio/call-to-action",
        _listed(
            "¿Llamamos?",
            "twilio/call-to-action",
            "Sí",
            "VOICE_CALL_REQUEST",
            "¿Llamamos?",
            buttons=(ListedButton("voice_call_request", "Sí"),),
            unfillable=("a request for permission to call",),
        ),
    ),
    _typed(
        "a-type-for-open-conversations",
        {"twilio/list-picker": {"body": "Hola"}},
        "twilio/list-picker",
        _listed("Hola", "twilio/list-picker", "Hola", unfillable=("a type that opens no conversation",)),
    ),
    _typed(
        "a-type-of-next-year",
        {"twilio/hologram": {"body": "Hola"}},
        "twilio/hologram",
        _listed("Hola", "twilio/hologram", "Hola", unfillable=(name_unknown_part("twilio/hologram"),)),
    ),
    # Quirk(twilio) unsubmitted-is-empty
    _page("never-submitted", _content({}), _listed("…", name="Reminder of May", status="unsubmitted")),
    _page("no-content", {"sid": "nothing"}),
    PageCase("empty", _json(200, {"contents": [], "meta": {}}), TemplatePage([])),
    PageCase("not-json", HttpResponse(200, {}, b"<html>"), Failure(Disposition.UNKNOWN, "http-200")),
    PageCase("refused", refusal(20003, 401), Failure(Disposition.SENDER_UNUSABLE, "20003")),
    PageCase(
        "too-many", refusal(20429, 429), Failure(Disposition.NOT_ACCEPTED, "20429", Again.BACK_OFF, throttles=True)
    ),
]

# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

MEDIA_URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{MESSAGE_SID}/Media/ME01"
FILES = (
    FileCase(
        "of-twilio",
        IncomingMedia("image/jpeg", MEDIA_URL),
        HttpRequest("GET", MEDIA_URL, {"Authorization": HEADERS["Authorization"]}, b""),
    ),
    FileCase(
        "elsewhere",
        IncomingMedia("image/jpeg", "https://media.example.com/ME01?a=%2b"),
        HttpRequest("GET", "https://media.example.com/ME01?a=%2b", {}, b""),
    ),
    FileCase("without-a-link", IncomingMedia("image/jpeg"), Failure(Disposition.REFUSED, "no-link")),
)

TWILIO = ProviderCases(
    dialect=DIALECT,
    account=ACCOUNT,
    message=MESSAGE,
    accepted=_json(201, CREATED),
    receipt=RECEIPT,
    requests=REQUESTS,
    answers=ANSWERS,
    webhooks=WEBHOOKS,
    codes=CODES,
    unknown_code="63999",
    answer_with=refusal,
    status_with=failed_with,
    unsigned=form(MESSAGE_IN | {"ProfileName": "Ana", "Body": "Sí, a las 9:30"}),
    signature_header="x-twilio-signature",
    signed=signed,
    newest_secret=NEWEST,
    older_secret=OLDER,
    wrong_secret=WRONG,
    free=FREE,
    files=FILES,
    file_hosts=("https://api.twilio.com",),
    lists=LISTS,
    pages=PAGES,
    probes=PROBES,
    findings=FINDINGS,
)
