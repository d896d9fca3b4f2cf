"""Meta's tables for the contract suite: exact requests, answers, lists, probes, and how it signs.

Its codes and webhooks are in `meta_webhook_cases`.
"""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Unpack
from urllib.parse import quote

from shared.ground.errors import Again, Disposition
from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.ids import SenderId, TenantId
from shared.providers.account import Account
from shared.providers.events import IncomingMedia, RawWebhook
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    Choice,
    FreeMessage,
    MediaKind,
    OutgoingMedia,
    OutgoingPlace,
    Receipt,
    TemplateMessage,
)
from shared.providers.meta import DIALECT
from shared.providers.templates import (
    ListedButton,
    ListedTemplate,
    TemplatePage,
    digest_texts,
    name_unknown_part,
)
from tests.contract.providers.fields import FreeFields, ListedFields, UnknownFields
from tests.contract.providers.harness import (
    GONE,
    AnswerCase,
    Failure,
    FileCase,
    FindingCase,
    FreeCase,
    HandshakeCase,
    PageCase,
    ProviderCases,
    RequestCase,
)
from tests.contract.providers.meta_thread_cases import THREADS
from tests.contract.providers.meta_webhook_cases import (
    BSUID,
    CODES,
    HOOK,
    NUMBER_ID,
    UNSIGNED,
    WABA_ID,
    WAMID,
    WEBHOOKS,
    failed_with,
)

NEWEST, OLDER, WRONG = "newest-secret-0001", "older-secret-0002", "nobodys-secret-0009"
TOKEN = "made-up-token-0003"

ACCOUNT = Account(
    provider="meta",
    tenant=TenantId("acme"),
    sender=SenderId("clinic"),
    address="+14155550100",
    urls={"api_base": "https://graph.facebook.com"},
    secrets={
        "phone_number_id": (NUMBER_ID,),
        "waba_id": (WABA_ID,),
        "access_token": (TOKEN,),
        "app_secret": (NEWEST, OLDER),
        "verify_token": ("verify-0004", "verify-0005"),
    },
)
MESSAGE = TemplateMessage(
    to="+14155550123",
    name="appointment_reminder",
    language="es_AR",
    provider_id="1234567890",
    parameters={"1": "dentist", "2": 'Tuesday 9:30 "é"'},
)
PICTURE = OutgoingMedia(MediaKind.IMAGE, "https://example.com/a%20b.png?x=1")
LEAFLET = OutgoingMedia(MediaKind.DOCUMENT, "https://example.com/leaflet", "leaflet.pdf")

# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

URL = f"https://graph.facebook.com/v25.0/{NUMBER_ID}/messages"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
HEAD = b'{"messaging_product":"whatsapp","recipient_type":"individual",'
# Quirk(meta) country-without-plus
TO = HEAD + b'"to":"+14155550123",'
TO_USER_ID = HEAD + b'"recipient":"US.13491208655302741918",'
DATA = b'"biz_opaque_callback_data":"cabcdefghijklmnop.17.1.qrstuvwx",'
TEMPLATE = b'"type":"template",' + DATA + b'"template":{"name":"appointment_reminder","language":{"code":"es_AR"}'
TEXTS = b'[{"type":"text","text":"dentist"},{"type":"text","text":"Tuesday 9:30 \\"\\u00e9\\""}]'
BODY = b'{"type":"body","parameters":' + TEXTS + b"}"
WITH_BODY = TEMPLATE + b',"components":[' + BODY + b"]}}"


def _with(*components: bytes) -> bytes:
    return TEMPLATE + b',"components":[' + b",".join(components) + b"]}}"


def _request(
    name: str, body: bytes, message: TemplateMessage = MESSAGE, account: Account = ACCOUNT, url: str = URL
) -> RequestCase:
    return RequestCase(name, account, message, HOOK, HttpRequest("POST", url, HEADERS, body))


REQUESTS = (
    _request("number", TO + WITH_BODY),
    _request("user-id", TO_USER_ID + WITH_BODY, message=replace(MESSAGE, to=BSUID)),
    _request("no-placeholders", TO + TEMPLATE + b"}}", message=replace(MESSAGE, parameters={})),
    _request(
        "ten-placeholders",
        TO
        + _with(
            b'{"type":"body","parameters":['
            + b",".join(b'{"type":"text","text":"t%d"}' % n for n in range(1, 11))
            + b"]}"
        ),
        message=replace(MESSAGE, parameters={str(n): f"t{n}" for n in range(1, 11)}),
    ),
    _request(
        "named-placeholders",
        TO
        + _with(
            b'{"type":"body","parameters":[{"type":"text","parameter_name":"first_name","text":"Ana"},'
            b'{"type":"text","parameter_name":"day","text":"Tuesday"}]}'
        ),
        message=replace(MESSAGE, parameters={"first_name": "Ana", "day": "Tuesday"}),
    ),
    _request(
        "header-text",
        TO + _with(b'{"type":"header","parameters":[{"type":"text","text":"Ana"}]}', BODY),
        message=replace(MESSAGE, header="Ana"),
    ),
    _request(
        "header-text-with-a-name",
        TO
        + _with(
            b'{"type":"header","parameters":[{"type":"text","parameter_name":"city","text":"Salto"}]}',
            b'{"type":"body","parameters":[{"type":"text","parameter_name":"first_name","text":"Ana"}]}',
        ),
        message=replace(MESSAGE, header="Salto", header_name="city", parameters={"first_name": "Ana"}),
    ),
    _request(
        "header-image",
        TO
        + _with(
            b'{"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a%20b.png?x=1"}}]}',
            BODY,
        ),
        message=replace(MESSAGE, header=PICTURE),
    ),
    _request(
        "header-document-and-names",
        TO
        + _with(
            b'{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/leaflet",'
            b'"filename":"leaflet.pdf"}}]}',
            b'{"type":"body","parameters":[{"type":"text","parameter_name":"first_name","text":"Ana"}]}',
        ),
        message=replace(MESSAGE, header=LEAFLET, parameters={"first_name": "Ana"}),
    ),
    _request(
        "header-video-alone",
        TO + _with(b'{"type":"header","parameters":[{"type":"video","video":{"link":"https://example.com/a.mp4"}}]}'),
        message=replace(
            MESSAGE, header=OutgoingMedia(MediaKind.VIDEO, "https://example.com/a.mp4", "a.mp4"), parameters={}
        ),
    ),
    _request(
        "buttons",
        TO
        + _with(
            BODY,
            # Quirk(meta) index-as-text
            b'{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"OPT_OUT"}]}',
            b'{"type":"button","sub_type":"url","index":"2","parameters":[{"type":"text","text":"id00231"}]}',
        ),
        message=replace(
            MESSAGE,
            buttons=(
                ButtonParameter(0, ButtonKind.QUICK_REPLY, "OPT_OUT"),
                ButtonParameter(2, ButtonKind.URL, "id00231"),
            ),
        ),
    ),
    _request(
        "header-location",
        TO
        + _with(
            b'{"type":"header","parameters":[{"type":"location","location":{"latitude":"-34.9011",'
            b'"longitude":"-56.1645","name":"Clinic","address":"Calle 1"}}]}',
            BODY,
        ),
        message=replace(MESSAGE, header=OutgoingPlace("-34.9011", "-56.1645", "Clinic", "Calle 1")),
    ),
    _request(
        "coupon-code",
        TO
        + _with(
            BODY,
            b'{"type":"button","sub_type":"copy_code","index":"1",'
            b'"parameters":[{"type":"coupon_code","coupon_code":"25OFF"}]}',
        ),
        message=replace(MESSAGE, buttons=(ButtonParameter(1, ButtonKind.COPY_CODE, "25OFF"),)),
    ),
    *(
        _request(
            f"{category}-by-{endpoint}",
            TO + WITH_BODY,
            message=replace(MESSAGE, category=category),
            account=replace(ACCOUNT, options=options),
            url=URL.removesuffix("messages") + endpoint,
        )
        for category, options, endpoint in (
            ("marketing", {}, "marketing_messages"),
            ("marketing", {"marketing_endpoint": "messages"}, "messages"),
            ("utility", {}, "messages"),
            ("authentication", {}, "messages"),
        )
    ),
    _request(
        "newer-token",
        TO + WITH_BODY,
        account=replace(ACCOUNT, secrets={**ACCOUNT.secrets, "access_token": (TOKEN, "older-token-0006")}),
    ),
    _request(
        "another-version",
        TO + WITH_BODY,
        account=replace(ACCOUNT, options={"api_version": "v24.0"}),
        url=URL.replace("v25.0", "v24.0"),
    ),
    _request(
        "moved-base",
        TO + WITH_BODY,
        account=replace(ACCOUNT, urls={"api_base": "http://127.0.0.1:8090/meta/"}),
        url=f"http://127.0.0.1:8090/meta/v25.0/{NUMBER_ID}/messages",
    ),
)

# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CONTACTS = [{"input": "+14155550123", "wa_id": "14155550123", "user_id": BSUID}]
TAKEN = {"messaging_product": "whatsapp", "contacts": CONTACTS, "messages": [{"id": WAMID}]}
RECEIPT = Receipt(WAMID, "+14155550123", (BSUID,))


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"} | (headers or {}), json.dumps(body).encode())


def refusal(code: object, status: int = 400, headers: dict[str, str] | None = None) -> HttpResponse:
    details = {"messaging_product": "whatsapp", "details": "Whatever +14155550123."}
    error = {"message": f"(#{code}) Whatever", "type": "OAuthException", "code": code, "error_data": details}
    return _json(status, {"error": error | {"fbtrace_id": "A0"}}, headers)


def _paced(message_status: str) -> HttpResponse:
    return _json(200, TAKEN | {"messages": [{"id": WAMID, "message_status": message_status}]})


def _unknown(code: str, **more: Unpack[UnknownFields]) -> Failure:
    return Failure(Disposition.UNKNOWN, code, **more)


def _slower(code: str, retry_after_s: float | None = None, wait_s: float = 0.0) -> Failure:
    return Failure(Disposition.NOT_ACCEPTED, code, Again.BACK_OFF, True, retry_after_s, wait_s=wait_s)


def _unusable(code: str) -> Failure:
    return Failure(Disposition.SENDER_UNUSABLE, code)


ANSWERS = (
    AnswerCase("taken", _json(200, TAKEN), RECEIPT),
    AnswerCase("accepted", _paced("accepted"), RECEIPT),
    AnswerCase("held", _paced("held_for_quality_assessment"), RECEIPT),
    AnswerCase("paced-in-a-new-way", _paced("dreaming"), RECEIPT),
    # Quirk(meta) paused-with-200
    AnswerCase("paused", _paced("paused"), Failure(Disposition.TEMPLATE_UNUSABLE, "132015")),
    AnswerCase("id-alone", _json(200, {"messages": [{"id": WAMID}]}), Receipt(WAMID)),
    AnswerCase(
        "otherwise-called",
        _json(200, TAKEN | {"contacts": [{"input": "+5555991234567", "wa_id": "555591234567"}]}),
        Receipt(WAMID, "+555591234567"),
    ),
    AnswerCase(
        "user-id", _json(200, TAKEN | {"contacts": [{"input": BSUID, "user_id": BSUID}]}), Receipt(WAMID, BSUID)
    ),
    AnswerCase("odd-contact", _json(200, TAKEN | {"contacts": [7, {"wa_id": "Ana"}]}), Receipt(WAMID)),
    AnswerCase("id-empty", _json(200, TAKEN | {"messages": [{"id": ""}]}), _unknown("http-200")),
    AnswerCase("id-null", _json(200, TAKEN | {"messages": [{"id": None}]}), _unknown("http-200")),
    AnswerCase("id-of-another-shape", _json(200, TAKEN | {"messages": [{"id": "to Ana\n"}]}), _unknown("http-200")),
    AnswerCase("no-messages", _json(200, TAKEN | {"messages": {}}), _unknown("http-200")),
    AnswerCase("an-error-within-200", refusal(131026, 200), _unknown("http-200")),
    AnswerCase("a-list", _json(200, [TAKEN]), _unknown("http-200")),
    AnswerCase("code-as-text", refusal("131026"), Failure(Disposition.REFUSED, "131026")),
    AnswerCase("code-of-another-shape", refusal("+14155550123"), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("code-beyond-reason", refusal(14_155_550_123), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("code-negative", refusal(-1), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("error-as-text", _json(400, {"error": "no"}), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("html-400", HttpResponse(400, {}, b"<html>"), Failure(Disposition.REFUSED, "http-400")),
    AnswerCase("html-401", HttpResponse(401, {}, b"<html>"), _unusable("http-401")),
    AnswerCase("html-403", HttpResponse(403, {}, b"<html>"), _unusable("http-403")),
    AnswerCase("html-404", HttpResponse(404, {}, b"<html>"), _unusable("http-404")),
    AnswerCase("html-408", HttpResponse(408, {}, b"<html>"), _unknown("http-408")),
    AnswerCase("html-429", HttpResponse(429, {}, b"<html>"), _slower("http-429")),
    AnswerCase("redirect", HttpResponse(302, {"location": "https://example.com/"}, b""), _unknown("http-302")),
    AnswerCase("expired-token", refusal(190, 401), _unusable("190")),
    AnswerCase("unknown-code-401", refusal(199_999, 401), _unusable("199999")),
    AnswerCase("not-the-template-404", refusal(132001, 404), Failure(Disposition.TEMPLATE_UNUSABLE, "132001")),
    AnswerCase("throughput", refusal(130429, 429, {"retry-after": "3"}), _slower("130429", retry_after_s=3.0)),
    # Quirk(meta) foreign-code-with-429
    AnswerCase("foreign-code-429", refusal(613, 429), _slower("613")),
    AnswerCase("refused-code-429", refusal(131026, 429), _slower("131026")),
    AnswerCase("pair-429", refusal(131056, 429), _slower("131056", wait_s=64.0)),
    AnswerCase("spam-429", refusal(131048, 429), replace(_slower("131048"), again=Again.NEXT_DAY)),
    AnswerCase("unavailable", refusal(131016, 500), _unknown("131016")),
    AnswerCase(
        "something-went-wrong", refusal(131000, 500, {"retry-after": "5"}), _unknown("131000", retry_after_s=5.0)
    ),
    AnswerCase("unknown-code-500", refusal(199_999, 500), _unknown("199999")),
    AnswerCase("refused-code-500", refusal(131026, 500), _unknown("131026")),
    AnswerCase("throttling-code-503", refusal(130429, 503), _unknown("130429", throttles=True)),
)

# ── free-form messages ──────────────────────────────────────────────────────────────────────────────────────────────


def _free(name: str, body: bytes, **message: Unpack[FreeFields]) -> FreeCase:
    whole = replace(FreeMessage("+14155550123"), **message)
    return FreeCase(name, whole, HttpRequest("POST", URL, HEADERS, body))


FREE = (
    _free(
        "text",
        TO + b'"type":"text",' + DATA + b'"text":{"preview_url":false,"body":"\\u00a1Ma\\u00f1ana! https://example.com"}}',
        text="¡Mañana! https://example.com",
    ),
    _free(
        "text-to-a-user-id",
        TO_USER_ID + b'"type":"text",' + DATA + b'"text":{"preview_url":false,"body":"of course"}}',
        to=BSUID,
        text="of course",
    ),
    _free(
        "answer",
        TO
        + b'"context":{"message_id":"' + WAMID.encode() + b'"},"type":"text",'
        + DATA + b'"text":{"preview_url":false,"body":"of course"}}',
        text="of course",
        reply_to=WAMID,
    ),
    _free(
        "image",
        TO + b'"type":"image",' + DATA + b'"image":{"link":"https://example.com/a%20b.png?x=1","caption":"the map"}}',
        text="the map",
        media=PICTURE,
    ),
    _free(
        "document",
        TO
        + b'"type":"document",'
        + DATA
        + b'"document":{"link":"https://example.com/leaflet","caption":"read this","filename":"leaflet.pdf"}}',
        text="read this",
        media=LEAFLET,
    ),
    _free(
        "sound",
        TO + b'"type":"audio",' + DATA + b'"audio":{"link":"https://example.com/a.mp3"}}',
        media=OutgoingMedia(MediaKind.AUDIO, "https://example.com/a.mp3", "a.mp3"),
    ),
    _free(
        "video",
        TO + b'"type":"video",' + DATA + b'"video":{"link":"https://example.com/a.mp4"}}',
        media=OutgoingMedia(MediaKind.VIDEO, "https://example.com/a.mp4"),
    ),
    _free(
        "quick-replies",
        TO
        + b'"type":"interactive",'
        + DATA
        + b'"interactive":{"type":"button","body":{"text":"When?"},"action":{"buttons":['
        b'{"type":"reply","reply":{"id":"a","title":"Now"}},{"type":"reply","reply":{"id":"b","title":"Later"}}]}}}',
        text="When?",
        choices=(Choice("a", "Now"), Choice("b", "Later")),
    ),
    _free(
        "list-in-answer",
        TO
        + b'"context":{"message_id":"' + WAMID.encode() + b'"},"type":"interactive",'
        + DATA
        + b'"interactive":{"type":"list","body":{"text":"When?"},"action":{"button":"Days","sections":[{"rows":['
        b'{"id":"m","title":"Monday","description":"9 to 5"},{"id":"t","title":"Tuesday"}]}]}}}',
        text="When?",
        choices=(Choice("m", "Monday", "9 to 5"), Choice("t", "Tuesday")),
        list_button="Days",
        reply_to=WAMID,
    ),
)  # fmt: skip

# ── questions: the handshake, lists of templates, probes ────────────────────────────────────────────────────────────────

QUERY = {"hub.mode": "subscribe", "hub.verify_token": "verify-0004", "hub.challenge": "1158201444"}
HANDSHAKES = (
    HandshakeCase("newest-token", QUERY, "1158201444"),
    HandshakeCase("older-token", QUERY | {"hub.verify_token": "verify-0005"}, "1158201444"),
    HandshakeCase("wrong-token", QUERY | {"hub.verify_token": "verify-0009"}, None),
    HandshakeCase("nonsense-token", QUERY | {"hub.verify_token": "ä\ud800"}, None),
    HandshakeCase("empty-token", QUERY | {"hub.verify_token": ""}, None),
    HandshakeCase("no-token", {"hub.mode": "subscribe", "hub.challenge": "1"}, None),
    HandshakeCase("another-mode", QUERY | {"hub.mode": "unsubscribe"}, None),
    HandshakeCase("no-challenge", {"hub.mode": "subscribe", "hub.verify_token": "verify-0004"}, None),
    HandshakeCase("markup-as-challenge", QUERY | {"hub.challenge": "<script>"}, None),
    HandshakeCase("nothing", {}, None),
)

FIELDS = "fields=id,name,language,status,category,quality_score,components,rejected_reason&limit=100"
LIST_URL = f"https://graph.facebook.com/v25.0/{WABA_ID}/message_templates?{FIELDS}"
WHOLE = {
    "id": "1234567890",
    "name": "appointment_reminder",
    "language": "es_AR",
    "status": "APPROVED",
    "category": "UTILITY",
    "quality_score": {"score": "GREEN", "date": 1},
    "rejected_reason": "NONE",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Hola {{1}}"},
        {"type": "BODY", "text": "Su cita: {{1}} el {{2}}", "example": {"body_text": [["a", "b"]]}},
        {"type": "FOOTER", "text": "Clinic"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Confirmar"},
                {
                    "type": "URL",
                    "text": "Ver",
                    "url": "https://example.com/{{1}}",
                    "example": ["https://example.com/1"],
                },
                {"type": "URL", "text": "Web", "url": "https://example.com/"},
                {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+14155550100"},
                {"type": "COPY_CODE", "text": "Copiar"},
            ],
        },
    ],
}
LISTED = ListedTemplate(
    "appointment_reminder", "es_AR", "1234567890", "approved", "utility", "Su cita: {{1}} el {{2}}", "green", "text",
    "Hola {{1}}",
    (
        ListedButton("quick_reply", "Confirmar", takes=True),
        ListedButton("url", "Ver", takes=True),
        ListedButton("url", "Web"),
        ListedButton("phone", "Llamar"),
        ListedButton("copy_code", "Copiar", takes=True),
    ),
    fixed=digest_texts("Clinic", "", "https://example.com/{{1}}", "https://example.com/", "+14155550100", ""),
)  # fmt: skip
BARE = {"id": "2", "name": "news", "language": "en", "components": [{"type": "BODY", "text": "Hi"}]}
BARE_LISTED = ListedTemplate("news", "en", "2", "pending", "marketing", "Hi")


def _page(*found: object, **paging: object) -> HttpResponse:
    return _json(200, {"data": list(found), "paging": paging})


def _standing(name: str, fields: dict[str, object], /, **expected: Unpack[ListedFields]) -> PageCase:
    return PageCase(name, _page(BARE | fields), TemplatePage([replace(BARE_LISTED, **expected)]))


def _buttons(*buttons: dict[str, str]) -> dict[str, object]:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def _button(kind: str, said: str) -> tuple[str, list[dict[str, object]], ListedFields]:
    button = ListedButton(kind.lower(), "Open")
    return kind, [_buttons({"type": kind, "text": "Open"})], {"unfillable": (said,), "buttons": (button,)}


UNFILLABLE: tuple[tuple[str, list[dict[str, object]], ListedFields], ...] = (
    ("CAROUSEL", [{"type": "CAROUSEL", "cards": [{"components": []}]}], {"unfillable": ("a carousel",)}),
    ("LIMITED_TIME_OFFER", [{"type": "limited_time_offer"}], {"unfillable": ("a limited-time offer",)}),
    (
        "CALL_PERMISSION_REQUEST",
        [{"type": "CALL_PERMISSION_REQUEST"}],
        {"unfillable": ("a request for permission to call",)},
    ),
    ("SOMETHING_NEW", [{"type": "SOMETHING_NEW"}], {"unfillable": (name_unknown_part("SOMETHING_NEW"),)}),
    ("words", [{"type": "call Ana"}], {"unfillable": (name_unknown_part(""),)}),
    ("GIF", [{"type": "HEADER", "format": "GIF"}], {"unfillable": (name_unknown_part("GIF"),)}),
    _button("FLOW", "a button for a flow"),
    _button("CATALOG", "a button for a catalogue or for products"),
    _button("MPM", "a button for a catalogue or for products"),
    _button("SPM", "a button for a catalogue or for products"),
    _button("REMINDER", name_unknown_part("REMINDER")),
)
ONE_TIME = {
    "as-created": {"type": "OTP", "text": "Copy"},
    "as-a-link": {
        "type": "URL",
        "text": "Copy",
        "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
    },
}
PAGES = (
    # Quirk(meta) cursor-behind-the-last
    PageCase("whole", _page(WHOLE, cursors={"before": "a", "after": "b"}), TemplatePage([LISTED])),
    PageCase(
        "more",
        _page(WHOLE, cursors={"before": "a", "after": "b&c"}, next=f"{LIST_URL}&after=b"),
        TemplatePage([LISTED], "b&c"),
    ),
    PageCase("none", _page(), TemplatePage([])),
    PageCase("odd-ones", _page(None, 7, {"name": "no_language"}, {"language": "en"}, WHOLE), TemplatePage([LISTED])),
    *(
        _standing(word, {"status": word}, status=status)
        for word, status in {
            "APPROVED": "approved",
            "PENDING": "pending",
            "IN_APPEAL": "pending",
            "REJECTED": "rejected",
            "PAUSED": "paused",
            "DISABLED": "disabled",
            "LIMIT_EXCEEDED": "rejected",
            "ON_THE_MOON": "pending",
        }.items()
    ),
    *(
        _standing(f"out-of-use-{word}", {"status": word}, status="disabled", reason=word)
        for word in ("PENDING_DELETION", "DELETED", "ARCHIVED")
    ),
    *(
        _standing(f"unfillable-{name}", {"components": [*BARE["components"], *parts]}, **more)
        for name, parts, more in UNFILLABLE
    ),
    # Quirk(meta) otp-as-url
    *(
        _standing(
            f"one-time-code-{name}",
            {"components": [{"type": "BODY", "text": "*{{1}}* is your code."}, _buttons(button)]},
            body="*{{1}}* is your code.",
            buttons=(ListedButton("otp", "Copy"),),
            fixed=digest_texts("", button.get("url", "")),
        )
        for name, button in ONE_TIME.items()
    ),
    _standing(
        "reason",
        {"status": "REJECTED", "rejected_reason": "ABUSIVE_CONTENT"},
        status="rejected",
        reason="ABUSIVE_CONTENT",
    ),
    _standing("authentication", {"category": "AUTHENTICATION"}, category="authentication"),
    _standing("category-of-its-own", {"category": "GOSSIP"}),
    _standing("red", {"quality_score": {"score": "RED"}}, quality="red"),
    _standing("of-no-colour", {"quality_score": {"score": "PINK"}}),
    _standing("image", {"components": [{"type": "HEADER", "format": "IMAGE"}, *BARE["components"]]}, header="image"),
    _standing(
        "place", {"components": [{"type": "HEADER", "format": "LOCATION"}, *BARE["components"]]}, header="location"
    ),
    _standing("named", {"components": [{"type": "BODY", "text": "Hi {{first_name}}"}]}, body="Hi {{first_name}}"),
    _standing("without-a-body", {"components": "?"}, body="…"),
    PageCase("html", HttpResponse(200, {}, b"<html>"), _unknown("http-200")),
    PageCase("other-json", _json(200, {"data": 7}), _unknown("http-200")),
    PageCase("expired", refusal(190, 401), _unusable("190")),
    PageCase("throttled", refusal(4, 400), _slower("4")),
)

NUMBER = {
    "id": NUMBER_ID,
    "display_phone_number": "+1 415-555-0100",
    "verified_name": "Clinic",
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "platform_type": "CLOUD_API",
    "name_status": "APPROVED",
    "throughput": {"level": "STANDARD"},
    "whatsapp_business_manager_messaging_limit": "TIER_2K",
}
APPS = {"data": [{"whatsapp_business_api_data": {"id": "5", "name": "Oriel", "link": "https://example.com"}}]}


def _number(name: str, fields: dict[str, object], *says: str) -> FindingCase:
    return FindingCase(name, "number", _json(200, NUMBER | fields), False, says)


FINDINGS = (
    FindingCase("good", "number", _json(200, NUMBER), True, ("Clinic", "green", "standard", "2000")),
    FindingCase(
        "unlimited",
        "number",
        _json(200, NUMBER | {"whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED"}),
        True,
        ("without a limit",),
    ),
    FindingCase("told-nothing", "number", _json(200, {"id": NUMBER_ID}), True, ("connected",)),
    _number("another-number", {"display_phone_number": "+1 415-555-0199"}, "phone_number_id", "address"),
    _number("offline", {"status": "DISCONNECTED"}, "DISCONNECTED", "register"),
    _number("elsewhere", {"platform_type": "ON_PREMISE"}, "ON_PREMISE", "Cloud API"),
    _number("declined-name", {"name_status": "DECLINED"}, "display name", "declined"),
    _number("low-quality", {"quality_rating": "RED"}, "quality is low"),
    _number("two-troubles", {"quality_rating": "RED", "status": "BANNED"}, "quality is low", "BANNED"),
    FindingCase("html", "number", HttpResponse(200, {}, b"<html>"), False, ("api_base", "api_version")),
    FindingCase("expired", "number", refusal(190, 401), False, ("190", "access_token")),
    FindingCase("no-permission", "templates", refusal(200, 403), False, ("whatsapp_business_management",)),
    FindingCase("no-such-number", "number", refusal(100, 400), False, ("phone_number_id",)),
    FindingCase("no-such-account", "templates", refusal(100, 400), False, ("waba_id",)),
    FindingCase("unavailable", "webhooks", refusal(2, 503), False, ("again",)),
    FindingCase("templates", "templates", _page(WHOLE, BARE), True, ("1 of",)),
    FindingCase("no-templates", "templates", _page(BARE), False, ("No template is approved", "WhatsApp Manager")),
    FindingCase("templates-html", "templates", HttpResponse(200, {}, b"<html>"), False, ("cannot be read",)),
    FindingCase("subscribed", "webhooks", _json(200, APPS), True, ("subscribed",)),
    FindingCase("not-subscribed", "webhooks", _json(200, {"data": []}), False, ("subscribed_apps",)),
)
NUMBER_FIELDS = (
    "fields=id,display_phone_number,verified_name,status,quality_rating,platform_type,name_status,throughput,"
    "whatsapp_business_manager_messaging_limit"
)


def _get(url: str) -> HttpRequest:
    return HttpRequest("GET", url, HEADERS, b"")


PROBES = {
    "number": _get(f"https://graph.facebook.com/v25.0/{NUMBER_ID}?{NUMBER_FIELDS}"),
    "templates": _get(LIST_URL),
    "webhooks": _get(f"https://graph.facebook.com/v25.0/{WABA_ID}/subscribed_apps"),
}
LISTS = {None: _get(LIST_URL), "b&c": _get(f"{LIST_URL}&after={quote('b&c')}")}

# ── signature ───────────────────────────────────────────────────────────────────────────────────────────────────────


def signed(raw: RawWebhook, secret: str) -> RawWebhook:
    digest = hmac.digest(secret.encode(), raw.body, hashlib.sha256).hex()
    return replace(raw, headers={**raw.headers, "x-hub-signature-256": f"sha256={digest}"})


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

MEDIA_ID = "1003383421387256"
LINK = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1003383421387256&ext=1767225600&hash=ATf_1-x"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ASKING = HttpRequest("GET", f"https://graph.facebook.com/v25.0/{MEDIA_ID}", BEARER, b"")
FETCHING = HttpRequest("GET", LINK, BEARER, b"")
BY_ID = IncomingMedia("image/jpeg", media_id=MEDIA_ID)


def answer_with_link(url: str) -> HttpResponse:
    answer = {
        "url": url, "mime_type": "image/jpeg", "sha256": "0" * 64, "file_size": 61901, "id": MEDIA_ID,
        "messaging_product": "whatsapp",
    }  # fmt: skip
    return HttpResponse(200, {}, json.dumps(answer).encode())


def _by_id(name: str, answer: HttpResponse, expected: HttpRequest | Failure | str) -> FileCase:
    return FileCase(name, BY_ID, expected, ((ASKING, answer),))


FILES = (
    _by_id("by-its-id", answer_with_link(LINK), FETCHING),
    _by_id(
        "elsewhere",
        answer_with_link("https://media.example.com/1"),
        HttpRequest("GET", "https://media.example.com/1", {}, b""),
    ),
    FileCase(
        "the-link-of-the-webhook-has-expired",
        replace(BY_ID, url="https://lookaside.fbsbx.com/old"),
        FETCHING,
        ((ASKING, answer_with_link(LINK)),),
    ),
    FileCase("by-its-link", IncomingMedia("image/jpeg", LINK), FETCHING),
    FileCase("with-neither", IncomingMedia("image/jpeg"), Failure(Disposition.REFUSED, "no-link")),
    _by_id("no-such-object", refusal("100"), GONE),
    _by_id("not-found", HttpResponse(404, {}, b""), GONE),
    _by_id("no-link", HttpResponse(200, {}, b"{}"), Failure(Disposition.REFUSED, "no-link")),
    _by_id("a-link-that-is-none", answer_with_link("file:///etc/passwd"), Failure(Disposition.REFUSED, "no-link")),
    _by_id("token-refused", refusal("190"), Failure(Disposition.SENDER_UNUSABLE, "190")),
    _by_id("failed", HttpResponse(503, {}, b""), Failure(Disposition.UNKNOWN, "http-503")),
)

META = ProviderCases(
    dialect=DIALECT,
    account=ACCOUNT,
    message=MESSAGE,
    accepted=_json(200, TAKEN),
    receipt=RECEIPT,
    requests=REQUESTS,
    answers=ANSWERS,
    webhooks=WEBHOOKS + THREADS,
    codes=CODES,
    unknown_code="199999",
    answer_with=refusal,
    status_with=failed_with,
    unsendable={
        "option": (replace(ACCOUNT, options={"api_version": "latest"}), MESSAGE),
        "endpoint": (
            replace(ACCOUNT, options={"marketing_endpoint": "elsewhere"}),
            replace(MESSAGE, category="marketing"),
        ),
    },
    unsigned=UNSIGNED,
    signature_header="x-hub-signature-256",
    signed=signed,
    newest_secret=NEWEST,
    older_secret=OLDER,
    wrong_secret=WRONG,
    free=FREE,
    files=FILES,
    file_hosts=("https://lookaside.fbsbx.com",),
    answer_with_link=answer_with_link,
    handshakes=HANDSHAKES,
    lists=LISTS,
    pages=PAGES,
    probes=PROBES,
    findings=FINDINGS,
)
