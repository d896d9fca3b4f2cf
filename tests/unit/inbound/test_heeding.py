"""Heeding: a no is a no, once it is confirmed there is silence, and who comes back is written to again."""

from datetime import timedelta

import pytest

from shared.conversations import content_json
from shared.ground.domain_events import DomainEventType
from shared.providers.events import Content, ContentKind, IncomingMedia, Location, Order, OrderItem, Referral
from tests.factories import SENDER, address, contact, opt_in
from tests.stores import START, Clock
from tests.unit.inbound.telling import answers_to, refuses, said, tell, written_to
from tests.wired import W1, Wired


@pytest.mark.parametrize(
    "message",
    [said(1, "Baja"), said(1, "Stop promotions", kind="button"), said(1, "x", kind="button", payload="OPT_OUT"),
     said(1, "stop", handled="stop")],
    ids=["word", "button", "payload", "handled"],
)  # fmt: skip
async def test_a_no_holds_in_every_campaign_at_once(wired: Wired, message: dict[str, object]) -> None:
    made = await wired.running(3)
    lease = await wired.leased(made)
    await tell(wired, message)
    assert await refuses(wired)
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert address(0) not in wired.transport.addresses()
    assert await wired.letters(made) == "xaa"
    assert DomainEventType.CONTACT_OPTED_OUT in wired.events.types()


@pytest.mark.parametrize(
    "message",
    [said(1, "Quiero darme de baja"), said(1, "no quiero recibir más mensajes"), said(1, "stop, gracias"),
     said(1, "Não quero mais receber"), said(1, "ST\u200bO\u00adP"), said(1, "Fuera de acá!"),
     said(1, "no me escriban más", kind="image"), said(1, "No quiero más mensajes", kind="button")],
    ids=["es", "es-long", "courtesy", "pt", "invisible", "own", "caption", "button"],
)  # fmt: skip
async def test_a_whole_sentence_of_refusal_is_heard_like_a_word(wired: Wired, message: dict[str, object]) -> None:
    await written_to(wired)
    await tell(wired, message)
    assert await refuses(wired)


FILE = (IncomingMedia("text/vcard", "https://example.com/1"),)
CLINIC = Location(-34.9, -56.16, "Stop", "18 de Julio 1234")


@pytest.mark.parametrize(
    "content",
    [*(Content(ContentKind(kind), "STOP", media=FILE) for kind in
       ("image", "video", "audio", "document", "sticker", "contacts", "unknown")),
     Content(ContentKind.LOCATION, "Baja", location=CLINIC),
     Content(ContentKind.ORDER, "stop\n1 × tea", order=Order("c1", (OrderItem("tea"),), "stop"))],
    ids=lambda content: content.kind.value,
)  # fmt: skip
async def test_a_no_beside_anything_is_a_no_and_is_answered_in_its_language(wired: Wired, content: Content) -> None:
    await written_to(wired)
    await tell(wired, said(1, "", content=content_json.to_json(content)))
    assert await refuses(wired)
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    sent = [body["text"] for body in wired.transport.sent if "text" in body]
    assert sent == ["No más mensajes." if content.text == "Baja" else "No more from us."]


@pytest.mark.parametrize(
    "content",
    [Content(ContentKind.CONTACTS, "Stop"), Content(ContentKind.LOCATION, "Stop", location=CLINIC),
     Content(ContentKind.ORDER, "Stop", order=Order("c1")), Content(ContentKind.UNKNOWN, "Stop", "{}"),
     Content(ContentKind.REACTION, "stop"), Content(ContentKind.TEXT, "hello", referral=Referral("ad", body="STOP"))],
    ids=lambda content: content.kind.value,
)  # fmt: skip
async def test_words_that_the_contact_did_not_write_are_no_refusal(wired: Wired, content: Content) -> None:
    await written_to(wired)
    await tell(wired, said(1, "", content=content_json.to_json(content)))
    assert not await refuses(wired)


async def test_a_declared_answer_below_a_voice_message_counts(wired: Wired) -> None:
    made = await written_to(wired, answers={"yes": ("yes", "!")})
    await tell(wired, said(1, "Yes.", kind="audio"), said(2, "", who=1, kind="audio"))
    assert (await wired.stores.ledger.standing(made.id)).answers == {"yes": 1}


@pytest.mark.parametrize("text", ["quiero la opción más baja", "no quiero recibir el paquete hoy", "bus stop?"])
async def test_a_sentence_that_holds_such_a_word_is_an_answer(wired: Wired, text: str) -> None:
    await written_to(wired)
    await tell(wired, said(1, text))
    assert not await refuses(wired)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("quiero darme de baja", "No más mensajes."),
        ("please stop texting me", "No more from us."),
        ("Ikkje meir", "Bye."),
    ],
)
async def test_a_sentence_is_confirmed_in_its_language(wired: Wired, text: str, answer: str) -> None:
    await written_to(wired)
    await tell(wired, said(1, text))
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert [body["text"] for body in wired.transport.sent if "text" in body] == [answer]


async def test_it_is_counted_with_the_campaign_that_it_answers(wired: Wired) -> None:
    made = await written_to(wired)
    await tell(wired, said(1, "stop"), said(2, "stop", at=START + timedelta(seconds=3)))
    standing = await wired.stores.ledger.standing(made.id)
    assert (standing.replied, standing.opted_out) == (1, 1)
    assert (await answers_to(wired, made.id)).opted_out_at == START


async def test_it_is_confirmed_once_and_then_there_is_silence(wired: Wired, clock: Clock) -> None:
    await written_to(wired)
    for number in range(1, 4):
        await tell(wired, said(number, "BAJA", at=clock()), said(number, "BAJA", at=clock()))
        clock.travel(timedelta(seconds=10))
    await wired.conversations.dispatching.dispatch(contact(0), SENDER, W1)
    assert [body["text"] for body in wired.transport.sent if "text" in body] == ["No más mensajes."]


async def test_the_provider_s_own_confirmation_is_enough(wired: Wired) -> None:
    await tell(wired, said(1, "STOP", handled="stop"))
    assert await wired.stores.outbox.head(contact(0), SENDER) is None
    assert await refuses(wired)


async def test_after_the_window_there_is_silence(wired: Wired, clock: Clock) -> None:
    clock.travel(timedelta(days=2))
    await tell(wired, said(1, "STOP", at=START))
    assert await wired.stores.outbox.head(contact(0), SENDER) is None
    assert await refuses(wired)


@pytest.mark.parametrize("text", ["CANCELAR", "cancel"])
async def test_a_campaign_may_take_cancel_for_an_answer(wired: Wired, text: str) -> None:
    await written_to(wired, opt_out_words=(), answers={"cancelled": (text,)})
    await tell(wired, said(1, text))
    assert not await refuses(wired)
    await tell(wired, said(2, text, who=9))
    assert await refuses(wired, 9), "who answers no such campaign means it"


async def test_what_a_campaign_asks_for_is_an_answer_and_no_refusal(wired: Wired) -> None:
    made = await written_to(wired, answers={"no": ("no", "cancel"), "odd": ("stop",)})
    await tell(wired, said(1, "Cancel."), said(2, "CANCELAR", who=1), said(3, "stop", who=2))
    assert [await refuses(wired, who) for who in range(3)] == [False, True, True]
    assert (await wired.stores.ledger.standing(made.id)).answers == {"no": 1, "odd": 1}


@pytest.mark.parametrize(("text", "comes_back"), [("START", True), ("alta", True), ("sí", False), ("YES", False)])
async def test_coming_back(wired: Wired, clock: Clock, text: str, comes_back: bool) -> None:
    made = await wired.running(3)
    await tell(wired, said(1, "stop"))
    clock.travel(timedelta(minutes=1))
    lease = await wired.leased(made)
    await tell(wired, said(2, text, at=clock()))
    assert await refuses(wired) is not comes_back
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert (address(0) in wired.transport.addresses()) is comes_back
    assert (DomainEventType.CONTACT_OPTED_IN in wired.events.types()) is comes_back


async def test_a_start_that_was_overtaken_by_a_later_stop_undoes_nothing(wired: Wired) -> None:
    await tell(wired, said(2, "stop", at=START))
    await tell(wired, said(1, "start", at=START - timedelta(minutes=1)))
    assert await refuses(wired)


async def test_history_says_who_and_how(wired: Wired, clock: Clock) -> None:
    await wired.stores.consent.record([(contact(0), opt_in(START - timedelta(days=1)))])
    await tell(wired, said(1, "stop", kind="button"), said(2, "hello"))
    clock.travel(timedelta(minutes=1))
    await tell(wired, said(3, "START", at=clock()))
    told = [(one.kind.value, one.source) for one in await wired.stores.consent.history(contact(0))]
    assert told == [("opt_in", "web_form"), ("opt_out", "button"), ("opt_in", "keyword")]
