"""Hey's tables for the contract suite: exact requests, answers, codes, webhooks."""

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
    MessageReceived,
    RawWebhook,
    Unrecognised,
)
from shared.providers.hey import DIALECT
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from tests.contract.providers.fields import HeardFields, ReportedFields, UnknownFields
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

HOOK = "https://hooks.example.com/webhooks/hey/clinic/s/made-up-path"
MESSAGE_ID = "wamid.HBgLMTQxNTU1NTAxMjMVAgASGBQzQTAwMDAwMDAwMDAwMDAwMDAwMQA="
ANOTHER_ID = "wamid.HBgLMTQxNTU1NTAxMjMVAgASGBQzQTAwMDAwMDAwMDAwMDAwMDAwMgA="
EARLIER = datetime(2026, 3, 14, 11, 59, 30, 244_000, tzinfo=UTC)
EARLIER_TEXT = "2026-03-14T11:59:30.244Z"

ACCOUNT = Account(
    provider="hey",
    tenant=TenantId("acme"),
    sender=SenderId("clinic"),
    address="+14155550100",
    urls={"api_base": "", "client_base": "https://api.heynowbots.com"},
    secrets={
        "domain": ("https://direct.example.com/ws",),
        "channel": ("35",),
        "platform_id": ("100200300",),
        "partner_token": ("newest-token-0001", "older-token-0002"),
        "username": ("reports",),
        "password": ("client-password-0003",),
    },
    options={"domain": "https://direct.example.com/ws", "channel": "35", "platform_id": "100200300"},
)
MESSAGE = TemplateMessage(
    to="+14155550123",
    name="appointment_reminder",
    language="en",
    provider_id=None,
    parameters={"1": "dentist", "2": "Tuesday 9:30 & é"},
)

# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

URL = "https://direct.example.com/ws/35/100200300/14155550123"
HEADERS = {
    "partner-token": "newest-token-0001",
    "Content-Type": "application/json",
    "Accept": "application/json",
}
BASE = (
    b'"partnerUser": {"id": "clinic", "names": "Oriel", "lastNames": ""}, '
    b'"idMessageHey": "cabcdefghijklmnop.17.1.qrstuvwx"'
)
HSM = (
    b'"hsm": {"elementName": "appointment_reminder", "languageCode": "en", '
    b'"parameters": ["dentist", "Tuesday 9:30 & \\u00e9"]}}'
)
BODY = b"{" + BASE + b', "massive": true, "proactive": true, ' + HSM


def _with(account: Account = ACCOUNT, **options: str) -> Account:
    return replace(account, options={**account.options, **options})


def _domain(domain: str) -> Account:
    return replace(ACCOUNT, secrets={**ACCOUNT.secrets, "domain": (domain,)})


def _request(
    name: str, account: Account = ACCOUNT, body: bytes = BODY, url: str = URL, message: TemplateMessage = MESSAGE
) -> RequestCase:
    return RequestCase(name, account, message, HOOK, HttpRequest("POST", url, HEADERS, body))


REQUESTS = (
    _request("number"),
    _request("business-scoped-id", url=URL.replace("14155550123", "US.1234"), message=replace(MESSAGE, to="US.1234")),
    _request(
        "no-placeholders",
        body=BODY.replace(b'["dentist", "Tuesday 9:30 & \\u00e9"]', b"[]"),
        message=replace(MESSAGE, parameters={}),
    ),
    _request(
        "namespace",
        _with(namespace="made_up_1"),
        BODY.replace(b'"hsm": {', b'"hsm": {"namespace": "made_up_1", '),
    ),
    _request(
        "fields-of-other-names",
        _with(field_massive="mass", field_proactive="", field_hsm="template", field_element_name="name"),
        BODY.replace(b'"massive": true, "proactive": true, "hsm"', b'"mass": true, "template"').replace(
            b'"elementName"', b'"name"'
        ),
    ),
    _request(
        "partner-user",
        _with(partner_user="49", partner_names="Ana", partner_last_names="Paz"),
        BODY.replace(b'"clinic", "names": "Oriel", "lastNames": ""', b'"49", "names": "Ana", "lastNames": "Paz"'),
    ),
    _request(
        "path",
        _with(send_path="v2/{platform_id}/{channel}/to/{client_id}/campaign"),
        url="https://direct.example.com/ws/v2/100200300/35/to/14155550123/campaign",
    ),
    _request("domain-without-scheme", _domain("direct.example.com/ws/")),
    _request(
        "platform-with-a-slash",
        replace(ACCOUNT, secrets={**ACCOUNT.secrets, "platform_id": ("a/b {client_id}",)}),
        url="https://direct.example.com/ws/35/a%2Fb%20%7Bclient_id%7D/14155550123",
    ),
    _request(
        "moved-base",
        replace(ACCOUNT, urls={"api_base": "http://127.0.0.1:8090/hey/"}),
        url="http://127.0.0.1:8090/hey/35/100200300/14155550123",
    ),
)

# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"} | (headers or {}), json.dumps(body).encode())


def _unknown(code: str, **more: Unpack[UnknownFields]) -> Failure:
    return Failure(Disposition.UNKNOWN, code, **more)


def _refused(code: str) -> Failure:
    return Failure(Disposition.REFUSED, code)


def _unusable(code: str) -> Failure:
    return Failure(Disposition.SENDER_UNUSABLE, code)


def _slower(retry_after_s: float | None = None) -> Failure:
    return Failure(Disposition.NOT_ACCEPTED, "http-429", Again.BACK_OFF, True, retry_after_s)


ACCEPTED = {"success": True, "idMessage": MESSAGE_ID, "a_field_of_next_year": {"nested": []}}
NAMELESS = Receipt("")
PAGE = b"\n<html><title>Welcome</title>"

ANSWERS = (
    AnswerCase("empty", HttpResponse(200, {}, b""), NAMELESS),
    AnswerCase("text", HttpResponse(200, {}, b"OK"), NAMELESS),
    AnswerCase("other-json", _json(200, {"ok": True}), NAMELESS),
    AnswerCase("a-list", _json(200, [ACCEPTED]), NAMELESS),
    AnswerCase("with-id", _json(200, ACCEPTED), Receipt(MESSAGE_ID)),
    AnswerCase("with-id-null", _json(200, ACCEPTED | {"idMessage": None}), NAMELESS),
    AnswerCase("with-id-of-another-shape", _json(200, ACCEPTED | {"idMessage": "a b\n"}), NAMELESS),
    AnswerCase("created", HttpResponse(201, {}, b""), NAMELESS),
    AnswerCase("no-content", HttpResponse(204, {}, b""), NAMELESS),
    AnswerCase("a-page", HttpResponse(200, {}, PAGE), _unknown("http-200")),
    AnswerCase("contradiction", _json(200, {"success": False, "idMessage": MESSAGE_ID}), _unknown("http-200")),
    AnswerCase("already-accepted", _json(409, {"error": "known"}), NAMELESS),
    AnswerCase("already-accepted-empty", HttpResponse(409, {}, b""), NAMELESS),
    AnswerCase("already-accepted-with-id", _json(409, {"idMessage": MESSAGE_ID}), Receipt(MESSAGE_ID)),
    AnswerCase("conflict-by-a-page", HttpResponse(409, {}, PAGE), _unknown("http-409")),
    *(AnswerCase(f"refused-{status}", _json(status, {}), _refused(f"http-{status}")) for status in (400, 404, 422)),
    *(
        AnswerCase(f"unusable-{status}", HttpResponse(status, {}, PAGE), _unusable(f"http-{status}"))
        for status in (401, 403)
    ),
    AnswerCase("throttled", HttpResponse(429, {"retry-after": "3"}, b""), _slower(retry_after_s=3.0)),
    AnswerCase("unavailable", HttpResponse(503, {"retry-after": "5"}, b""), _unknown("http-503", retry_after_s=5.0)),
    *(
        AnswerCase(f"unnamed-{status}", HttpResponse(status, {}, b""), _unknown(f"http-{status}"))
        for status in (100, 302, 402, 405, 408, 410, 413, 418, 500)
    ),
)

# ── codes: the classes of the reference, written down once more ─────────────────────────────────────────────────────

BY_CLASS: dict[tuple[Disposition, Again], str] = {
    (Disposition.NOT_ACCEPTED, Again.BACK_OFF): "301 311",
    (Disposition.REFUSED, Again.BACK_OFF): "102",
    (Disposition.REFUSED, Again.NEXT_DAY): "103 104",
    (Disposition.REFUSED, Again.NEVER): "101 201 202 203 205 206 207 209 210 211 212",
    (Disposition.SUPPRESS, Again.NEVER): "204",
}
CODES = {
    code: Failure(disposition, code, again, closes_window=code == "210")
    for (disposition, again), codes in BY_CLASS.items()
    for code in codes.split()
}

# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

SESSION = "1978906aac984295"
KEY = {"channel": 35, "platformId": "100200300", "clientId": "14155550123", "session": SESSION}
EVENT = {
    "key": KEY,
    "new": {"idMessage": MESSAGE_ID, "date": EARLIER_TEXT, "headerMessage": "whatever"},
    "newMessage": True,
    "ability": "default",
}
TRACE = {
    "idMessage": ANOTHER_ID,
    "incoming": True,
    "message": "an older message",
    "date": "2026-03-13T08:00:00.000Z",
    "sequence": "None",
    "event": {"new": {}, "key": KEY},
}
RECEIVED = KEY | {
    "companyId": 20_000,
    "contactId": "14155550123",
    "idMessage": MESSAGE_ID,
    "incoming": True,
    "message": "yes",
    "massive": False,
    "proactive": False,
    "whatsAppSession": True,
    "endSession": False,
    "date": EARLIER_TEXT,
    "lastUpdate": EARLIER_TEXT,
    "options": "None",
    "sequence": "None",
    "lastMessageTrace": TRACE,
}
SENT = RECEIVED | {"incoming": False, "massive": True, "proactive": True, "lastMessageTrace": "None"}
FILE_URL = "https://files.example.com/00020000/0123456789abcdef.jpg?sig=made-up"


def body(data: object, event: object = EVENT) -> RawWebhook:
    return make_webhook(HOOK, json.dumps({"event": event, "data": data}).encode(), {"content-type": "application/json"})


def _without(fields: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name not in names}


def _received(
    name: str,
    data: dict[str, object],
    event: object = EVENT,
    content: Content = Content(ContentKind.TEXT, "yes"),  # noqa: B008 (frozen)
    **expected: Unpack[HeardFields],
) -> WebhookCase:
    """A contact's message, and the event that is expected of it."""
    message = MessageReceived(MESSAGE_ID, ("+14155550123",), "100200300", EARLIER, content, thread=SESSION)
    return WebhookCase(name, body(RECEIVED | data, event), EventClass.INBOUND, (replace(message, **expected),))


def _media(kind: ContentKind, mime_type: object, text: str = "") -> WebhookCase:
    file = {
        "mimeType": mime_type,
        "encode": "base64",
        "name": "1530846018323043",
        "size": 86_328,
        "temporalId": "68557248210aa730cf20627a",
        "urlFileshare": FILE_URL,
        "channel": 35,
        "platformId": "100200300",
    }
    content = Content(kind, text, media=(IncomingMedia(str(mime_type or ""), FILE_URL, filename="1530846018323043"),))
    fields = RECEIVED | {"metaData": {"temporal": [file]}, "message": text}
    return _received(f"{kind}-{mime_type}", fields if text else fields | {"message": None}, content=content)


def _ignored(name: str, raw: RawWebhook, kind: str, queue: EventClass = EventClass.INBOUND) -> WebhookCase:
    return WebhookCase(name, raw, queue, (Unrecognised(kind),))


def channel_status(sent: object, delivered: object = None) -> dict[str, object]:
    fields = {"sentStatus": "WHATEVER", "sentStatusCode": sent, "deliveredStatusCode": delivered}
    return {"metaData": {"channelStatus": {name: value for name, value in fields.items() if value is not None}}}


def failed_with(code: str) -> RawWebhook:
    return body(SENT | {"idMessageHey": REFERENCE} | channel_status(2, int(code)))


def _reported(
    word: DeliveryStatus,
    error: Failure | None = None,
    **more: Unpack[ReportedFields],
) -> Reported:
    return replace(Reported(word, MESSAGE_ID, REFERENCE, EARLIER, error, ("+14155550123",)), **more)


def _status(
    name: str,
    data: dict[str, object],
    *expected: Reported,
    queue: EventClass = EventClass.STATUS,
    event: object = EVENT,
) -> WebhookCase:
    return WebhookCase(name, body(SENT | data, event), queue, expected)


def _says(name: str, sent: object, delivered: object, expected: Reported) -> WebhookCase:
    return _status(name, {"idMessageHey": REFERENCE} | channel_status(sent, delivered), expected)


def _traced(**fields: object) -> dict[str, object]:
    """The trace of a message that went out: the event's own, unless its fields differ."""
    same = _without(TRACE, "idMessage", "date") | {"incoming": False, "idMessageHey": REFERENCE}
    return {"lastMessageTrace": same | fields}


WORD = DeliveryStatus
LATER = datetime(2026, 3, 14, 12, 0, 5, tzinfo=UTC)

WEBHOOKS = (
    # ── contacts' messages ──
    _received("text", {}),
    _received(
        "text-like-a-status", {"message": '"incoming":false'}, content=Content(ContentKind.TEXT, '"incoming":false')
    ),
    _received("text-with-nul", {"message": "y\0es"}),
    _received(
        "half-an-emoji", {"headerMessage": "\ud83d", "message": "yes\ud83d"}, content=Content(ContentKind.TEXT, "yes?")
    ),
    _received("number-as-text", {"message": 7}, content=Content(ContentKind.TEXT, "7")),
    _received("neither-text-nor-file", {"message": None}, content=Content(ContentKind.UNKNOWN)),
    _received("no-trace", {"lastMessageTrace": None}),
    # Quirk(hey) trace-is-older
    _received("trace-of-ours", _traced(**channel_status(2, 5)) | {"incoming": True}),
    _received("options-and-sequence", {"options": {"a": 1}, "sequence": ["a"]}),
    _received("plus-before-digits", {"clientId": "+14155550123"}),
    _received("digits-as-number", {"clientId": 14_155_550_123}),
    _received("without-number", {"clientId": "US.1234"}, addresses=("US.1234",)),
    _received("no-platform", {"platformId": None}, to=None),
    _received("platform-as-number", {"platformId": 100_200_300}),
    _received("no-date", {"date": None}, at=NOON),
    _received("date-without-zone", {"date": "2026-03-14 11:59:30"}, at=NOON),
    _received("date-before-all-dates", {"date": "0001-01-01T00:00:00+14:00"}, at=NOON),
    _received("date-of-another-zone", {"date": "2026-03-14T08:59:30.244-03:00"}),
    _received("another-whatsapp-channel", {"channel": 6}),
    _received(
        "name", {}, EVENT | {"new": {"__contact": {"first_name": "Ana", "last_name": "Paz"}}}, profile_name="Ana Paz"
    ),
    _received("first-name", {}, EVENT | {"new": {"__contact": {"first_name": "Ana"}}}, profile_name="Ana"),
    _received("name-of-another-type", {}, EVENT | {"new": {"__contact": ["Ana"]}}),
    # Quirk(hey) none-as-text
    _received("new-is-none", {}, EVENT | {"new": "None"}),
    _media(ContentKind.IMAGE, "image/jpeg"),
    _media(ContentKind.IMAGE, "image/jpeg", "the receipt"),
    _media(ContentKind.STICKER, "image/webp"),
    _media(ContentKind.VIDEO, "video/mp4", "look"),
    _media(ContentKind.AUDIO, "audio/ogg; codecs=opus"),
    _media(ContentKind.DOCUMENT, "application/pdf"),
    _media(ContentKind.DOCUMENT, None),
    _media(ContentKind.AUDIO, "audio/ogg", "STOP"),
    _received(
        "file-without-url",
        {"metaData": {"temporal": [{"mimeType": "image/png", "temporalId": "a1"}]}, "message": None},
        content=Content(ContentKind.IMAGE, media=(IncomingMedia("image/png", media_id="a1"),)),
    ),
    _received("files-that-are-none", {"metaData": {"temporal": [{"mimeType": "image/png"}, "None", None]}}),
    _received("files-of-another-type", {"metaData": {"temporal": "None"}}),
    _received("meta-data-is-none", {"metaData": "None"}),
    # ── what became of ours ──
    _says("sent", 2, None, _reported(WORD.SENT)),
    _says("sent-as-text", "2 ", None, _reported(WORD.SENT)),
    _says("delivered", 2, 4, _reported(WORD.DELIVERED)),
    _says("read", "2", "5", _reported(WORD.READ)),
    # Quirk(hey) numbers-of-the-channel
    _says("failed-to-send", 202, None, _reported(WORD.FAILED, CODES["202"])),
    _says("failed-to-deliver", 2, 104, _reported(WORD.FAILED, CODES["104"])),
    _says("failed-unknown-code", 2, 999, _reported(WORD.FAILED, _refused("999"))),
    _says("underway", 1, None, _reported(WORD.SENT)),
    _says("unknown-after-sent", 2, 3, _reported(WORD.SENT)),
    _status("without-reference", channel_status(2, 4), _reported(WORD.DELIVERED, reference=None)),
    _status(
        "no-ability",
        {"idMessageHey": REFERENCE} | channel_status(2, 4),
        _reported(WORD.DELIVERED),
        event=EVENT | {"ability": ""},
    ),
    _status("reference-in-the-trace", channel_status(2, 4) | _traced(), _reported(WORD.DELIVERED)),
    _status("status-in-the-trace", _traced(idMessage=MESSAGE_ID, **channel_status(2, 5)), _reported(WORD.READ)),
    _status(
        "all-in-the-trace",
        {"idMessage": None} | _traced(idMessage=MESSAGE_ID, **channel_status(2, 5)),
        _reported(WORD.READ),
    ),
    _status(
        "trace-of-another",
        channel_status(2, 4) | _traced(idMessage=ANOTHER_ID, date=EARLIER_TEXT, **channel_status(2, 5)),
        _reported(WORD.DELIVERED, reference=None),
        _reported(WORD.READ, provider_message_id=ANOTHER_ID),
    ),
    _status(
        "trace-of-another-reference",
        {"idMessageHey": "d1b0"} | _traced(lastUpdate=EARLIER_TEXT, **channel_status(2, 5)),
        _reported(WORD.SENT, reference="d1b0"),
        _reported(WORD.READ, provider_message_id=""),
    ),
    _status(
        "status-of-another-in-the-trace",
        _traced(idMessage=ANOTHER_ID, date=EARLIER_TEXT, **channel_status(2, 5)),
        _reported(WORD.READ, provider_message_id=ANOTHER_ID),
    ),
    _status(
        "trace-of-a-contact",
        {"idMessageHey": REFERENCE, "lastMessageTrace": TRACE | channel_status(2, 5)},
        _reported(WORD.SENT),
        queue=EventClass.INBOUND,
    ),
    _status("echo", {"idMessageHey": REFERENCE}, _reported(WORD.SENT)),
    _status("echo-in-the-trace", _traced(), _reported(WORD.SENT)),
    _status("echo-without-id", {"idMessage": None} | _traced(), _reported(WORD.SENT, provider_message_id="")),
    _status("echo-of-somebody-else-s", {"idMessageHey": "d1b0"}, _reported(WORD.SENT, reference="d1b0")),
    _status("later", {"idMessageHey": REFERENCE, "lastUpdate": "2026-03-14T12:00:05Z"}, _reported(WORD.SENT, at=LATER)),
    _status("no-time", {"idMessageHey": REFERENCE, "lastUpdate": 0, "date": 0}, _reported(WORD.SENT, at=NOON)),
    _status("recipient-unreadable", {"idMessageHey": REFERENCE, "clientId": "x"}, _reported(WORD.SENT, addresses=())),
    # ── what means nothing to us ──
    _ignored("written-by-an-agent", body(SENT), "outgoing", EventClass.STATUS),
    _ignored(
        "status-of-nothing", body(SENT | {"idMessage": None} | channel_status(2)), "status:other", EventClass.STATUS
    ),
    _ignored("underway-without-reference", body(SENT | channel_status(1)), "status:other", EventClass.STATUS),
    # Quirk(hey) no-ability
    _ignored("empty-ability", body(RECEIVED, EVENT | {"ability": ""}), "no-ability"),
    _ignored("missing-ability", body(RECEIVED, _without(EVENT, "ability")), "no-ability"),
    _ignored("no-event", body(RECEIVED, None), "no-ability"),
    _ignored("no-id", body(RECEIVED | {"idMessage": None}), "message:no-id"),
    _ignored("id-of-another-shape", body(RECEIVED | {"idMessage": "a b"}), "message:no-id"),
    _ignored("no-sender", body(RECEIVED | {"clientId": None}), "message:no-sender"),
    _ignored("sender-without-number", body(RECEIVED | {"clientId": "someone"}), "message:no-sender"),
    *(
        # Quirk(hey) other-channels
        _ignored(f"channel-{n}", body(RECEIVED | {"channel": n}), "other-channel")
        for n in (2, 3, 4, 24, 28, 29, 31, 32)
    ),
    _ignored("neither-in-nor-out", body(_without(RECEIVED, "incoming", "lastMessageTrace")), "other"),
    _ignored("incoming-as-text", body(_without(RECEIVED, "lastMessageTrace") | {"incoming": "true"}), "other"),
    _ignored("no-data", body(None), "other"),
    _ignored("nothing", make_webhook(HOOK, b""), "malformed"),
    _ignored("a-list", make_webhook(HOOK, b"[]"), "malformed"),
    _ignored("a-form", make_webhook(HOOK, b"incoming=true"), "malformed"),
    _ignored("too-deep", make_webhook(HOOK, b'{"data":' * 20_000), "malformed"),
    _ignored("too-large-a-number", make_webhook(HOOK, b'{"data":{"clientId":1' + b"0" * 5_000 + b"}}"), "malformed"),
)

# ── free-form messages ──────────────────────────────────────────────────────────────────────────────────────────────

FREE = (
    FreeCase(
        "text",
        FreeMessage("+14155550123", "¡Hasta mañana! & 50 %"),
        HttpRequest("POST", URL, HEADERS, b'{"text": "\\u00a1Hasta ma\\u00f1ana! & 50 %", ' + BASE + b"}"),
    ),
    FreeCase(
        "in-its-session",
        FreeMessage("+14155550123", "of course", thread="s/1"),
        HttpRequest("POST", f"{URL}/s%2F1", HEADERS, b'{"text": "of course", ' + BASE + b"}"),
    ),
    FreeCase(
        "business-scoped-id",
        FreeMessage("US.1234", "of course"),
        HttpRequest("POST", URL.replace("14155550123", "US.1234"), HEADERS, b'{"text": "of course", ' + BASE + b"}"),
    ),
)

# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

LINK = "https://files.example.com/temporal/1?expires=2"
FILES = (
    FileCase("by-its-link", IncomingMedia("audio/ogg", LINK), HttpRequest("GET", LINK, {}, b"")),
    FileCase("without-a-link", IncomingMedia("audio/ogg", media_id="t-1"), Failure(Disposition.REFUSED, "no-link")),
)

HEY = ProviderCases(
    dialect=DIALECT,
    account=ACCOUNT,
    message=MESSAGE,
    accepted=_json(200, ACCEPTED),
    receipt=Receipt(MESSAGE_ID),
    requests=REQUESTS,
    answers=ANSWERS,
    webhooks=WEBHOOKS,
    codes=CODES,
    unknown_code="999",
    answer_with=None,
    status_with=failed_with,
    unsendable={
        "hsm-parts": (ACCOUNT, replace(MESSAGE, header="Ana")),
        "hsm-names": (ACCOUNT, replace(MESSAGE, parameters={"first_name": "Ana"})),
        "send-path": (_with(send_path="/{channel}/{platform_id}"), MESSAGE),
    },
    unsigned=body(RECEIVED),
    accepting=frozenset({*range(200, 300), 409}),
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
            ContentKind.UNKNOWN,
        }
    ),
)
