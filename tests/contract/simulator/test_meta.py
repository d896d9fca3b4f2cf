"""Meta's wire as documented: requests and their mistakes, answers, statuses, messages, batches, news, lookups."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.ground.clock import utc_now
from shared.ground.errors import NotAccepted, SendError, TemplateUnusable
from shared.ground.ids import SenderId
from shared.inbound.syncing import template_of
from shared.providers.events import (
    AddressChanged,
    Author,
    Content,
    ContentKind,
    ControlChanged,
    DeliveryStatus,
    MessageReceived,
    NoteReported,
    Order,
    OrderItem,
    PreferenceReported,
    SenderReported,
    TemplateReported,
)
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia, TemplateMessage
from shared.providers.meta import templates as listed
from shared.providers.templates import ListedTemplate
from shared.templates.filling import message_of
from tests.contract.simulator.client import CONTACT, SENDER, TOKEN, Answered, Client, Clock, simulated
from tests.contract.simulator.receiver import Received
from tests.contract.simulator.speakers import META, REFERENCE, Conversation, conversing
from tests.factories import say
from tests.reading import present
from workers.simulator.journal import HandshakeRecord
from workers.simulator.traffic import Outcome

NUMBER_ID, WABA_ID = META.account, META.secrets["waba_id"]
MESSAGES = f"/v25.0/{NUMBER_ID}/messages"
DIGITS = CONTACT[1:]
BODY: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": CONTACT,
    "type": "text",
    "text": {"body": "Hello"},
    "biz_opaque_callback_data": REFERENCE,
}
TEMPLATE: dict[str, Any] = {
    "name": "reminder",
    "language": {"code": "es"},
    "components": [
        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "10:30"}]}
    ],
}
TEMPLATES: dict[str, Any] = {
    "reminder": {"language": "es", "body": "Hola {{1}}, a las {{2}}"},
    "named": {"language": "es", "body": "Hola {{name}}, a las {{hour}}"},
    "picture": {"language": "es", "body": "Hola", "header": {"format": "image"}},
    "link": {
        "language": "es",
        "body": "Hola",
        "buttons": [
            {"type": "quick_reply", "text": "Sí"},
            {"type": "url", "text": "Ver", "url": "https://example.com/{{1}}"},
        ],
    },
    "offer": {"language": "es", "body": "Oferta", "category": "marketing"},
    "long": {"language": "es", "body": "x" * 1_000 + "{{1}}"},
}


MARKETING_MESSAGES = f"/v25.0/{NUMBER_ID}/marketing_messages"
PARTS: dict[str, Any] = {
    "carousel": {"language": "es", "body": "Hola", "carousel": True},
    "expiring": {"language": "es", "body": "Hola", "limited_time_offer": True},
    "flow": {"language": "es", "body": "Hola", "buttons": [{"type": "flow", "text": "Abrir"}]},
    "products": {"language": "es", "body": "Hola", "buttons": [{"type": "mpm", "text": "Ver"}]},
    "catalogue": {"language": "es", "body": "Hola", "buttons": [{"type": "catalog", "text": "Ver"}]},
    "call": {"language": "es", "body": "¿Llamamos?", "call_permission": True},
    "place": {"language": "es", "body": "Hola", "header": {"format": "location"}},
    "coupon": {"language": "es", "body": "Hola", "buttons": [{"type": "copy_code", "text": "Copiar"}]},
    "code": {"language": "es", "body": "*{{1}}*", "buttons": [{"type": "otp", "text": "Copiar"}]},
}


async def post(client: Client, path: str = MESSAGES, token: str | None = TOKEN, **changes: Any) -> Answered:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return await post_raw(client, json.dumps(body).encode(), path, token)


async def post_template(client: Client, **changes: Any) -> Answered:
    template = {name: value for name, value in {**TEMPLATE, **changes}.items() if value is not None}
    return await post(client, type="template", text=None, template=template)


async def post_raw(client: Client, body: bytes, path: str = MESSAGES, token: str | None = TOKEN) -> Answered:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with client.session.post(client.url + path, data=body, headers=headers) as response:
        content = await response.read()
        return Answered(response.status, response.headers, content, json.loads(content))


async def get(client: Client, path: str, token: str = TOKEN) -> Answered:
    headers = {"Authorization": f"Bearer {token}"}
    async with client.session.get(client.url + path, headers=headers) as response:
        content = await response.read()
        return Answered(response.status, response.headers, content, json.loads(content))


def values(calls: list[Received]) -> list[dict[str, Any]]:
    """What was told, without envelopes."""
    return [
        change["value"] for call in calls for entry in json.loads(call.body)["entry"] for change in entry["changes"]
    ]


# ── requests and answers ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_acceptance_names_the_contact_and_the_message(tmp_path: Path) -> None:
    async with simulated(tmp_path, services={NUMBER_ID: SENDER}) as client:
        answered = await post_template(client)
        (record,) = await client.requests()
    assert (answered.status, answered.json) == (
        200,
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": CONTACT, "wa_id": DIGITS, "user_id": f"US.99{DIGITS}"}],
            "messages": [{"id": record.message_id, "message_status": "accepted"}],
        },
    )
    assert present(record.message_id).startswith("wamid.")
    assert (record.account, record.sender, record.to) == (NUMBER_ID, SENDER, CONTACT)
    assert (record.template, record.variables, record.reference) == ("reminder", {"1": "Ana", "2": "10:30"}, REFERENCE)


async def test_only_a_template_has_a_pace(tmp_path: Path) -> None:
    async with simulated(tmp_path, templates=TEMPLATES, meta={"held": ["reminder"], "user_ids": False}) as client:
        free, held = await post(client), await post_template(client)
    assert free.json["messages"][0].keys() == {"id"}
    assert free.json["contacts"] == [{"input": CONTACT, "wa_id": DIGITS}]
    assert held.json["messages"][0]["message_status"] == "held_for_quality_assessment"


@pytest.mark.parametrize("written", ["14155550101", "+14155550101", "+1 (415) 555-0101"])
async def test_a_number_may_be_punctuated(tmp_path: Path, written: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await post(client, to=written)
        (record,) = await client.requests()
    assert record.to == CONTACT
    assert (answered.json["contacts"][0]["input"], answered.json["contacts"][0]["wa_id"]) == (written, DIGITS)


@pytest.mark.parametrize(
    ("recipient", "to"), [("US.1234", "US.1234"), (f"US.99{DIGITS}", CONTACT), ("US.ENT.1234", "US.ENT.1234")]
)
async def test_a_contact_may_be_named_by_a_user_id(tmp_path: Path, recipient: str, to: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await post(client, to=None, recipient=recipient)
        (record,) = await client.requests()
    assert record.to == to
    assert answered.json["contacts"] == [{"input": recipient, "user_id": recipient}]


async def test_a_message_that_was_read_is_answered_at_once_and_counts_for_nothing(tmp_path: Path) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.eA=="}
    async with simulated(tmp_path) as client:
        answered = await post_raw(client, json.dumps({**read, "typing_indicator": {"type": "text"}}).encode())
        nameless = await post_raw(client, json.dumps({**read, "message_id": None}).encode())
        requests = await client.requests()
    assert (answered.status, answered.json) == (200, {"success": True})
    assert (nameless.status, len(requests)) == (400, 1)


MISTAKES: list[tuple[str, dict[str, Any], int, str]] = [
    ("no product", {"messaging_product": None}, 100, "(#100) The parameter messaging_product is required."),
    ("another product", {"messaging_product": "sms"}, 100, "(#100) Param messaging_product"),
    ("nobody", {"to": None}, 100, "(#100) The parameter to is required."),
    ("no number", {"to": "+123"}, 131009, "(#131009) Parameter value is not valid"),
    ("no user id", {"to": None, "recipient": "1234"}, 131009, "(#131009) Parameter value is not valid"),
    ("itself", {"to": SENDER}, 131021, "(#131021) Recipient cannot be sender"),
    ("a strange type", {"type": "hologram"}, 100, "(#100) Param type must be one of {AUDIO, CONTACTS, "),
    ("a type without its part", {"type": "image"}, 131008, "(#131008) Required parameter is missing"),
    ("two parts", {"location": {"latitude": 1, "longitude": 2}}, 100, '(#100) Unexpected key "location"'),
    ("a strange field", {"ttl": 1}, 100, '(#100) Unexpected key "ttl"'),
    ("an empty text", {"text": {"body": ""}}, 100, "(#100) Param text['body']"),
    ("a long text", {"text": {"body": "x" * 4_097}}, 100, "(#100) Param text['body']"),
    ("a long reference", {"biz_opaque_callback_data": "x" * 513}, 100, "(#100) Param biz_opaque_callback_data"),
    ("a file nowhere", {"type": "image", "image": {"caption": "a"}}, 100, "(#100) Param image"),
]


@pytest.mark.parametrize(
    ("changes", "code", "message"), [one[1:] for one in MISTAKES], ids=[one[0] for one in MISTAKES]
)
async def test_a_bad_request_is_refused(tmp_path: Path, changes: dict[str, Any], code: int, message: str) -> None:
    async with simulated(tmp_path, services={NUMBER_ID: SENDER}) as client:
        answered = await post(client, **changes)
        (record,) = await client.requests()
    error = answered.json["error"]
    assert (answered.status, error["code"], error["type"]) == (400, code, "OAuthException")
    assert error["message"].startswith(message)
    assert (record.outcome, record.code) == (Outcome.REFUSED, str(code))


def button(place: int, kind: str, parameter: dict[str, str]) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": str(place), "parameters": [parameter]}


def body(*parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "body", "parameters": list(parameters)}]


TEXT = {"type": "text", "text": "Ana"}
UNFILLED: list[tuple[str, dict[str, Any], int, str]] = [
    ("another name", {"name": "another"}, 132001, "template name (another) does not exist in es"),
    ("another language", {"language": {"code": "en"}}, 132001, "template name (reminder) does not exist in en"),
    (
        "too few",
        {"components": body(TEXT)},
        132000,
        "body: number of localizable_params (1) does not match the expected number of params (2)",
    ),
    ("none", {"components": None}, 132000, "body: number of localizable_params (0)"),
    ("without a value", {"components": body({"type": "text"}, TEXT)}, 131008, "Parameter of type text is missing text"),
    ("two lines", {"components": body({"type": "text", "text": "a\nb"}, TEXT)}, 132018, "Param text cannot have"),
    ("without names", {"name": "named", "components": body(TEXT, TEXT)}, 100, "body: Parameter name is missing"),
    (
        "with other names",
        {"name": "named", "components": body(*({**TEXT, "parameter_name": name} for name in ("name", "day")))},
        100,
        "body: Parameter name is missing",
    ),
    (
        "without a picture",
        {"name": "picture", "components": None},
        132012,
        "header: Format mismatch, expected IMAGE, received UNKNOWN",
    ),
    (
        "with a text for a picture",
        {"name": "picture", "components": [{"type": "header", "parameters": [TEXT]}]},
        132012,
        "header: Format mismatch, expected IMAGE, received TEXT",
    ),
    (
        "a header too many",
        {"components": [*TEMPLATE["components"], {"type": "header", "parameters": [TEXT]}]},
        132000,
        "header: number of localizable_params (1) does not match the expected number of params (0)",
    ),
    ("without a link", {"name": "link", "components": None}, 131008, "buttons: Button at index 1 of type url requires"),
    (
        "a button too many",
        {"components": [*TEMPLATE["components"], button(0, "url", TEXT)]},
        132012,
        "buttons: Button at index 0",
    ),
    (
        "another kind of button",
        {"name": "link", "components": [button(0, "url", TEXT), button(1, "url", TEXT)]},
        132012,
        "buttons: Button at index 0 does not take url",
    ),
    ("too long", {"name": "long", "components": body({**TEXT, "text": "y" * 25})}, 132005, "Translated text too long"),
]


@pytest.mark.parametrize(
    ("changes", "code", "details"), [one[1:] for one in UNFILLED], ids=[one[0] for one in UNFILLED]
)
async def test_a_template_that_cannot_be_filled_is_refused(
    tmp_path: Path, changes: dict[str, Any], code: int, details: str
) -> None:
    async with simulated(tmp_path, templates=TEMPLATES) as client:
        answered = await post_template(client, **changes)
    error = answered.json["error"]
    assert (answered.status, error["code"]) == (404 if code == 132001 else 400, code)
    told = error["message"].removeprefix("(#100) ") if code == 100 else error["error_data"]["details"]
    assert told.startswith(details)


@pytest.mark.parametrize(
    ("name", "components"),
    [
        ("link", [button(1, "url", TEXT)]),
        ("link", [button(0, "quick_reply", {"type": "payload", "payload": "yes"}), button(1, "url", TEXT)]),
        ("named", body(*({**TEXT, "parameter_name": name} for name in ("hour", "name")))),
        ("long", body({**TEXT, "text": "y" * 24})),
        ("picture", [{"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}]),
    ],
)
async def test_a_template_that_can_be_filled_is_taken(tmp_path: Path, name: str, components: Any) -> None:
    async with simulated(tmp_path, templates=TEMPLATES) as client:
        assert (await post_template(client, name=name, components=components)).status == 200


@pytest.mark.parametrize(
    ("status", "code"), [("paused", 132015), ("disabled", 132016), ("pending", 132001), ("rejected", 132001)]
)
async def test_only_an_approved_template_is_sent(tmp_path: Path, status: str, code: int) -> None:
    templates = {"reminder": {**TEMPLATES["reminder"], "status": status}}
    async with simulated(tmp_path, templates=templates) as client:
        assert (await post_template(client)).json["error"]["code"] == code


INTERACTIVE: list[tuple[str, dict[str, Any], int]] = [
    ("three buttons", {"buttons": [("a", "A"), ("b", "B"), ("c", "C")]}, 200),
    ("four buttons", {"buttons": [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]}, 400),
    ("the same twice", {"buttons": [("a", "A"), ("b", "A")]}, 400),
    ("a long title", {"buttons": [("a", "x" * 21)]}, 400),
    ("ten rows", {"rows": 10}, 200),
    ("eleven rows", {"rows": 11}, 400),
    ("no row", {"rows": 0}, 400),
]


@pytest.mark.parametrize(("asked", "status"), [one[1:] for one in INTERACTIVE], ids=[one[0] for one in INTERACTIVE])
async def test_the_limits_of_what_can_be_chosen_are_kept(tmp_path: Path, asked: dict[str, Any], status: int) -> None:
    if "rows" in asked:
        rows = [{"id": str(place), "title": str(place)} for place in range(asked["rows"])]
        offer: dict[str, Any] = {"type": "list", "action": {"button": "Days", "sections": [{"rows": rows}]}}
    else:
        replies = [{"type": "reply", "reply": {"id": own, "title": title}} for own, title in asked["buttons"]]
        offer = {"type": "button", "action": {"buttons": replies}}
    async with simulated(tmp_path) as client:
        interactive = {**offer, "body": {"text": "When?"}}
        answered = await post(client, type="interactive", text=None, interactive=interactive)
    assert answered.status == status
    assert status == 200 or answered.json["error"]["code"] == 131009


# Quirk(meta) no-json-no-parameters
@pytest.mark.parametrize("raw", [b"", b"\xff{", b"[]", b"null", b'{"to": ', b"9" * 5_000])
async def test_any_bytes_get_an_answer(tmp_path: Path, raw: bytes) -> None:
    async with simulated(tmp_path) as client:
        answered = await post_raw(client, raw)
    assert (answered.status, answered.json["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    ("token", "path", "status", "code"),
    [
        (TOKEN, MESSAGES, 200, None),
        (None, MESSAGES, 401, 190),
        ("another", MESSAGES, 401, 190),
        (TOKEN, "/v25.0/9/messages", 400, 100),
        ("token-of-nine", "/v25.0/9/messages", 200, None),
    ],
)
async def test_a_token_opens_its_own_number(
    tmp_path: Path, token: str | None, path: str, status: int, code: int | None
) -> None:
    async with simulated(tmp_path, accounts={NUMBER_ID: TOKEN, "9": "token-of-nine"}) as client:
        answered = await post(client, path, token)
    assert (answered.status, answered.json.get("error", {}).get("code")) == (status, code)


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        (130429, 429, Outcome.THROTTLED),
        (80007, 429, Outcome.THROTTLED),
        (131056, 400, Outcome.REFUSED),
        (200, 403, Outcome.REFUSED),
        (131000, 500, Outcome.REFUSED),
        (2, 503, Outcome.REFUSED),
        (123456, 400, Outcome.REFUSED),
    ],
)
async def test_an_error_is_told_by_its_code(tmp_path: Path, code: int, status: int, outcome: Outcome) -> None:
    async with simulated(tmp_path, faults=[{"do": "error", "code": code}]) as client:
        answered = await post(client)
        (record,) = await client.requests()
    assert (answered.status, answered.json["error"]["code"]) == (status, code)
    assert (record.outcome, record.code) == (outcome, str(code))


async def test_other_providers_paths_stay_theirs(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        assert (await client.send()).status == 201
        assert (await post(client, "/25/100000000000001/14155550101")).json["success"] is False
        assert (await post(client)).status == 200
        providers = [record.provider for record in await client.requests()]
    assert providers == ["twilio", "hey", "meta"]


async def test_all_that_our_client_may_send_is_taken(tmp_path: Path) -> None:
    file = OutgoingMedia(MediaKind.DOCUMENT, "https://example.com/a.pdf", "a.pdf")
    free = [
        FreeMessage(CONTACT, "Read", file),
        FreeMessage(CONTACT, "", OutgoingMedia(MediaKind.AUDIO, "https://example.com/a.ogg")),
        FreeMessage(CONTACT, "When?", choices=(Choice("a", "Now"), Choice("b", "Later"))),
        FreeMessage(CONTACT, "When?", choices=(Choice("a", "Monday", "9 to 5"),), list_button="Days"),
        FreeMessage(CONTACT, "Yes", reply_to="wamid.eA=="),
        FreeMessage(f"US.99{DIGITS}", "Yes"),
    ]
    async with conversing(META, tmp_path, enforce_windows=False) as talk:
        for message in free:
            await say(talk.ours, message, REFERENCE)
        await talk.client.settled()
        requests = await talk.client.requests()
    assert [record.outcome for record in requests] == [Outcome.ACCEPTED] * len(free)
    assert {record.to for record in requests} == {CONTACT}
    assert set(talk.words) == {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ}


# ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_status_is_told_in_full(tmp_path: Path) -> None:
    clock = Clock()
    async with conversing(META, tmp_path) as talk, simulated(tmp_path / "own", now_us=clock, **talk.script) as client:
        message_id = (await post_template(client)).json["messages"][0]["id"]
        calls = await talk.receiver.called(3)
    names = {"wa_id": DIGITS, "user_id": f"US.99{DIGITS}"}
    price = {"billable": True, "pricing_model": "PMP", "category": "utility", "type": "regular"}
    assert json.loads(calls[0].body) == {
        "object": "whatsapp_business_account",
        "entry": [{"id": WABA_ID, "changes": [{"value": values(calls)[0], "field": "messages"}]}],
    }
    assert values(calls) == [
        {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": SENDER[1:], "phone_number_id": NUMBER_ID},
            "contacts": [names],
            "statuses": [
                {
                    "id": message_id,
                    "status": status,
                    "timestamp": "1700000000",
                    "recipient_id": names["wa_id"],
                    "recipient_user_id": names["user_id"],
                    "biz_opaque_callback_data": REFERENCE,
                    **({} if status == "read" else {"pricing": price}),
                }
            ],
        }
        for status in ("sent", "delivered", "read")
    ]


async def test_a_failure_has_its_error_and_no_price(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, not_on_whatsapp=[CONTACT]) as talk:
        await talk.send()
        await talk.client.settled()
        (value,) = values(talk.receiver.received)
    (status,) = value["statuses"]
    (error,) = status["errors"]
    assert (status["status"], "pricing" in status) == ("failed", False)
    assert (error["code"], error["title"]) == (131026, "Message undeliverable")
    assert error.keys() == {"code", "title", "message", "error_data", "href"}


# Quirk(meta) conversation-until-v24
@pytest.mark.parametrize(("version", "has_conversation"), [("v23.0", True), ("v24.0", False), ("v25.0", False)])
async def test_a_conversation_is_told_in_older_versions_only(
    tmp_path: Path, version: str, has_conversation: bool
) -> None:
    async with conversing(META, tmp_path) as talk:
        await post(talk.client, MESSAGES.replace("v25.0", version), type="template", text=None, template=TEMPLATE)
        await talk.client.settled()
        first, second, _ = (value["statuses"][0] for value in values(talk.receiver.received))
    assert [("conversation" in status) for status in (first, second)] == [has_conversation] * 2
    if has_conversation:
        assert first["conversation"]["id"] == second["conversation"]["id"]
        assert ["expiration_timestamp" in one["conversation"] for one in (first, second)] == [True, False]


async def test_what_is_no_template_is_of_the_service(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, enforce_windows=False) as talk:
        await talk.write()
        await talk.client.settled()
        prices = [value["statuses"][0].get("pricing") for value in values(talk.receiver.received)]
    assert prices[0] == {
        "billable": False,
        "pricing_model": "PMP",
        "category": "service",
        "type": "free_customer_service",
    }


# Quirk(meta) escaped-bytes-are-signed
async def test_only_the_raw_bytes_can_be_signed(tmp_path: Path) -> None:
    async with conversing(META, tmp_path) as talk:
        await talk.client.say(provider="meta", text="Sí, </b> 👍")
        (call,) = talk.receiver.received
        (letter,) = talk.letters
    right = hmac.new(b"made-up-app-secret", call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-Hub-Signature-256"] == f"sha256={right}"
    assert rb"S\u00ed, <\/b> \ud83d\udc4d" in call.body
    assert letter.content.text == "Sí, </b> 👍"


async def test_a_forgery_is_signed_with_another_secret(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, callbacks={"bad_signature": 1}) as talk:
        await talk.send()
        summary = await talk.client.settled()
    signatures = [call.headers["X-Hub-Signature-256"] for call in talk.receiver.received]
    assert [call.body for call in talk.receiver.received[::2]] == [call.body for call in talk.receiver.received[1::2]]
    assert len(set(signatures)) == 6
    assert summary["callbacks"]["forged"] == 3


async def test_what_is_not_taken_comes_again(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, [500, 404, 301]) as talk:
        await talk.send()
        summary = await talk.client.settled()
    assert (summary["callbacks"]["sent"], summary["callbacks"]["failed"]) == (3, 0)


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def many(talk: Conversation, count: int) -> list[int]:
    """How many things each post has brought."""
    for number in range(1, count + 1):
        await talk.send(to=f"+141555501{number:02}", reference=f"r{number}")
    await talk.client.settled()
    return [
        sum(len(value.get("statuses", ())) + len(value.get("messages", ())) for value in values([call]))
        for call in talk.receiver.received
    ]


async def test_a_body_may_hold_many_things(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 200, "answers": [{"text": "Ok", "after_ms": 200}]}}
    async with conversing(META, tmp_path, callbacks={"batch": 4}, contacts=contacts) as talk:
        sizes = await many(talk, 10)
        whole = [json.loads(call.body)["entry"] for call in talk.receiver.received]
    assert (sum(sizes), max(sizes)) == (40, 4)
    assert len(sizes) < 40
    assert {(len(entries), len(entries[0]["changes"])) for entries in whole} == {(1, 1)}
    for number in range(1, 11):
        mine = [one.status for one in talk.statuses if one.reference == f"r{number}"]
        assert mine == [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ]
    assert sorted(letter.addresses[0] for letter in talk.letters) == [
        f"+141555501{number:02}" for number in range(1, 11)
    ]


async def test_numbers_of_one_account_share_a_body_and_no_change(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, callbacks={"batch": 10}) as talk:
        await talk.follow(
            accounts={NUMBER_ID: TOKEN, "9": TOKEN}, contacts={"default": {"delay_ms": 300, "delivered": 0}}
        )
        for path in (MESSAGES, "/v25.0/9/messages"):
            await post(talk.client, path, type="template", text=None, template=TEMPLATE)
        await talk.client.settled()
        whole = [json.loads(call.body)["entry"] for call in talk.receiver.received]
    told = [change["value"]["metadata"]["phone_number_id"] for entries in whole for change in entries[0]["changes"]]
    assert sorted(told) == [NUMBER_ID, "9"]


async def test_forgeries_are_no_part_of_a_true_batch(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, callbacks={"batch": 10, "bad_signature": 1}) as talk:
        await many(talk, 3)
        right: dict[bool, int] = {}
        for call in talk.receiver.received:
            mac = hmac.new(b"made-up-app-secret", call.body, hashlib.sha256).hexdigest()
            is_right = call.headers["X-Hub-Signature-256"] == f"sha256={mac}"
            right[is_right] = right.get(is_right, 0) + sum(len(value["statuses"]) for value in values([call]))
    assert right == {True: 9, False: 9}


# ── what contacts say ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_contacts_message_is_told_in_full(tmp_path: Path) -> None:
    async with conversing(META, tmp_path) as talk:
        sent = await talk.send()
        await talk.client.settled()
        raw = {"from_user_id": None, "new": "field"}
        answered = await talk.client.say(
            provider="meta", text="Hello", profile_name="Ana", reply_to=sent.provider_message_id, raw=raw
        )
        value = values(talk.receiver.received)[-1]
    (message,) = value["messages"]
    assert value["contacts"] == [{"profile": {"name": "Ana"}, "wa_id": DIGITS, "user_id": f"US.99{DIGITS}"}]
    assert message == {
        "context": {"from": SENDER[1:], "id": sent.provider_message_id},
        "from": DIGITS,
        "id": answered.json["message_id"],
        "timestamp": message["timestamp"],
        "type": "text",
        "text": {"body": "Hello"},
        "new": "field",
    }


UNDERSTOOD: dict[str, tuple[dict[str, Any], Content]] = {
    "order": (
        {"order": {"catalog_id": "7", "products": ["a"], "text": "Please"}},
        Content(
            ContentKind.ORDER,
            "Please\n1 × a, 1 USD each\nTotal: 1 USD",
            order=Order("7", (OrderItem("a", 1, "1", "USD"),), "Please"),
        ),
    ),
    "cards": (
        {"cards": [{"name": "Eva Paz", "phones": ["+14155550102"]}]},
        Content(ContentKind.CONTACTS, "Eva Paz +14155550102"),
    ),
    "reaction": ({"reaction": {"emoji": "👍"}}, Content(ContentKind.REACTION, "👍")),
    "form": ({"form": {"response": {"day": "Mon"}}}, Content(ContentKind.UNKNOWN, "Sent", '{"day": "Mon"}')),
    "button": ({"button": {"text": "Yes", "payload": "y"}}, Content(ContentKind.BUTTON, "Yes", "y")),
    "button without a payload": ({"button": {"text": "Yes"}}, Content(ContentKind.BUTTON, "Yes", "Yes")),
    "choice": ({"choice": {"id": "1", "title": "Monday"}}, Content(ContentKind.CHOICE, "Monday", "1")),
    "unknown": ({"unknown": True}, Content(ContentKind.UNKNOWN)),
}


@pytest.mark.parametrize("kind", UNDERSTOOD)
async def test_whatever_a_contact_says_is_understood(tmp_path: Path, kind: str) -> None:
    said, content = UNDERSTOOD[kind]
    async with conversing(META, tmp_path) as talk:
        sent = await talk.send()
        await talk.client.settled()
        await talk.client.say(provider="meta", reply_to=sent.provider_message_id, **said)
        (letter,) = talk.letters
    assert (letter.content, letter.reply_to) == (content, sent.provider_message_id)
    assert letter.addresses == (CONTACT, f"US.99{DIGITS}")


async def test_a_preference_is_no_message_and_opens_nothing(tmp_path: Path) -> None:
    async with conversing(META, tmp_path) as talk:
        await talk.client.say(provider="meta", preference="stop")
        stopped, *_ = talk.events()
        await talk.write()
        await talk.client.settled()
        assert present(talk.statuses[-1].error).code == "131047"
        await talk.follow(templates={"offer": TEMPLATES["offer"]})
        offer = TemplateMessage(CONTACT, "offer", "es", None, {})
        await talk.ours.send_template(offer, "first")
        await talk.client.settled()
        first = talk.statuses[-1]
        await talk.client.say(provider="meta", preference="resume")
        await talk.ours.send_template(offer, "second")
        await talk.client.settled()
    assert isinstance(stopped, PreferenceReported)
    assert (stopped.wanted, stopped.addresses) == (False, (CONTACT, f"US.99{DIGITS}"))
    assert (first.reference, present(first.error).code) == ("first", "131050")
    assert (talk.statuses[-1].reference, talk.statuses[-1].status) == ("second", DeliveryStatus.READ)


async def test_a_stop_is_obeyed_by_nobody_but_the_client(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, advanced_opt_out=True) as talk:
        await talk.client.say(provider="meta", text="STOP")
        await talk.send()
        await talk.client.settled()
    assert talk.words[-1] is DeliveryStatus.READ


# ── news, and the question that comes before ────────────────────────────────────────────────────────────────────────


async def told(talk: Conversation, place: str, **said: Any) -> Any:
    answered = await talk.client.call("POST", f"/_simulator/{place}", json={"provider": "meta", **said})
    assert answered.json == {"http_status": 204}
    return talk.events()[-1]


async def test_news_of_a_template_are_told_and_come_true(tmp_path: Path) -> None:
    about = {"name": "reminder", "language": "es"}
    async with conversing(META, tmp_path) as talk:
        paused = await told(talk, "template", **about, event="PAUSED")
        error = await talk.trouble()
        (page,) = await pages(talk)
        quality = await told(talk, "template", **about, quality="red")
        category = await told(talk, "template", **about, category="marketing")
        approved = await told(talk, "template", **about, event="APPROVED")
        assert await talk.trouble() is None
    assert isinstance(error, SendError)
    assert error.code == "132015"
    assert (paused.status, paused.reason, paused.to) == ("paused", "FIRST_PAUSE", WABA_ID)
    assert (quality.quality, category.category, approved.status) == ("red", "marketing", "approved")
    (template,) = page
    assert (template.status, template.provider_id) == ("paused", paused.provider_id)
    assert all(isinstance(one, TemplateReported) for one in (paused, quality, category, approved))


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"}, "rate_per_second", 1_000),
        ({"event": "UPGRADE", "current_limit": "TIER_10K"}, "unique_contacts_a_day", 10_000),
        ({"event": "FLAGGED"}, "quality", "red"),
    ],
)
async def test_news_of_a_number_are_told(tmp_path: Path, said: dict[str, str], field: str, value: object) -> None:
    async with conversing(META, tmp_path) as talk:
        reported = await told(talk, "number", account=NUMBER_ID, **said)
    assert isinstance(reported, SenderReported)
    assert (reported.to, getattr(reported, field)) == (SENDER, value)


async def test_other_news_are_told_as_they_are(tmp_path: Path) -> None:
    update = {"wa_id": DIGITS, "user_id": {"previous": "US.1", "current": "US.2"}, "timestamp": "1700000000"}
    async with conversing(META, tmp_path) as talk:
        moved = await told(talk, "news", field="user_id_update", value={"user_id_update": [update]})
        banned = await told(
            talk,
            "news",
            field="account_update",
            value={"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
        )
    assert isinstance(moved, AddressChanged)
    assert (moved.previous, moved.current) == (f"+{DIGITS}", "US.2"), "of the number beside the ids, which is told last"
    assert (banned.to, banned.usable) == (WABA_ID, False)


async def test_meta_s_agent_may_hold_a_thread_and_hand_it_over(tmp_path: Path) -> None:
    """`news` plays what the simulator has no script for: standby, handovers, echoes, edits."""
    metadata = {"display_phone_number": SENDER.removeprefix("+"), "phone_number_id": NUMBER_ID}
    said = {"from": DIGITS, "id": "wamid.A1", "timestamp": "1700000000", "type": "text", "text": {"body": "STOP"}}
    answered = {"id": "wamid.A2", "timestamp": "1700000001", "message": {"to": DIGITS, "type": "text", "text": {}}}
    passed = {"recipient": metadata, "sender": {"phone_number": DIGITS}, "type": "control_passed"}
    async with conversing(META, tmp_path) as talk:
        heard = await told(talk, "news", field="standby", value={"metadata": metadata, "standby": {"messages": [said]}})
        echo = await told(
            talk, "news", field="standby", value={"metadata": metadata, "standby": {"message_echoes": [answered]}}
        )
        ours = await told(talk, "news", field="messaging_handovers", value=passed)
    assert isinstance(heard, MessageReceived)
    assert (heard.in_standby, heard.content.text, heard.to) == (True, "STOP", NUMBER_ID)
    assert isinstance(echo, NoteReported)
    assert (echo.by, echo.addresses) == (Author.AI_AGENT, heard.addresses)
    assert isinstance(ours, ControlChanged)
    assert (ours.is_ours, ours.addresses, ours.to) == (True, heard.addresses, NUMBER_ID)


async def test_news_of_nothing_are_told_to_nobody(tmp_path: Path) -> None:
    async with conversing(META, tmp_path) as talk:
        said = {"provider": "meta", "name": "another", "event": "PAUSED"}
        answered = await talk.client.call("POST", "/_simulator/template", json=said)
        await talk.follow(webhooks={})
        deaf = await talk.client.call("POST", "/_simulator/handshake", json={"provider": "meta"})
    assert [answered.status, deaf.status] == [409, 409]


async def test_a_client_that_is_not_there_has_not_passed(tmp_path: Path) -> None:
    """Our receiver takes posts only."""
    async with conversing(META, tmp_path) as talk:
        answered = await talk.client.call("POST", "/_simulator/handshake", json={"provider": "meta"})
        (record,) = [one for one in await talk.client.records() if isinstance(one, HandshakeRecord)]
    assert (answered.json, record.passed) == ({"http_status": 405, "passed": False}, False)


# ── lookups ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def pages(talk: Conversation) -> list[list[ListedTemplate]]:
    """As our client lists them."""
    found, after = [], None
    while True:
        response = await talk.ours.transport.send(listed.build_page_request(talk.ours.account, after))
        page = listed.read_page(response)
        found.append(list(page.templates))
        if page.next is None:
            return found
        after = page.next


async def test_templates_are_listed_in_pages(tmp_path: Path) -> None:
    many_templates = {f"t{number:03}": {"language": "es", "body": "Hola"} for number in range(150)}
    async with conversing(META, tmp_path, templates=many_templates) as talk:
        first, second = await pages(talk)
        await talk.follow(templates=TEMPLATES | {"draft": {"language": "es", "status": "unsubmitted"}})
        (all_of_them,) = await pages(talk)
    assert [one.name for one in (*first, *second)] == list(many_templates)
    assert (len(first), len(second)) == (100, 50)
    by_name = {one.name: one for one in all_of_them}
    assert by_name.keys() == TEMPLATES.keys()
    assert (by_name["picture"].header, by_name["offer"].category) == ("image", "marketing")
    assert [one.takes for one in by_name["link"].buttons] == [True, True]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?limit=1", ["reminder"]),
        ("?name=ink", ["link"]),
        ("?category=MARKETING", ["offer"]),
        ("?language=en", []),
        ("?fields=name&limit=2", ["reminder", "named"]),
        ("?limit=0", None),
        ("?after=x", None),
        ("?colour=red", None),
        ("?fields=name,colour", None),
    ],
)
async def test_a_list_is_of_what_was_asked_for(tmp_path: Path, query: str, names: list[str] | None) -> None:
    async with simulated(tmp_path, templates=TEMPLATES) as client:
        answered = await get(client, f"/v25.0/{WABA_ID}/message_templates{query}")
    if names is None:
        assert (answered.status, answered.json["error"]["code"]) == (400, 100)
    else:
        assert [one["name"] for one in answered.json["data"]] == names
    if "fields" in query and names:
        assert answered.json["data"][0].keys() == {"id", "name"}


async def test_our_client_finds_out_whether_all_is_well(tmp_path: Path) -> None:
    async with conversing(META, tmp_path) as talk:
        good = await talk.ours.check_account()
        await talk.follow(webhooks={}, templates={})
        lonely = await talk.ours.check_account()
        await talk.follow(accounts={NUMBER_ID: "another-made-up-token"})
        locked_out = await talk.ours.check_account()
    assert [(one.name, one.is_good) for one in good] == [("number", True), ("templates", True), ("webhooks", True)]
    assert [one.is_good for one in lonely] == [True, False, False]
    assert [one.is_good for one in locked_out] == [False] * 3


# Quirk(meta) gone-is-400
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v25.0/{NUMBER_ID}", 200),
        (f"/v25.0/{WABA_ID}", 200),
        (f"/v25.0/{WABA_ID}/phone_numbers", 200),
        (f"/v25.0/{WABA_ID}/phone_numbers?fields=colour", 400),
        (f"/v25.0/{NUMBER_ID}?fields=display_phone_number,colour", 400),
        (f"/v25.0/{NUMBER_ID}/message_templates", 400),
        (f"/v25.0/{NUMBER_ID}/subscribed_apps", 400),
        (f"/v25.0/{NUMBER_ID}/phone_numbers", 400),
        ("/v25.0/9", 400),
    ],
)
async def test_what_is_not_there_is_a_bad_request(tmp_path: Path, path: str, status: int) -> None:
    async with simulated(tmp_path, accounts={NUMBER_ID: TOKEN}, services={NUMBER_ID: SENDER}) as client:
        right, wrong = await get(client, path), await get(client, path, "another")
    assert (right.status, wrong.status) == (status, 401)


# ── marketing messages, and parts that a send must fill ─────────────────────────────────────────────────────────────


def offer(**fields: Any) -> TemplateMessage:
    return TemplateMessage(CONTACT, "offer", "es", None, {}, **({"category": "marketing"} | fields))


async def test_marketing_templates_go_by_marketing_messages_and_are_billed_as_such(tmp_path: Path) -> None:
    async with conversing(META, tmp_path, templates=TEMPLATES, meta={"marketing_by_messages": False}) as talk:
        await talk.ours.send_template(offer(), REFERENCE)
        await talk.client.settled()
        assert {status.price_category for status in talk.statuses if status.status is DeliveryStatus.SENT} == {
            "marketing_lite"
        }
        with pytest.raises(TemplateUnusable) as refused:
            await talk.ours.send_template(offer(category="utility"), REFERENCE)
    assert refused.value.code == "131063"


@pytest.mark.parametrize(
    ("name", "category", "kind", "code", "wait_s"),
    [
        ("reminder", "marketing", TemplateUnusable, "134100", 0.0),
        ("offer", "marketing", NotAccepted, "134101", 600.0),
    ],
)
async def test_what_marketing_messages_refuses_concerns_the_template_and_not_the_sender(
    tmp_path: Path, name: str, category: str, kind: type[SendError], code: str, wait_s: float
) -> None:
    async with conversing(META, tmp_path, templates=TEMPLATES, meta={"preparing": ["offer"]}) as talk:
        with pytest.raises(kind) as refused:
            await talk.ours.send_template(TemplateMessage(CONTACT, name, "es", None, {}, category=category), REFERENCE)
    assert (refused.value.code, refused.value.wait_s) == (code, wait_s)


async def test_marketing_messages_takes_templates_only(tmp_path: Path) -> None:
    async with simulated(tmp_path, templates=TEMPLATES) as client:
        assert (await post(client, path=MARKETING_MESSAGES)).json["error"]["code"] == 131055


async def test_every_part_is_filled_or_listed_as_unfillable(tmp_path: Path) -> None:
    """What is listed as fillable is accepted with its values and refused without; the rest is never tried."""
    async with conversing(META, tmp_path, templates=PARTS) as talk:
        page = present(await talk.ours.list_templates(None))
        found = {one.name: template_of(SenderId("clinic"), one, utc_now()) for one in page.templates}
        unusable = {name for name, one in found.items() if one.why_unusable() is not None}
        assert unusable == {"carousel", "expiring", "flow", "products", "catalogue", "call"}
        values = {"header_latitude": "-34.9", "header_longitude": "-56.1", "header_name": "C", "header_address": "A"}
        for name, given in {"place": values, "coupon": {"button1": "25OFF"}, "code": {"1": "123456"}}.items():
            message = message_of(found[name], CONTACT, found[name].complete(given))
            await talk.ours.send_template(message, REFERENCE)
            with pytest.raises(SendError):
                await talk.ours.send_template(replace(message, header=None, buttons=()), REFERENCE)
