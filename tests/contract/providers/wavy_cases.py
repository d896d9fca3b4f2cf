"""Wavy's tables for the contract suite: exact requests, answers, codes, webhooks. It signs nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Unpack

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
    Location,
    MessageReceived,
    RawWebhook,
    Unrecognised,
)
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    FreeMessage,
    MediaKind,
    OutgoingMedia,
    OutgoingPlace,
    Receipt,
    TemplateMessage,
)
from shared.providers.wavy import DIALECT
from tests.contract.providers.fields import HeardFields, UnknownFields
from tests.contract.providers.harness import (
    NOON,
    REFERENCE,
    AnswerCase,
    Failure,
    FileCase,
    FreeCase,
    ProviderCases,
    Reported,
    RequestCase,
    WebhookCase,
    make_webhook,
)

ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
OTHER_ID = "10111213-1415-4617-9819-1a1b1c1d1e1f"
TOKEN = "made-up-token-0001"
HOOK = "https://hooks.example.com/webhooks/wavy/clinic/s/made-up-path/status"

ACCOUNT = Account(
    provider="wavy",
    tenant=TenantId("acme"),
    sender=SenderId("clinic"),
    address="+14155550100",
    urls={"api_base": "https://api-messaging.wavy.global"},
    secrets={"username": ("wa_clinic",), "authentication_token": (TOKEN,), "namespace": ("0a0b_0c0d",)},
)
MESSAGE = TemplateMessage(
    to="+14155550123",
    name="appointment_reminder",
    language="es",
    provider_id=None,
    parameters={"1": "dentist", "2": 'Tuesday 9:30 "é"'},
)
PICTURE = OutgoingMedia(MediaKind.IMAGE, "https://example.com/a%20b.png?x=1.gif")

# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

URL = "https://api-messaging.wavy.global/v1/whatsapp/send"
HEADERS = {"UserName": "wa_clinic", "AuthenticationToken": TOKEN, "Content-Type": "application/json"}
TO = (
    b'{"destinations":[{"correlationId":"cabcdefghijklmnop.17.1.qrstuvwx","destination":"14155550123",'
    b'"recipientType":"individual"}],"message":'
)
NAMED = b'"namespace":"0a0b_0c0d","elementName":"appointment_reminder","languageCode":"es"'
TEXTS = b'["dentist","Tuesday 9:30 \\"\\u00e9\\""]'
HSM = b'{"hsm":{' + NAMED + b',"languagePolicy":"DETERMINISTIC","parameters":' + TEXTS + b"}}}"
TEMPLATE_STYLE = {"style": "template"}


def _request(
    name: str,
    body: bytes,
    message: TemplateMessage = MESSAGE,
    options: dict[str, str] | None = None,
    account: Account = ACCOUNT,
    url: str = URL,
) -> RequestCase:
    asking = replace(account, options=options or {})
    return RequestCase(name, asking, message, HOOK, HttpRequest("POST", url, HEADERS, body))


REQUESTS = (
    _request("hsm", TO + HSM),
    _request("hsm-by-name", TO + HSM, options={"style": "hsm"}),
    _request("time-to-live", TO + b'{"ttl":3,' + HSM[1:], options={"ttl_days": "3"}),
    _request(
        "no-placeholders", TO + HSM.replace(TEXTS, b"[]"), message=replace(MESSAGE, parameters={})
    ),
    _request(
        "ten-placeholders",
        TO + HSM.replace(TEXTS, b'["1","2","3","4","5","6","7","8","9","ten"]'),
        message=replace(MESSAGE, parameters={str(n): str(n) for n in range(1, 10)} | {"10": "ten"}),
    ),
    _request(
        "newer-token",
        TO + HSM,
        account=replace(ACCOUNT, secrets={**ACCOUNT.secrets, "authentication_token": (TOKEN, "older-token-0002")}),
    ),
    _request(
        "moved-base",
        TO + HSM,
        account=replace(ACCOUNT, urls={"api_base": "http://127.0.0.1:8090/wavy/"}),
        url="http://127.0.0.1:8090/wavy/v1/whatsapp/send",
    ),
    _request(
        "template",
        TO + b'{"template":{' + NAMED + b',"bodyParameters":' + TEXTS + b"}}}",
        options=TEMPLATE_STYLE,
    ),
    _request(
        "template-otherwise-named",
        TO + b'{"ttl":30,"template":{' + NAMED + b',"parameters":' + TEXTS + b"}}}",
        options=TEMPLATE_STYLE | {"body_parameters": "parameters", "ttl_days": "30"},
    ),
    _request(
        "template-without-placeholders",
        TO + b'{"template":{' + NAMED + b"}}}",
        message=replace(MESSAGE, parameters={}),
        options=TEMPLATE_STYLE,
    ),
    _request(
        "header-text",
        TO + b'{"template":{' + NAMED + b',"header":{"title":"Ana"},"bodyParameters":' + TEXTS + b"}}}",
        message=replace(MESSAGE, header="Ana"),
        options=TEMPLATE_STYLE,
    ),
    _request(
        "header-image",
        TO + b'{"template":{' + NAMED + b',"header":{"element":{"url":"https://example.com/a%20b.png?x=1.gif",'
        b'"type":"PNG","caption":"a%20b.png"}}}}}',
        message=replace(MESSAGE, header=PICTURE, parameters={}),
        options=TEMPLATE_STYLE,
    ),
    _request(
        "header-document",
        TO + b'{"template":{' + NAMED + b',"header":{"element":{"url":"https://example.com/letter",'
        b'"type":"PDF","caption":"Letter"}}}}}',
        message=replace(
            MESSAGE, header=OutgoingMedia(MediaKind.DOCUMENT, "https://example.com/letter", "Letter"), parameters={}
        ),
        options=TEMPLATE_STYLE,
    ),
    _request(
        "header-video",
        TO + b'{"template":{' + NAMED + b',"header":{"element":{"url":"https://example.com/","type":"MP4"}}}}}',
        message=replace(MESSAGE, header=OutgoingMedia(MediaKind.VIDEO, "https://example.com/"), parameters={}),
        options=TEMPLATE_STYLE,
    ),
)  # fmt: skip

# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DESTINATION = {"id": ID, "correlationId": REFERENCE, "destination": "14155550123"}
ACCEPTED = {"id": OTHER_ID, "destinations": [DESTINATION], "a_field_of_next_year": {"nested": []}}
RECEIPT = Receipt(ID, "+14155550123")


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"} | (headers or {}), json.dumps(body).encode())


def refusal(code: object, status: int = 400, headers: dict[str, str] | None = None) -> HttpResponse:
    return _json(status, {"errorCode": code, "errorMessage": "Whatever 14155550123."}, headers)


def _unknown(code: str, **more: Unpack[UnknownFields]) -> Failure:
    return Failure(Disposition.UNKNOWN, code, **more)


def _slower(code: str, retry_after_s: float | None = None) -> Failure:
    return Failure(Disposition.NOT_ACCEPTED, code, Again.BACK_OFF, True, retry_after_s)


def _refused(code: str) -> Failure:
    return Failure(Disposition.REFUSED, code)


def _unusable(code: str) -> Failure:
    return Failure(Disposition.SENDER_UNUSABLE, code)


def _accepted(name: str, body: object, expected: Receipt | Failure = RECEIPT) -> AnswerCase:
    return AnswerCase(name, _json(200, body), expected)


ANSWERS = (
    _accepted("accepted", ACCEPTED),
    AnswerCase("accepted-with-201", _json(201, ACCEPTED), RECEIPT),
    # Quirk(wavy) answer-spelled-otherwise
    _accepted("otherwise-spelled", {"Id": ID, "destination": [{"Id": ID, "destination": "14155550123."}]}),
    # Quirk(wavy) blanks-in-names
    _accepted("blanks-in-names", {"destinations ": [{" id": f" {ID} ", "destination\t": "+1(415) 555-0123"}]}),
    _accepted("id-alone", {"destinations": [{"id": ID}]}, Receipt(ID)),
    _accepted("id-as-number", {"destinations": [{"id": 17}]}, Receipt("17")),
    _accepted("odd-recipient", {"destinations": [{"id": ID, "destination": "someone"}]}, Receipt(ID)),
    _accepted("second-destination", {"destinations": [{"id": None}, DESTINATION]}),
    _accepted("id-of-the-request-alone", {"id": ID, "destinations": []}, _unknown("http-200")),
    _accepted("id-null", {"destinations": [DESTINATION | {"id": None}]}, _unknown("http-200")),
    _accepted("id-of-another-shape", {"destinations": [DESTINATION | {"id": "a b"}]}, _unknown("http-200")),
    _accepted("destination-as-text", {"destinations": ["14155550123"]}, _unknown("http-200")),
    _accepted("a-list", [ACCEPTED], _unknown("http-200")),
    _accepted("refused-with-200", {"errorCode": 401, "errorMessage": "No."}, _unknown("http-200")),
    # Quirk(wavy) error-code-repeats-status
    AnswerCase("unauthorized", refusal(401, 401), _unusable("http-401")),
    AnswerCase("forbidden", refusal(403, 403), _unusable("http-403")),
    AnswerCase("unauthorized-otherwise", refusal(999, 401), _unusable("999")),
    AnswerCase("unauthorized-with-a-code-of-statuses", refusal(204, 401), _unusable("204")),
    AnswerCase("not-found", HttpResponse(404, {}, b"<html>"), _unusable("http-404")),
    AnswerCase("not-allowed", HttpResponse(405, {}, b"<html>"), _unusable("http-405")),
    AnswerCase("bad-request", refusal(400), _refused("http-400")),
    AnswerCase("bad-request-html", HttpResponse(400, {}, b"<html>"), _refused("http-400")),
    AnswerCase("precondition", refusal(412, 412), _refused("http-412")),
    AnswerCase("another-4xx", HttpResponse(422, {}, b""), _refused("http-422")),
    AnswerCase("code-as-text", refusal("207"), _refused("207")),
    AnswerCase("code-of-another-shape", refusal("to 14155550123"), _refused("http-400")),
    AnswerCase("request-timeout", HttpResponse(408, {}, b""), _unknown("http-408")),
    AnswerCase("found", HttpResponse(302, {"location": "https://example.com/"}, b""), _unknown("http-302")),
    # Quirk(wavy) throttles-with-420
    AnswerCase("rate-limited", refusal(420, 420), _slower("http-420")),
    AnswerCase("rate-limited-wish", refusal(420, 420, {"retry-after": "3"}), _slower("http-420", retry_after_s=3.0)),
    AnswerCase("too-many", refusal(429, 429), _slower("http-429")),
    AnswerCase("too-many-with-a-refusal", refusal(202, 429), _slower("202")),
    AnswerCase("internal-error", refusal(500, 500), _unknown("http-500")),
    AnswerCase("internal-error-with-a-refusal", refusal(202, 500), _unknown("202")),
    AnswerCase("gateway-timeout", HttpResponse(504, {}, b""), _unknown("http-504")),
)

# ── codes: the classes of the reference, written down once more ─────────────────────────────────────────────────────

BY_CLASS: dict[tuple[Disposition, Again], str] = {
    (Disposition.REFUSED, Again.NEVER): "101 201 202 203 205 206 207 209 210 211 212",
    (Disposition.REFUSED, Again.NEXT_DAY): "102 103 104 301 311",
    (Disposition.SUPPRESS, Again.NEVER): "204",
}
CODES = {
    code: Failure(disposition, code, again, closes_window=code == "210")
    for (disposition, again), codes in BY_CLASS.items()
    for code in codes.split()
}
OF_DELIVERY = frozenset({"101", "104"})  # the message was sent, and this is what became of it

# ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────────────

JSON_HEADERS = {"content-type": "application/json"}
SENT_AT = datetime(2026, 3, 14, 11, 58, 0, 250_000, tzinfo=UTC)
DELIVERED_AT = datetime(2026, 3, 14, 11, 58, 2, tzinfo=UTC)
READ_AT = datetime(2026, 3, 14, 11, 59, 0, tzinfo=UTC)
SENT_MS, DELIVERED_MS, READ_MS = 1_773_489_480_250, 1_773_489_482_000, 1_773_489_540_000
TOMORROW_MS = 1_773_576_000_000

STATUS = {
    "id": ID,
    "correlationId": REFERENCE,
    "destination": "14155550123",
    "origin": "14155550100",
    "campaignId": 100,
    "campaignAlias": "spring",
    "flowId": None,
    "extraInfo": '{"sentStatusCode": 202}',
    "conversationID": "made-up",
}
SENT = {
    "sent": True, "sentStatusCode": 2, "sentStatus": "SENT_SUCCESS", "sentDate": "2026-03-14T11:58:00.250Z",
    "sentAt": SENT_MS, "delivered": False, "deliveredStatusCode": None, "deliveredStatus": None,
    "deliveredDate": None, "deliveredAt": None, "read": False, "readDate": None, "readAt": None,
    "updatedDate": "2026-03-14T11:58:00.250Z", "updatedAt": SENT_MS,
}  # fmt: skip
DELIVERED = SENT | {
    "delivered": True, "deliveredStatusCode": 4, "deliveredStatus": "DELIVERED_SUCCESS",
    "deliveredDate": "2026-03-14T11:58:02.000Z", "deliveredAt": DELIVERED_MS, "updatedAt": DELIVERED_MS,
}  # fmt: skip
READ = DELIVERED | {
    "read": True, "deliveredStatusCode": 5, "deliveredStatus": "READ_SUCCESS",
    "readDate": "2026-03-14T11:59:00.000Z", "readAt": READ_MS, "updatedAt": READ_MS,
}  # fmt: skip


def batch(*records: object, **more: object) -> RawWebhook:
    client = {"customerId": 42, "subAccountId": 7, "userId": 1}
    body = {"total": len(records), "data": records, "clientInfo": client} | more
    return make_webhook(HOOK, json.dumps(body).encode(), JSON_HEADERS)


def failed_with(code: str) -> RawWebhook:
    if code in OF_DELIVERY:
        return batch(STATUS | SENT | {"deliveredStatusCode": int(code), "deliveredAt": DELIVERED_MS})
    return batch(STATUS | SENT | {"sent": False, "sentStatusCode": int(code)})


def _reported(word: DeliveryStatus, at: datetime, error: Failure | None = None) -> Reported:
    return Reported(word, ID, REFERENCE, at, error, ("+14155550123",))


WORD = DeliveryStatus
OK_SENT, OK_DELIVERED = _reported(WORD.SENT, SENT_AT), _reported(WORD.DELIVERED, DELIVERED_AT)
OK_READ = _reported(WORD.READ, READ_AT)


def _status(name: str, record: dict[str, object], *expected: Reported | Unrecognised) -> WebhookCase:
    return WebhookCase(name, batch(STATUS | record), EventClass.STATUS, expected)


def _without(record: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in record.items() if name not in names}


STATUSES = (
    _status("sent", SENT, OK_SENT),
    _status("delivered", DELIVERED, OK_DELIVERED),
    _status("read", READ, OK_READ),
    _status(
        "read-by-its-code", READ | {"read": False, "readAt": None, "readDate": None}, replace(OK_READ, at=DELIVERED_AT)
    ),
    _status("read-by-its-flag", READ | {"deliveredStatusCode": 4}, OK_READ),
    _status("read-without-delivery", READ | {"deliveredStatusCode": None, "delivered": False}, OK_READ),
    _status("read-after-all", READ | {"sentStatusCode": 102, "deliveredStatusCode": 104}, OK_READ),
    _status("delivered-after-all", DELIVERED | {"sent": False, "sentStatusCode": 102}, OK_DELIVERED),
    _status(
        "expired",
        SENT | {"delivered": False, "deliveredStatusCode": 101, "deliveredAt": DELIVERED_MS},
        _reported(WORD.FAILED, DELIVERED_AT, CODES["101"]),
    ),
    _status(
        "not-delivered-though-the-flag-says-so",
        DELIVERED | {"deliveredStatusCode": 104},
        _reported(WORD.FAILED, DELIVERED_AT, CODES["104"]),
    ),
    _status("not-sent", SENT | {"sentStatusCode": 202}, _reported(WORD.FAILED, SENT_AT, CODES["202"])),
    _status("unknown-code", SENT | {"sentStatusCode": 998}, _reported(WORD.FAILED, SENT_AT, _refused("998"))),
    _status(
        "unknown-code-of-delivery",
        SENT | {"deliveredStatusCode": 999},
        _reported(WORD.FAILED, SENT_AT, _refused("999")),
    ),
    _status("code-that-is-no-failure", SENT | {"sentStatusCode": 1}, OK_SENT),
    _status("code-that-is-no-failure-either", DELIVERED | {"deliveredStatusCode": 1}, OK_DELIVERED),
    _status("flag-alone", _without(SENT, "sentStatusCode") | {"deliveredStatusCode": None}, OK_SENT),
    _status("code-alone", {"sentStatusCode": 2, "sentAt": SENT_MS}, OK_SENT),
    # Quirk(wavy) numbers-as-texts
    _status(
        "as-texts",
        {"sent ": "true", "sentStatusCode ": "2 ", "sentAt": f"{SENT_MS}", "deliveredStatusCode": " 4", "delivered": 1}
        | {"deliveredAt": str(DELIVERED_MS), "read": "false", "readAt": ""},
        OK_DELIVERED,
    ),
    # Quirk(wavy) times-twice
    _status("date-alone", SENT | {"sentAt": None}, OK_SENT),
    _status("date-with-an-offset", SENT | {"sentAt": None, "sentDate": "2026-03-14T08:58:00.250-0300"}, OK_SENT),
    _status("date-in-the-other-field", SENT | {"sentAt": "2026-03-14T11:58:00.250Z", "sentDate": SENT_MS}, OK_SENT),
    _status("in-seconds", SENT | {"sentAt": 1_773_489_482}, replace(OK_SENT, at=DELIVERED_AT)),
    _status(
        "when-updated", SENT | {"sentAt": None, "sentDate": None, "updatedAt": READ_MS}, replace(OK_SENT, at=READ_AT)
    ),
    _status("without-a-time", {"sentStatusCode": 2}, replace(OK_SENT, at=NOON)),
    _status("at-no-time", {"sentStatusCode": 2, "sentAt": 0, "updatedDate": "yesterday"}, replace(OK_SENT, at=NOON)),
    _status("before-whatsapp", SENT | {"sentAt": 17, "updatedAt": "0001-01-01"}, OK_SENT),
    _status("in-the-future", SENT | {"sentAt": TOMORROW_MS}, replace(OK_SENT, at=NOON)),
    _status("without-reference", SENT | {"correlationId": None}, replace(OK_SENT, reference=None)),
    _status("reference-as-number", SENT | {"correlationId": 17}, replace(OK_SENT, reference="17")),
    _status("recipient-punctuated", SENT | {"destination": "+1 (415) 555-0123"}, OK_SENT),
    _status("recipient-unreadable", SENT | {"destination": "someone"}, replace(OK_SENT, addresses=())),
    _status("no-id", SENT | {"id": None}, Unrecognised("status:no-id")),
    _status("id-of-another-shape", SENT | {"id": "a b"}, Unrecognised("status:no-id")),
    _status("underway", SENT | {"sent": False, "sentStatusCode": None}, Unrecognised("status:nothing")),
    WebhookCase(
        "three-at-once",
        batch(STATUS | READ | {"id": OTHER_ID}, STATUS | SENT | {"id": ""}, "no record", STATUS | SENT),
        EventClass.STATUS,
        (replace(OK_READ, provider_message_id=OTHER_ID), Unrecognised("status:no-id"), OK_SENT),
    ),
)

# ── a contact's messages ────────────────────────────────────────────────────────────────────────────────────────────

RECEIVED_AT = datetime(2026, 3, 14, 11, 59, 30, 473_000, tzinfo=UTC)
MESSAGE_IN = {
    "id": OTHER_ID,
    "source": "14155550123",
    "origin": "14155550100",
    "userProfile": {"name": ""},
    "campaignId": 100,
    "correlationId": None,
    "campaignAlias": None,
    "flowId": None,
    "extraInfo": '{"segmentation_list": [{"id": 26, "active": true}]}',
    "receivedAt": 1_773_489_570_473,
    "receivedDate": "2026-03-14T11:59:30.473Z",
    "session": {"id": "made-up", "createdAt": 1_773_489_570_473},
}
YES = {"type": "TEXT", "messageText": "yes"}
CODES_IN_A_TEXT = '", "sentStatusCode": 2, "x": "'
CARD = {
    "name": {"first_name": "Ana", "formatted_name": "Ana Paz", "last_name": "Paz"},
    "org": {"company": "Clinic"},
    "phones": [{"phone": "+1 415 555 0110", "type": "HOME"}, {"phone": "+1 415 555 0111", "wa_id": "14155550111"}],
    "birthday": "1990-01-01",
}


def _event(content: Content, **expected: Unpack[HeardFields]) -> MessageReceived:
    event = MessageReceived(OTHER_ID, ("+14155550123",), "+14155550100", RECEIVED_AT, content)
    return replace(event, **expected)


def _received(
    name: str,
    message: object,
    content: Content,
    record: dict[str, object] | None = None,
    **expected: Unpack[HeardFields],
) -> WebhookCase:
    """A contact's message, with these fields in its record; and the event that is expected of it."""
    raw = batch(MESSAGE_IN | {"message": message} | (record or {}))
    return WebhookCase(name, raw, EventClass.INBOUND, (_event(content, **expected),))


def _yes(name: str, record: dict[str, object], **expected: Unpack[HeardFields]) -> WebhookCase:
    return _received(name, YES, Content(ContentKind.TEXT, "yes"), record, **expected)


def _media(kind: ContentKind, mime_type: str, word: str | None = None, caption: str | None = "my leg") -> WebhookCase:
    url = "https://media.example.com/1"
    fields = {"type": word or kind.value.upper(), "mediaUrl": url, "mimeType": mime_type, "caption": caption}
    content = Content(kind, caption or "", media=(IncomingMedia(mime_type, url),))
    return _received(f"{kind}-{fields['type']}-{caption}", fields, content)


def _ignored(name: str, raw: RawWebhook, kind: str) -> WebhookCase:
    return WebhookCase(name, raw, EventClass.INBOUND, (Unrecognised(kind),))


CLINIC = Location(-34.9, -56.16, "Clinic", "18 de Julio 1234")

MESSAGES = (
    _yes("text", {}),
    _received(
        "text-like-a-status",
        {"type": "TEXT", "messageText": CODES_IN_A_TEXT},
        Content(ContentKind.TEXT, CODES_IN_A_TEXT),
    ),
    _received("text-kept-as-it-is", {"type": "TEXT", "messageText": " y\0es\n"}, Content(ContentKind.TEXT, " yes\n")),
    _received(
        "text-cut-in-a-character", {"type": "TEXT", "messageText": "yes \ud83d"}, Content(ContentKind.TEXT, "yes ?")
    ),
    _received("text-in-lower-case", {"type": "text", "messageText": "yes"}, Content(ContentKind.TEXT, "yes")),
    _received("text-without-a-type", {"messageText": "yes"}, Content(ContentKind.TEXT, "yes")),
    _received("text-of-a-new-type", {"type": "BUTTON", "messageText": "STOP"}, Content(ContentKind.TEXT, "STOP")),
    _yes("named", {"userProfile": {"name": " Ana "}}, profile_name="Ana"),
    _yes("profile-of-another-shape", {"userProfile": "Ana"}),
    _yes("last-message", {"correlationId": REFERENCE}, reference=REFERENCE),
    _yes("last-message-of-somebody-else-s", {"correlationId": 12}, reference="12"),
    _yes("punctuated", {"source": "+1(415) 555-0123", "origin": "+14155550100"}),
    _yes("to-something-else", {"origin": "the clinic"}, to=None),
    _yes("id-as-number", {"id": 17}, provider_message_id="17"),
    _yes("date-alone", {"receivedAt": None}),
    _yes("date-in-the-other-field", {"receivedAt": "2026-03-14T11:59:30.473Z", "receivedDate": None}),
    _yes("without-a-time", {"receivedAt": None, "receivedDate": ""}, at=NOON),
    _yes("in-the-future", {"receivedAt": TOMORROW_MS}, at=NOON),
    _media(ContentKind.IMAGE, "image/jpg"),
    _media(ContentKind.IMAGE, "image/png", caption=None),
    _media(ContentKind.AUDIO, "audio/ogg", caption=None),
    _media(ContentKind.DOCUMENT, "application/pdf"),
    _media(ContentKind.VIDEO, "video/mp4"),
    _media(ContentKind.STICKER, "image/webp", caption=None),
    _media(ContentKind.IMAGE, "image/png", word="HOLOGRAM"),
    _media(ContentKind.DOCUMENT, "application/pdf", word="TEXT"),
    _media(ContentKind.VIDEO, "", word="video"),
    _media(ContentKind.DOCUMENT, "", word="HOLOGRAM"),
    _received("image-without-a-file", {"type": "IMAGE", "caption": "my leg"}, Content(ContentKind.IMAGE, "my leg")),
    _received(
        "location",
        {"location": {"geoPoint": "-34.900000,-56.160000", "name": "Clinic", "address": "18 de Julio 1234"}},
        Content(ContentKind.LOCATION, location=CLINIC),
    ),
    # Quirk(wavy) no-type
    _received(
        "location-with-blanks",
        {"type": "LOCATION", "location": {"geoPoint": " -34.9, -56.16 "}},
        Content(ContentKind.LOCATION, location=Location(-34.9, -56.16)),
    ),
    *(
        _received(
            f"location-{point}", {"location": {"geoPoint": point, "name": "Clinic"}}, Content(ContentKind.UNKNOWN)
        )
        for point in ("nan,1e999", "-34.9", "91,0", "1,2,3", "")
    ),
    _received(
        "contacts",
        {"contacts": [CARD, {"name": {"first_name": "Eva"}, "phones": None}, "no card"]},
        Content(ContentKind.CONTACTS, "Ana Paz +1 415 555 0110 +1 415 555 0111\nEva"),
    ),
    _received("contacts-without-names", {"contacts": [{"birthday": "1990-01-01"}]}, Content(ContentKind.CONTACTS)),
    _received("no-contacts", {"contacts": []}, Content(ContentKind.UNKNOWN)),
    _received("unknown-type", {"type": "HOLOGRAM"}, Content(ContentKind.UNKNOWN)),
    _received("empty-text", {"type": "TEXT", "messageText": " "}, Content(ContentKind.UNKNOWN)),
    _received("message-of-another-shape", "yes", Content(ContentKind.UNKNOWN)),
    _ignored("in-a-group", batch(MESSAGE_IN | {"message": YES | {"waGroupId": "g-1"}}), "message:group"),
    _ignored("no-sender", batch(MESSAGE_IN | {"message": YES, "source": None}), "message:no-sender"),
    _ignored("sender-without-number", batch(MESSAGE_IN | {"message": YES, "source": "US.1234"}), "message:no-sender"),
    _ignored("no-message-id", batch(MESSAGE_IN | {"message": YES, "id": ""}), "message:no-id"),
    WebhookCase(
        "two-at-once",
        batch(MESSAGE_IN | {"message": YES, "id": ID}, MESSAGE_IN | {"message": YES}, total="2"),
        EventClass.INBOUND,
        (
            _event(Content(ContentKind.TEXT, "yes"), provider_message_id=ID),
            _event(Content(ContentKind.TEXT, "yes")),
        ),
    ),
    _ignored("another-record", batch({"id": ID, "somethingNew": True}), "other"),
    _ignored("no-records", batch(), "empty"),
    _ignored("records-of-another-shape", batch(data={"id": ID}), "empty"),
    _ignored("no-data", make_webhook(HOOK, b"{}"), "empty"),
    _ignored("nothing", make_webhook(HOOK, b""), "malformed"),
    _ignored("a-list", make_webhook(HOOK, b"[]"), "malformed"),
    _ignored("a-form", make_webhook(HOOK, b"data=1&sent=true"), "malformed"),
    _ignored("too-deep", make_webhook(HOOK, b'{"data":' + b"[" * 100_000), "malformed"),
    _ignored("too-large-a-number", make_webhook(HOOK, b'{"data":[{"id":1' + b"0" * 5_000 + b"}]}"), "malformed"),
    WebhookCase(
        "with-a-byte-order-mark",
        replace(batch(STATUS | SENT), body=b"\xef\xbb\xbf" + batch(STATUS | SENT).body),
        EventClass.STATUS,
        (OK_SENT,),
    ),
    WebhookCase(
        "not-utf-8",
        replace(batch(STATUS | SENT), body=batch(STATUS | SENT).body.replace(b"spring", b"\xff\xfe")),
        EventClass.STATUS,
        (OK_SENT,),
    ),
)

# ── free-form messages ──────────────────────────────────────────────────────────────────────────────────────────────


def _free(name: str, message: FreeMessage, body: bytes) -> FreeCase:
    return FreeCase(name, message, HttpRequest("POST", URL, HEADERS, TO + body + b"}"))


def _file(kind: MediaKind, url: str, filename: str | None = None, text: str = "") -> FreeMessage:
    return FreeMessage("+14155550123", text, OutgoingMedia(kind, url, filename))


FREE = (
    _free(
        "text",
        FreeMessage("+14155550123", "¡Hasta mañana! & 50 %"),
        b'{"messageText":"\\u00a1Hasta ma\\u00f1ana! & 50 %"}',
    ),
    _free(
        "image",
        FreeMessage("+14155550123", "the map", PICTURE),
        b'{"image":{"url":"https://example.com/a%20b.png?x=1.gif","type":"PNG","caption":"the map"}}',
    ),
    _free(
        "image-without-caption",
        _file(MediaKind.IMAGE, "https://example.com/map", "map.jpg"),
        b'{"image":{"url":"https://example.com/map","type":"JPEG"}}',
    ),
    _free(
        "audio",
        _file(MediaKind.AUDIO, "https://example.com/1"),
        b'{"audio":{"url":"https://example.com/1","type":"MP3"}}',
    ),
    _free(
        "document",
        _file(MediaKind.DOCUMENT, "https://example.com/1#top.x", "Letter.docx"),
        b'{"document":{"url":"https://example.com/1#top.x","type":"DOCX","caption":"Letter.docx"}}',
    ),
    _free(
        "document-with-caption",
        _file(MediaKind.DOCUMENT, "https://example.com/1", text="your letter"),
        b'{"document":{"url":"https://example.com/1","type":"PDF","caption":"your letter"}}',
    ),
)

# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

LINK = "https://media.example.com/a%20b.ogg"
FILES = (
    FileCase("by-its-link", IncomingMedia("audio/ogg", LINK), HttpRequest("GET", LINK, {}, b"")),
    FileCase("without-a-link", IncomingMedia("audio/ogg"), Failure(Disposition.REFUSED, "no-link")),
)

WAVY = ProviderCases(
    dialect=DIALECT,
    account=ACCOUNT,
    message=MESSAGE,
    accepted=_json(200, ACCEPTED),
    receipt=RECEIPT,
    requests=REQUESTS,
    answers=ANSWERS,
    webhooks=STATUSES + MESSAGES,
    codes=CODES,
    unknown_code="999",
    answer_with=refusal,
    status_with=failed_with,
    unsendable={
        "no-number": (ACCOUNT, replace(MESSAGE, to="US.1234")),
        "no-video": (ACCOUNT, _file(MediaKind.VIDEO, "https://example.com/a.mp4")),
        "long-title": (replace(ACCOUNT, options=TEMPLATE_STYLE), replace(MESSAGE, header="x" * 61)),
        "named": (ACCOUNT, replace(MESSAGE, parameters={"first_name": "Ana"})),
        "buttons": (ACCOUNT, replace(MESSAGE, buttons=(ButtonParameter(0, ButtonKind.URL, "suffix"),))),
        "header": (ACCOUNT, replace(MESSAGE, header="Ana")),
        "location": (
            replace(ACCOUNT, options=TEMPLATE_STYLE),
            replace(MESSAGE, header=OutgoingPlace("-34.9", "-56.1", "Clinic", "Calle 1")),
        ),
        "option": (replace(ACCOUNT, options={"ttl_days": "31"}), MESSAGE),
    },
    unsigned=batch(MESSAGE_IN | {"message": YES}),
    free=FREE,
    files=FILES,
    kinds=frozenset(
        {
            ContentKind.TEXT,
            ContentKind.IMAGE,
            ContentKind.VIDEO,
            ContentKind.AUDIO,
            ContentKind.DOCUMENT,
            ContentKind.STICKER,
            ContentKind.LOCATION,
            ContentKind.CONTACTS,
            ContentKind.UNKNOWN,
        }
    ),
    knows_user_ids=False,
)
