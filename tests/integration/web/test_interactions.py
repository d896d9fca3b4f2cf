"""Interactions: answers as work for agents; one holder, one list, one thread."""

import asyncio
import logging
from datetime import timedelta

import pytest

from shared.conversations.outbox.store import Settled, Word
from shared.ground.clock import utc_now
from shared.ground.ids import SenderId, TenantId
from shared.ledger.model import Kind
from shared.providers.events import Content, ContentKind, IncomingMedia, Order, OrderItem, Payment, Referral
from shared.providers.inbound import describe_order, describe_payment
from tests.integration.web.client import CAMPAIGN, OTHER_KEY, READER_KEY, Caller, base, number
from tests.integration.web.conftest import id_of


@pytest.fixture
async def talk(api, writes):
    """One that is open: its path."""
    await writes(7)
    (one,) = (await api.get("/v1/interactions")).body["items"]
    return one["links"]["self"]


async def test_an_answer_to_a_campaign_is_one(api, running, send, writes, contact_of):
    await send(running, Kind.DELIVERED)
    await writes(100, "cancel, please")
    (one,) = (await api.get("/v1/interactions")).body["items"]

    assert (one["state"], one["agent"], one["sender"], one["campaign"]) == ("open", None, "clinic", id_of(running))
    assert (one["contact_id"], one["closed_at"]) == (contact_of(100), None)
    assert one["links"] == {
        "self": f"/v1/interactions/{one['id']}",
        "session": f"/v1/sessions/clinic/{contact_of(100)}",
        "contact": f"/v1/contacts/{contact_of(100)}",
        "campaign": running,
    }


async def test_the_dialers_own_keys_are_repeated(api, opened, send, writes):
    order = {**CAMPAIGN, "require_opt_in": False, "external_id": "may-1"}
    path = (await api.post("/v1/campaigns", order)).headers["Location"]
    await api.upload(f"{path}/contacts", f"phone,1,2,contact_id\n{number(7)},a,b,crm-7\n")
    await api.post(f"{path}/start")
    await opened.outbound.splitting.split(id_of(path))
    await send(path, Kind.DELIVERED)
    await writes(7)
    (one,) = (await api.get("/v1/interactions")).body["items"]

    assert (one["external_id"], one["external_contact_id"]) == ("may-1", "crm-7")


async def test_a_thread_holds_what_both_said(api, opened, talk, writes, contact_of):
    await writes(7, content=Content(ContentKind.BUTTON, "Yes", "y1"))
    order = {"sender": "clinic", "contact": contact_of(7), "agent": "ana"}
    first = (await api.post("/v1/replies", {**order, "text": "Which day?"})).body
    choices = {"text": "Or", "list": {"button": "Days", "rows": [{"id": "1", "title": "Monday"}]}}
    await api.post("/v1/replies", {**order, **choices})
    file = {"text": "", "media": {"kind": "image", "url": "https://example.com/map.png"}}
    await api.post("/v1/replies", {**order, **file})
    record = await opened.stores.outbox.head(contact_of(7), SenderId("clinic"))
    await opened.stores.outbox.settle(record.message, Settled(Word.DELIVERED, utc_now(), "SM1"))
    thread = (await api.get(talk)).body["thread"]

    assert [(one["direction"], one["text"]) for one in thread] == [
        ("in", "yes"), ("in", "Yes"), ("out", "Which day?"), ("out", "Or"), ("out", None),
    ]  # fmt: skip
    assert (thread[1]["kind"], thread[1]["payload"]) == ("button", "y1")
    assert [thread[2][name] for name in ("message", "by", "state", "purpose")] == [
        first["id"], "ana", "delivered", "reply",
    ]  # fmt: skip
    assert (thread[3]["choices"], thread[3]["state"]) == ({"button": "Days", "titles": ["Monday"]}, "queued")
    assert thread[4]["file"] == {"kind": "image", "url": "https://example.com/map.png", "filename": None}


async def test_media_without_a_type_leave_their_thread_readable(api, talk, writes):
    await writes(7, content=Content(ContentKind.IMAGE, media=(IncomingMedia(media_id="1"),)))
    answer = await api.get(talk)

    assert answer.status == 200
    (file,) = answer.body["thread"][1]["media"]
    assert (file["mime_type"], file["media_id"]) == ("", "1")


async def test_orders_payments_and_ads_are_readable_and_come_with_their_data(api, talk, writes):
    order = Order("c1", (OrderItem("tea", 2, "3.50", "USD"),), "please")
    await writes(7, content=Content(ContentKind.ORDER, describe_order(order), order=order))
    payment = Payment("order-7", "captured", "7.00", "USD")
    await writes(7, content=Content(ContentKind.PAYMENT, describe_payment(payment), payment=payment))
    await writes(7, content=Content(ContentKind.TEXT, "hi", referral=Referral("ad", "120", click_id="ARAk")))
    _, ordered, paid, came = (await api.get(talk)).body["thread"]

    assert ordered["text"] == "please\n2 × tea, 3.50 USD each\nTotal: 7.00 USD"
    assert ordered["order"]["note"] == "please"
    assert ordered["order"]["items"] == [{"product": "tea", "quantity": 2, "price": "3.50", "currency": "USD"}]
    assert (paid["text"], paid["payment"]["reference"]) == ("Payment order-7: captured, 7.00 USD", "order-7")
    assert (came["text"], came["referral"]["line"]) == ("hi", "Came by the ad 120")
    assert came["referral"]["click_id"] == "ARAk"


async def test_a_thread_shows_an_edit_beside_its_original(api, talk, writes):
    (first,) = (await api.get(talk)).body["thread"]
    await writes(7, content=Content(ContentKind.TEXT, "no", changes="SMin0"))
    original, edit = (await api.get(talk)).body["thread"]

    assert [original["text"], edit["text"]] == ["yes", "no"]
    assert (edit["changes"], original["edited_at"]) == (first["message"], edit["at"])


async def test_what_is_forgotten_of_ours_leaves_that_it_was_said(api, opened, talk, contact_of):
    reply = (await api.post("/v1/replies", {"sender": "clinic", "contact": contact_of(7), "text": "Hello"})).body
    await opened.ground.redis.delete(f"{{k:{contact_of(7)}}}:message:{reply['id']}")
    last = (await api.get(talk)).body["thread"][-1]

    assert (last["message"], last["text"], last["state"]) == (reply["id"], None, None)


# ── hands ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_comes_first_has_it(api, talk, events):
    answers = await asyncio.gather(*(api.post(f"{talk}/assign", {"agent": name}) for name in ("ana", "bo", "cy")))
    (taken,) = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]

    assert (taken.body["state"], len(refused)) == ("assigned", 2)
    holder = taken.body["agent"]
    assert {(answer.status, answer.code, answer.body["agent"]) for answer in refused} == {
        (409, "interaction-assigned", holder)
    }
    told = [event for event in events.told if event.type == "oriel.interaction.assigned"]
    assert [(event.data["agent"], event.data["interaction"]) for event in told] == [(holder, id_of(talk))]


async def test_the_same_agent_may_take_it_again_and_is_the_same_event(api, talk, events):
    first, again = [await api.post(f"{talk}/assign", {"agent": "ana"}) for _ in range(2)]

    assert (first.status, again.status, again.body["agent"]) == (200, 200, "ana")
    assert len({event.id for event in events.told if event.type == "oriel.interaction.assigned"}) == 1


async def test_closed_it_stays_closed_and_the_next_message_opens_another(api, talk, events, writes):
    await api.post(f"{talk}/assign", {"agent": "ana"})
    closed, again = [await api.post(f"{talk}/close", {"agent": "ana"}) for _ in range(2)]
    late = await api.post(f"{talk}/assign", {"agent": "bo"})
    await writes(7, "and another thing")

    assert (closed.status, closed.body["state"], closed.body["agent"]) == (200, "closed", "ana")
    assert again.body == closed.body
    assert (late.status, late.code) == (409, "interaction-closed")
    items = (await api.get("/v1/interactions")).body["items"]
    assert {one["state"] for one in items} == {"open", "closed"}
    (told, twice) = [event for event in events.told if event.type == "oriel.interaction.closed"]
    assert told.id == twice.id
    assert (told.data["by"], told.data["agent"], told.tenant) == ("ana", "ana", TenantId("acme"))


async def test_a_broker_that_is_away_undoes_nothing(api, talk, events, caplog):
    events.is_away = True
    assigned = await api.post(f"{talk}/assign", {"agent": "ana"})
    closed = await api.post(f"{talk}/close")

    assert (assigned.status, assigned.body["agent"]) == (200, "ana")
    assert (closed.status, closed.body["state"]) == (200, "closed")
    lines = [record for record in caplog.records if record.message == "interaction_not_told"]
    assert [record.levelno for record in lines] == [logging.WARNING] * 2


@pytest.mark.parametrize("body", [{}, {"agent": ""}, {"agent": 5}, {"agent": "a", "force": True}], ids=str)
async def test_an_assignment_names_an_agent(api, talk, body):
    assert (await api.post(f"{talk}/assign", body)).code == "invalid-body"


# ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def seven(api, writes):
    """Seven people wrote, one a minute; every third one's is in ana's hands."""
    for index in range(7):
        await writes(100 + index, at=utc_now() - timedelta(minutes=10 - index))
    for one in (await api.get("/v1/interactions")).body["items"][::3]:
        await api.post(f"{one['links']['self']}/assign", {"agent": "ana"})


async def pages(api, **query):
    after: dict[str, str] = {}
    while True:
        page = (await api.get("/v1/interactions", **query, **after)).body
        yield page["items"]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


async def test_newest_first_and_in_pages(api, seven, contact_of):
    whole = [one["contact_id"] for one in (await api.get("/v1/interactions")).body["items"]]
    parts = [[one["contact_id"] for one in page] async for page in pages(api, limit=3)]

    assert whole == [contact_of(100 + index) for index in reversed(range(7))]
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [one for part in parts for one in part] == whole
    assert [len(page) async for page in pages(api, limit=7)] == [7]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "assigned"}, 3),
        ({"state": "open"}, 4),
        ({"agent": "ana"}, 3),
        ({"agent": "bo"}, 0),
        ({"sender": "clinic"}, 7),
        ({"sender": "shop"}, 0),
        ({"campaign": "cnothing"}, 0),
        ({"agent": "ana", "state": "open"}, 0),
    ],
    ids=str,
)
async def test_a_list_is_narrowed(api, seven, query, count):
    found = [one async for page in pages(api, limit=2, **query) for one in page]

    assert len(found) == count


async def test_a_rare_one_is_found_over_pages(api, seven, monkeypatch):
    monkeypatch.setattr("shared.conversations.browsing.MAX_LOOKED_AT", 2)
    monkeypatch.setattr("shared.conversations.browsing.READ_TOGETHER", 2)
    lengths = [len(page) async for page in pages(api, agent="ana")]

    assert (sum(lengths), len(lengths)) == (3, 4)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": "x"}, "bad-cursor"),
        ({"after": "i" + "a" * 32}, "bad-cursor"),
        ({"state": "lost"}, "invalid-query"),
        ({"limit": 0}, "invalid-query"),
        ({"colour": "blue"}, "invalid-query"),
    ],
    ids=str,
)
async def test_a_list_is_asked_for_properly(api, query, code):
    answer = await api.get("/v1/interactions", **query)

    assert (answer.status, answer.code) == (400, code)


async def test_another_tenants_are_not_there(api, client, talk):
    other, reader = Caller(client, OTHER_KEY), Caller(client, READER_KEY)

    assert (await other.get("/v1/interactions")).body["items"] == []
    assert (await other.get("/v1/interactions", after=id_of(talk))).code == "bad-cursor"
    for answer in (
        await other.get(talk),
        await other.post(f"{talk}/assign", {"agent": "eve"}),
        await other.post(f"{talk}/close"),
        await api.get("/v1/interactions/nonsense"),
        await api.get(f"/v1/interactions/i{'a' * 32}"),
    ):
        assert (answer.status, answer.code) == (404, "interaction-not-found")
    assert (await reader.get(talk)).body["state"] == "open"
    assert (await reader.post(f"{talk}/close")).code == "scope-missing"


async def test_a_base_is_not_an_interaction(api, campaign):
    await api.upload(f"{campaign}/contacts", base(3))

    assert (await api.get("/v1/interactions")).body == {"items": [], "next": None}
