"""A judge: a client of Meta's API that neither side wrote (pywa) sends to the simulator, and reads what it tells."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from pywa import errors, utils
from pywa.types import templates as parts
from pywa_async import WhatsApp, handlers, types

from tests.contract.simulator.client import CONTACT, SENDER, TOKEN, Client, simulated
from tests.contract.simulator.speakers import META
from tests.reading import present
from workers.simulator.journal import HandshakeRecord, NewsRecord
from workers.simulator.traffic import Outcome

NUMBER_ID, WABA_ID = META.secrets["phone_number_id"], META.secrets["waba_id"]
APP_SECRET, VERIFY_TOKEN = META.secrets["app_secret"], META.secrets["verify_token"]
SPANISH = parts.TemplateLanguage.SPANISH
BODY: Any = parts.BodyText  # `params` is declared without the `cls` that it is called on
HEADER: Any = parts.HeaderText
BOTH = (BODY.params("Ana", "10:30"),)
LEAFLET = "https://example.com/leaflet.pdf"
TEMPLATES = {
    "reminder": {"name": "reminder", "language": "es", "body": "Hola {{1}}, a las {{2}}"},
    "rich": {
        "language": "es",
        "category": "marketing",
        "header": {"format": "image"},
        "body": "Hola {{name}}, {{day}}",
        "footer": "Hasta luego",
        "buttons": [
            {"type": "quick_reply", "text": "Sí"},
            {"type": "url", "text": "Ver", "url": "https://example.com/{{1}}"},
            {"type": "phone_number", "text": "Llamar"},
        ],
        "quality": "green",
    },
    "leaflet": {"language": "es", "header": {"format": "document"}, "body": "Hola"},
    "greeting": {"language": "es", "header": {"format": "text", "text": "Hola {{1}}"}, "body": "Hola"},
    "paused": {"language": "es", "body": "Hola", "status": "paused"},
    "rejected": {"language": "es", "body": "Hola", "status": "rejected"},
}


@dataclass
class Judge:
    """wa: the client that judges.  heard: what it made of each body.  checked: what it said of the signatures."""

    wa: WhatsApp
    client: Client = field(init=False)
    heard: list[Any] = field(default_factory=list)
    checked: list[bool] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    async def ask(self, request: web.Request) -> web.Response:
        """The handshake."""
        self.queries.append(dict(request.query))
        token, challenge = request.query[utils.HUB_VT], request.query[utils.HUB_CH]
        text, status = await self.wa.webhook_challenge_handler(token, challenge)
        return web.Response(text=text, status=status)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        refused = await self.wa.webhook_update_validator(body, request.headers.get(utils.HUB_SIG))
        self.checked.append(refused is None)
        if refused is not None:
            return web.Response(text=refused[0], status=refused[1])
        text, status = await self.wa.webhook_update_handler(body)
        return web.Response(text=text, status=status)

    async def say(self, **said: Any) -> Any:
        """What it makes of what a contact says."""
        before = len(self.heard)
        answered = await self.client.say(provider="meta", **said)
        assert answered.json["http_status"] == 200, answered.json
        (heard,) = self.heard[before:]
        assert heard.id == answered.json["message_id"] or isinstance(heard, types.UserMarketingPreferences)
        return heard

    async def announce(self, place: str, **said: Any) -> Any:
        answered = await self.client.call("POST", f"/_simulator/{place}", json={"provider": "meta", **said})
        assert answered.json == {"http_status": 200}
        return self.heard[-1]


@asynccontextmanager
async def judging(folder: Path, **script: Any) -> AsyncIterator[Judge]:
    async with httpx.AsyncClient(timeout=5.0) as session:
        judge = Judge(_whatsapp(session))
        judge.wa.add_handlers(*(kind(_keeping(judge)) for kind in KINDS))
        async with _hooked(judge) as url, simulated(folder, **{**_script(url), **script}) as client:
            session.base_url = f"{client.url}/v25.0"  # it has pointed itself at Meta
            judge.client = client
            yield judge


def _script(url: str) -> dict[str, Any]:
    return {
        "accounts": {NUMBER_ID: TOKEN},
        "services": {NUMBER_ID: SENDER},
        "templates": TEMPLATES,
        "contacts": {"default": {"delay_ms": 0, "profile_name": "Ana Luz"}},
        "webhooks": {"meta": {"status": f"{url}/hook#rc=0", "message": f"{url}/hook#rc=0"}},
        "meta": {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN},
    }


KINDS = (
    handlers.MessageHandler,
    handlers.MessageStatusHandler,
    handlers.CallbackButtonHandler,
    handlers.CallbackSelectionHandler,
    handlers.FlowCompletionHandler,
    handlers.UserMarketingPreferencesHandler,
    handlers.PhoneNumberChangeHandler,
    handlers.TemplateStatusUpdateHandler,
    handlers.TemplateQualityUpdateHandler,
    handlers.TemplateCategoryUpdateHandler,
    handlers.AccountUpdateHandler,
)


def _keeping(judge: Judge) -> Any:
    async def keep(_: WhatsApp, update: Any) -> None:
        judge.heard.append(update)

    return keep


def _whatsapp(session: httpx.AsyncClient) -> WhatsApp:
    return WhatsApp(
        phone_id=NUMBER_ID,
        token=TOKEN,
        session=session,
        waba_id=WABA_ID,
        app_secret=APP_SECRET,
        verify_token=VERIFY_TOKEN,
    )


@asynccontextmanager
async def _hooked(judge: Judge) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_get("/hook", judge.ask)
    application.router.add_post("/hook", judge.hear)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


# ── it sends ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_template_is_taken_and_its_statuses_are_understood(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        sent = await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH, tracker="ours")
        await judge.client.settled()
        (record,) = await judge.client.requests()
    assert (record.outcome, record.template, record.variables) == (
        Outcome.ACCEPTED,
        "reminder",
        {"1": "Ana", "2": "10:30"},
    )
    assert (sent.id, sent.status, sent.input) == (record.message_id, types.SentTemplateStatus.ACCEPTED, CONTACT)
    assert [status.status.value for status in judge.heard] == ["sent", "delivered", "read"]
    assert {(status.id, status.tracker, status.from_user.wa_id) for status in judge.heard} == {
        (record.message_id, "ours", CONTACT[1:])
    }
    assert [status.pricing and status.pricing.category.value for status in judge.heard] == ["utility", "utility", None]
    assert judge.checked == [True] * 3


FILLED = [
    (
        "rich",
        (
            parts.HeaderImage.params(image="https://example.com/a.png"),
            parts.BodyText.params(name="Ana", day="lunes"),
            parts.QuickReplyButton.params(callback_data="yes", index=0),
            parts.URLButton.params(url_variable="17", index=1),
        ),
    ),
    ("leaflet", (parts.HeaderDocument.params(document=LEAFLET, filename="leaflet.pdf"),)),
    ("greeting", (HEADER.params("Ana"),)),
]


@pytest.mark.parametrize(("name", "params"), FILLED, ids=[name for name, _ in FILLED])
async def test_headers_names_and_buttons_are_taken(tmp_path: Path, name: str, params: Any) -> None:
    async with judging(tmp_path) as judge:
        await judge.wa.send_template(CONTACT, name, SPANISH, params)
        (record,) = await judge.client.requests()
    assert record.variables == ({"name": "Ana", "day": "lunes"} if name == "rich" else {})


SENDING = {
    "text": lambda wa: wa.send_message(CONTACT, "Hello", tracker="ours", preview_url=True),
    "reply": lambda wa: wa.send_message(CONTACT, "Hello", reply_to_message_id="wamid.eA=="),
    "buttons": lambda wa: wa.send_message(
        CONTACT, "When?", header="H", footer="F", buttons=[types.Button("Now", "a"), types.Button("Later", "b")]
    ),
    "list": lambda wa: wa.send_message(
        CONTACT,
        "When?",
        buttons=types.SectionList("Days", [types.Section("All", [types.SectionRow("Monday", "mon", "9 to 5")])]),
    ),
    "image": lambda wa: wa.send_image(CONTACT, "https://example.com/a.png", "Look"),
    "document": lambda wa: wa.send_document(CONTACT, LEAFLET, filename="leaflet.pdf", caption="Read"),
    "audio": lambda wa: wa.send_audio(CONTACT, "https://example.com/a.ogg", is_voice=True),
    "place": lambda wa: wa.send_location(CONTACT, -34.9, -56.16, "Clinic", "18 de Julio"),
    "reaction": lambda wa: wa.send_reaction(CONTACT, "👍", "wamid.eA=="),
    "person": lambda wa: wa.send_contact(CONTACT, types.Contact(types.Contact.Name("Eva Paz", first_name="Eva"))),
}


@pytest.mark.parametrize("kind", SENDING)
async def test_whatever_it_sends_is_taken(tmp_path: Path, kind: str) -> None:
    async with judging(tmp_path, enforce_windows=False) as judge:
        sent = await SENDING[kind](judge.wa)
        await judge.client.settled()
        (record,) = await judge.client.requests()
    assert (sent.id, record.template, record.outcome) == (record.message_id, None, Outcome.ACCEPTED)
    assert judge.heard[-1].status.value == "read"
    assert judge.heard[0].pricing.type.value == "free_customer_service"


async def test_who_is_written_to_by_an_id_is_the_same_contact(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        letter = await judge.say(text="Hello")
        sent = await judge.wa.send_message(letter.from_user.bsuid, "Hello")
        await judge.client.settled()
        (record,) = await judge.client.requests()
    assert (record.to, sent.input, sent.chat.id) == (CONTACT, letter.from_user.bsuid, letter.from_user.bsuid)
    assert judge.heard[-1].status.value == "read"


async def test_a_message_that_was_read_is_no_request(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        letter = await judge.say(text="Hello")
        assert await judge.wa.mark_message_as_read(letter.id)
        assert await judge.client.requests() == []
        assert (await judge.client.summary())["requests"] == 0


async def test_a_template_may_be_held(tmp_path: Path) -> None:
    meta = {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, "held": ["reminder"]}
    async with judging(tmp_path, meta=meta) as judge:
        sent = await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
    assert sent.status is types.SentTemplateStatus.HELD_FOR_QUALITY_ASSESSMENT


REFUSALS: dict[str, tuple[Any, type[errors.WhatsAppError], int, int]] = {
    "unknown": (lambda wa: wa.send_template(CONTACT, "another", SPANISH, BOTH), errors.TemplateNotExists, 132001, 404),
    "language": (
        lambda wa: wa.send_template(CONTACT, "reminder", parts.TemplateLanguage.ENGLISH, BOTH),
        errors.TemplateNotExists,
        132001,
        404,
    ),
    "too few": (
        lambda wa: wa.send_template(CONTACT, "reminder", SPANISH, (BODY.params("Ana"),)),
        errors.TemplateParamCountMismatch,
        132000,
        400,
    ),
    "no header": (
        lambda wa: wa.send_template(CONTACT, "leaflet", SPANISH),
        errors.TemplateParamFormatMismatch,
        132012,
        400,
    ),
    "paused": (lambda wa: wa.send_template(CONTACT, "paused", SPANISH), errors.TemplatePaused, 132015, 400),
    "rejected": (lambda wa: wa.send_template(CONTACT, "rejected", SPANISH), errors.TemplateNotExists, 132001, 404),
    "no number": (lambda wa: wa.send_message("+123", "Hello"), errors.InvalidParameter, 131009, 400),
    "itself": (lambda wa: wa.send_message(SENDER, "Hello"), errors.RecipientCannotBeSender, 131021, 400),
    "another number": (lambda wa: wa.send_message(CONTACT, "Hello", sender="9"), errors.WhatsAppError, 100, 400),
}


@pytest.mark.parametrize("mistake", REFUSALS)
async def test_a_refusal_is_understood(tmp_path: Path, mistake: str) -> None:
    act, kind, code, status = REFUSALS[mistake]
    async with judging(tmp_path) as judge:
        with pytest.raises(errors.WhatsAppError) as caught:
            await act(judge.wa)
        (record,) = await judge.client.requests()
    error = caught.value
    assert (type(error), error.code, error.status_code) == (kind, code, status)
    assert error.message.startswith(f"(#{code})")
    assert error.fbtrace_id
    assert (record.outcome, record.code) == (Outcome.REFUSED, str(code))


async def test_a_wrong_token_opens_nothing(tmp_path: Path) -> None:
    async with judging(tmp_path, accounts={NUMBER_ID: "another-made-up-token"}) as judge:
        for act in (judge.wa.send_message(CONTACT, "Hello"), judge.wa.get_templates()):
            with pytest.raises(errors.WhatsAppError) as caught:
                await act
            assert (caught.value.code, caught.value.status_code, caught.value.type) == (190, 401, "OAuthException")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (130429, errors.RateLimitHit),
        (131048, errors.SpamRateLimitHit),
        (131056, errors.TooManyMessages),
        (131057, errors.AccountInMaintenanceMode),
        (368, errors.TemporarilyBlocked),
        (80007, errors.RateLimitIssues),
    ],
)
async def test_a_fault_is_understood(tmp_path: Path, code: int, kind: type[errors.WhatsAppError]) -> None:
    async with judging(tmp_path, faults=[{"do": "error", "code": code}]) as judge:
        with pytest.raises(kind):
            await judge.wa.send_message(CONTACT, "Hello")


# ── it asks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_templates_are_listed_in_pages(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        first: Any = await judge.wa.get_templates(pagination=types.Pagination(limit=4))
        second = await first.next()
        chosen = await judge.wa.get_templates(statuses=[parts.TemplateStatus.PAUSED])
    names = [template.name for template in [*first, *second]]
    assert names == list(TEMPLATES)
    assert (first.has_next, second.has_next, first.total_count) == (True, False, len(TEMPLATES))
    assert [template.name for template in chosen] == ["paused"]


# Quirk(meta) examples-in-a-list-of-lists
async def test_a_listed_template_is_whole(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        (listed,) = await judge.wa.get_templates(name="rich")
        again = await judge.wa.get_template(listed.id)
    header, body, footer, buttons = listed.components
    assert isinstance(header, parts.HeaderImage)
    assert isinstance(body, parts.BodyText)
    assert isinstance(footer, parts.FooterText)
    assert isinstance(buttons, parts.Buttons)
    assert (listed.status, listed.category) == (parts.TemplateStatus.APPROVED, parts.TemplateCategory.MARKETING)
    assert (listed.parameter_format, present(listed.quality_score).score) == (
        parts.ParamFormat.NAMED,
        parts.QualityScoreType.GREEN,
    )
    assert (header.format, body.text, footer.text) == (
        parts.HeaderFormatType.IMAGE,
        "Hola {{name}}, {{day}}",
        "Hasta luego",
    )
    assert [type(button) for button in buttons.buttons] == [
        parts.QuickReplyButton,
        parts.URLButton,
        parts.PhoneNumberButton,
    ]
    assert (again.id, again.name) == (listed.id, "rich")


async def test_numbers_and_the_account_can_be_looked_at(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        number = await judge.wa.get_business_phone_number()
        (listed,) = await judge.wa.get_business_phone_numbers()
        account = await judge.wa.get_business_account()
    assert (number.id, number.display_phone_number, number.status) == (NUMBER_ID, "+1 415-555-0100", "CONNECTED")
    assert (listed.id, account.id) == (NUMBER_ID, WABA_ID)


# ── it is told what contacts say ────────────────────────────────────────────────────────────────────────────────────

FILE = {"url": "https://example.com/a", "caption": "Look"}
SAID: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({"text": "Sí 👍 </a>"}, lambda one: one.text == "Sí 👍 </a>"),
    "image": (
        {"media": {**FILE, "kind": "image", "mime_type": "image/jpeg"}},
        lambda one: one.caption == "Look" and one.image.mime_type == "image/jpeg" and one.image.sha256,
    ),
    "video": ({"media": {**FILE, "kind": "video", "mime_type": "video/mp4"}}, lambda one: one.video.id),
    "audio": ({"media": {**FILE, "kind": "audio", "mime_type": "audio/ogg"}}, lambda one: one.audio.voice is False),
    "document": (
        {"media": {**FILE, "kind": "document", "mime_type": "application/pdf", "filename": "a.pdf"}},
        lambda one: one.document.filename == "a.pdf",
    ),
    "sticker": (
        {"media": {**FILE, "kind": "sticker", "mime_type": "image/webp"}},
        lambda one: one.sticker.animated is False,
    ),
    "location": (
        {"location": {"latitude": -34.9, "longitude": -56.16, "label": "Clinic"}},
        lambda one: (one.location.latitude, one.location.name) == (-34.9, "Clinic"),
    ),
    "cards": (
        {"cards": [{"name": "Eva Paz", "phones": ["+14155550102"]}]},
        lambda one: one.contacts[0].name.formatted_name == "Eva Paz" and one.contacts[0].phones[0].phone,
    ),
    "order": (
        {"order": {"catalog_id": "7", "products": ["a", "b"], "text": "Please"}},
        lambda one: [item.sku for item in one.order.products] == ["a", "b"] and one.order.text == "Please",
    ),
    "reaction": ({"reaction": {"emoji": "👍"}}, lambda one: one.reaction.emoji == "👍"),
    "no reaction": ({"reaction": {"emoji": None}}, lambda one: one.reaction.emoji is None),
    "unknown": ({"unknown": True}, lambda one: one.type == types.MessageType.UNSUPPORTED and one.error.code == 131051),
    "choice": ({"choice": {"id": "mon", "title": "Monday"}}, lambda one: (one.data, one.title) == ("mon", "Monday")),
    "form": ({"form": {"response": {"day": "Monday"}}}, lambda one: one.response == {"day": "Monday"}),
}


@pytest.mark.parametrize("kind", SAID)
async def test_whatever_a_contact_says_is_understood(tmp_path: Path, kind: str) -> None:
    said, is_right = SAID[kind]
    async with judging(tmp_path) as judge:
        sent = await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
        await judge.client.settled()
        heard = await judge.say(reply_to=sent.id, **said)
    assert is_right(heard), heard
    assert (heard.from_user.wa_id, heard.from_user.name, heard.metadata.phone_number_id) == (
        CONTACT[1:],
        "Ana Luz",
        NUMBER_ID,
    )
    if "reaction" in said:
        assert heard.reaction.message_id == sent.id
    else:
        assert heard.reply_to_message.id == sent.id


async def test_a_button_is_of_a_template_or_of_a_message(tmp_path: Path) -> None:
    button = {"text": "Yes", "payload": "yes"}
    async with judging(tmp_path, enforce_windows=False) as judge:
        template = await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
        message = await judge.wa.send_message(CONTACT, "Now?", buttons=[types.Button("Yes", "yes")])
        await judge.client.settled()
        quick = await judge.say(button=button, reply_to=template.id)
        offered = await judge.say(button=button, reply_to=message.id)
    assert [(one.title, one.data, one.is_quick_reply) for one in (quick, offered)] == [
        ("Yes", "yes", True),
        ("Yes", "yes", False),
    ]


async def test_somebody_without_a_number_is_heard(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        heard = await judge.say(**{"from": "US.1234", "text": "Hello"})
        await judge.wa.send_message("US.1234", "Hello")
        await judge.client.settled()
    assert (heard.from_user.bsuid, heard.from_user.wa_id) == ("US.1234", None)
    assert (judge.heard[-1].status.value, judge.heard[-1].from_user.bsuid) == ("read", "US.1234")


async def test_who_stops_marketing_gets_none(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        stopped = await judge.say(preference="stop")
        params = FILLED[0][1]
        await judge.wa.send_template(CONTACT, "rich", SPANISH, params)
        await judge.client.settled()
        failed = judge.heard[-1]
        await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
        await judge.client.settled()
        useful = judge.heard[-1]
        resumed = await judge.say(preference="resume")
        await judge.wa.send_template(CONTACT, "rich", SPANISH, params)
        await judge.client.settled()
    assert [bool(stopped), bool(resumed)] == [False, True]
    assert (failed.status.value, failed.error.code) == ("failed", 131050)
    assert [useful.status.value, judge.heard[-1].status.value] == ["read", "read"]


# ── it is told everything else ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"not_on_whatsapp": [CONTACT]}, 131026),
        ({"contacts": {"default": {"fails_with": 131049, "delay_ms": 0}}}, 131049),
    ],
)
async def test_a_failure_is_understood(tmp_path: Path, script: dict[str, Any], code: int) -> None:
    async with judging(tmp_path, **script) as judge:
        await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
        await judge.client.settled()
        (status,) = judge.heard
    assert (status.status.value, status.error.code) == ("failed", code)
    assert (status.error.message, status.error.details) != (None, None)


async def test_a_closed_window_is_understood(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        await judge.wa.send_message(CONTACT, "Hello")
        await judge.client.settled()
        (status,) = judge.heard
    assert isinstance(status.error, errors.ReEngagementMessage)


async def test_a_forgery_is_found_out(tmp_path: Path) -> None:
    async with judging(tmp_path, callbacks={"bad_signature": 1}) as judge:
        await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
        summary = await judge.client.settled()
    assert judge.checked == [False, True] * 3
    assert len(judge.heard) == summary["callbacks"]["forged"] == 3


@pytest.mark.parametrize("token", [VERIFY_TOKEN, "another-made-up-token"])
async def test_the_handshake_is_passed_by_who_knows_the_token(tmp_path: Path, token: str) -> None:
    async with judging(tmp_path, meta={"verify_token": token, "app_secret": APP_SECRET}) as judge:
        answered = await judge.client.call("POST", "/_simulator/handshake", json={"provider": "meta"})
    assert answered.json["passed"] is (token == VERIFY_TOKEN)
    assert judge.queries[0]["hub.mode"] == "subscribe"


async def test_the_handshake_may_come_before_all_else(tmp_path: Path) -> None:
    meta = {"verify_token": VERIFY_TOKEN, "app_secret": APP_SECRET, "handshake": True}
    async with judging(tmp_path, meta=meta) as judge, asyncio.timeout(5):
        while not (found := [one for one in await judge.client.records() if isinstance(one, HandshakeRecord)]):
            pass  # each look is a round trip that lets everybody else run
    assert [(one.provider, one.http_status, one.passed) for one in found] == [("meta", 200, True)]


NEWS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "paused": (
        "template",
        {"event": "PAUSED"},
        lambda one: one.new_status == "PAUSED" and one.other_info.title == "FIRST_PAUSE",
    ),
    "rejected": (
        "template",
        {"event": "REJECTED", "reason": "INVALID_FORMAT"},
        lambda one: (one.new_status, one.reason) == ("REJECTED", "INVALID_FORMAT"),
    ),
    "disabled": ("template", {"event": "DISABLED"}, lambda one: one.disable_info.disable_date),
    "approved": ("template", {"event": "APPROVED"}, lambda one: one.category == "UTILITY" and one.reason == "NONE"),
    "quality": ("template", {"quality": "red"}, lambda one: one.new_quality_score == "RED"),
    "category": (
        "template",
        {"category": "marketing"},
        lambda one: (one.previous_category, one.new_category) == ("UTILITY", "MARKETING"),
    ),
}


@pytest.mark.parametrize("kind", NEWS)
async def test_news_of_a_template_are_understood(tmp_path: Path, kind: str) -> None:
    place, said, is_right = NEWS[kind]
    async with judging(tmp_path) as judge:
        heard = await judge.announce(place, name="reminder", language="es", **said)
        listed = await judge.wa.get_template(heard.template_id)
    assert is_right(heard), heard
    assert (heard.id, heard.template_name, heard.template_language) == (WABA_ID, "reminder", SPANISH)
    assert listed.name == "reminder"


async def test_a_paused_template_is_refused_from_then_on(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        await judge.announce("template", name="reminder", language="es", event="PAUSED")
        with pytest.raises(errors.TemplatePaused):
            await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)
        await judge.announce("template", name="reminder", language="es", event="APPROVED")
        await judge.wa.send_template(CONTACT, "reminder", SPANISH, BOTH)


async def test_any_news_can_be_told_as_they_are(tmp_path: Path) -> None:
    changed = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": SENDER[1:], "phone_number_id": NUMBER_ID},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": CONTACT[1:], "user_id": "US.1"}],
        "messages": [
            {
                "from": CONTACT[1:],
                "id": "wamid.eA==",
                "timestamp": "1700000000",
                "type": "system",
                "system": {"body": "Ana changed", "type": "user_changed_number", "wa_id": "14155550102"},
            }
        ],
    }
    async with judging(tmp_path) as judge:
        moved = await judge.announce("news", field="messages", value=changed)
        banned = await judge.announce(
            "news",
            field="account_update",
            value={
                "event": "DISABLED_UPDATE",
                "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "March 14, 2026"},
            },
        )
        records = [record for record in await judge.client.records() if isinstance(record, NewsRecord)]
    assert (moved.old_wa_id, moved.new_wa_id) == (CONTACT[1:], "14155550102")
    assert banned.event == "DISABLED_UPDATE"
    assert [(record.about, record.http_status) for record in records] == [("messages", 200), ("account_update", 200)]


async def test_nothing_that_it_is_told_is_an_error_to_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    contacts = {"default": {"delay_ms": 0, "answers": [{"text": "Ok", "after_ms": 0}]}}
    with caplog.at_level(logging.WARNING, logger="pywa"):
        async with judging(tmp_path, contacts=contacts) as judge:
            for number in range(5):
                await judge.wa.send_template(f"+141555501{number:02}".replace("00", "09"), "reminder", SPANISH, BOTH)
            await judge.client.settled()
    assert (len(judge.heard), [record for record in caplog.records if record.name.startswith("pywa")]) == (20, [])
