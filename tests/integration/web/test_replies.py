"""Replies: taken while the window is open, refused with what may be sent instead, sent once."""

from datetime import datetime, timedelta

import pytest

from shared.ground import keys
from shared.ground.clock import utc_now
from shared.ground.ids import MessageId, TenantId
from tests.integration.web.client import AGENTS_KEY, CLINIC, OTHER_KEY, READER_KEY, Caller, number

TEXT = {"sender": "clinic", "contact": number(7), "text": "Of course."}
ROWS = [{"id": "a", "title": "Ten", "description": "in the morning"}, {"id": "b", "title": "Four"}]


@pytest.fixture
def waiting(opened, contact_of):
    """The ids that wait for a person."""

    async def waiting(index: int = 7) -> list[str]:
        return [one.decode() for one in await opened.ground.redis.lrange(keys.outbox(contact_of(index), CLINIC), 0, -1)]

    return waiting


async def test_a_reply_is_taken(api, opened, writes, hints, waiting, contact_of):
    await writes(7)
    answer = await api.post("/v1/replies", {**TEXT, "agent": "ana"})

    body = answer.body
    assert (answer.status, body["state"], body["by"], body["purpose"]) == (202, "queued", "ana", "reply")
    assert (body["sender"], body["contact_id"]) == ("clinic", contact_of(7))
    assert answer.headers["Location"] == body["links"]["self"] == f"/v1/replies/{body['id']}"
    assert await waiting() == [body["id"]]
    assert ("dispatch", f"{contact_of(7)}:clinic") in hints.said
    assert (await api.get(body["links"]["self"])).body == body
    record = await opened.stores.outbox.get(MessageId(body["id"]))
    assert (record.message.body.text, record.message.to) == ("Of course.", number(7))


async def test_without_an_agent_it_is_the_keys(client, writes):
    await writes(7)

    assert (await Caller(client, AGENTS_KEY).post("/v1/replies", TEXT)).body["by"] == "agents"
    assert (await Caller(client, READER_KEY).post("/v1/replies", TEXT)).code == "scope-missing"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"quick_replies": [{"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}]}, ("y", "n")),
        ({"list": {"button": "Hours", "rows": ROWS}}, ("a", "b")),
        ({"text": "", "media": {"kind": "image", "url": "https://example.com/a.png"}}, ()),
        ({"media": {"kind": "document", "url": "https://example.com/a.pdf", "filename": "a.pdf"}}, ()),
    ],
    ids=str,
)
async def test_more_than_a_text(api, opened, writes, said, kept):
    await writes(7)
    answer = await api.post("/v1/replies", {**TEXT, **said})
    sent = (await opened.stores.outbox.get(MessageId(answer.body["id"]))).message.body

    assert answer.status == 202
    assert tuple(choice.id for choice in sent.choices) == kept
    assert (sent.list_button is not None, sent.media is not None) == ("list" in said, "media" in said)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": " "}, "empty-message"),
        ({"text": "x" * 1_601}, "text-too-long"),
        ({"text": "x" * 5_000}, "invalid-body"),
        ({"text": "a\x00b"}, "invalid-body"),
        ({"text": None}, "invalid-body"),
        ({"media": {"kind": "image", "url": "ftp://example.com/a.png"}}, "bad-media-url"),
        ({"media": {"kind": "image", "url": "https://["}}, None),
        ({"media": {"kind": "hologram", "url": "https://example.com/a"}}, "invalid-body"),
        ({"media": {"kind": "image"}}, "invalid-body"),
        ({"quick_replies": [{"id": str(n), "title": "t"} for n in range(11)]}, "too-many-choices"),
        ({"quick_replies": [{"id": "1", "title": "t" * 30}]}, "title-too-long"),
        ({"quick_replies": [{"id": "1", "title": "t"}] * 2}, "duplicate-choice"),
        ({"list": {"button": "b", "rows": []}}, "empty-list"),
        ({"list": {"button": "b", "rows": ROWS}, "quick_replies": [{"id": "1", "title": "t"}]}, "invalid-body"),
        ({"reply_to": "SM1"}, "unsupported-content"),
        ({"contact": "Joe"}, "bad-contact"),
        ({"colour": "blue"}, "invalid-body"),
        ({"interaction": "i" + "a" * 32}, "interaction-not-found"),
        ({"interaction": "nonsense"}, "interaction-not-found"),
        ({"sender": "shop"}, "sender-not-found"),
    ],
    ids=str,
)
async def test_what_cannot_be_said(api, writes, waiting, change, code):
    await writes(7)
    answer = await api.post("/v1/replies", {**TEXT, **change})

    if code is not None:
        assert answer.status == (404 if code.endswith("not-found") else 400)
        assert answer.code == code
        assert await waiting() == []
        assert "4155550107" not in answer.text


# ── the window ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_window_the_templates_are_named(api, waiting):
    answer = await api.post("/v1/replies", TEXT)

    assert (answer.status, answer.code) == (409, "window-closed")
    assert answer.body["templates"] == [{"name": "reminder", "language": "en"}]
    assert "closed_at" not in answer.body
    assert "reminder (en)" in answer.body["detail"]
    assert "4155550107" not in answer.text
    assert await waiting() == []


async def test_when_it_closed_is_told_where_it_is_known(api, writes):
    at = utc_now() - timedelta(hours=30)
    await writes(7, at=at)
    answer = await api.post("/v1/replies", TEXT)

    closed_at = datetime.fromisoformat(answer.body["closed_at"])
    assert abs(closed_at - at - timedelta(hours=24)) < timedelta(seconds=1)


async def test_a_window_that_its_provider_closed_ended_at_no_time_that_we_know(api, opened, writes, contact_of):
    await writes(7)
    await opened.stores.sessions.close(contact_of(7), "clinic", utc_now() + timedelta(seconds=1))
    answer = await api.post("/v1/replies", TEXT)

    assert (answer.code, "closed_at" in answer.body) == ("window-closed", False)


async def test_who_refused_is_left_alone_until_it_writes_again(api, writes):
    await writes(7, at=utc_now() - timedelta(minutes=5))
    await writes(7, "BAJA", at=utc_now() - timedelta(minutes=4))
    refused = await api.post("/v1/replies", TEXT)
    await writes(7, "one more question", at=utc_now())

    assert (refused.status, refused.code) == (409, "opted-out")
    assert (await api.post("/v1/replies", TEXT)).status == 202


# ── once ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_with_a_key_it_is_sent_once_and_without_twice(api, writes, waiting):
    await writes(7)
    first, again = [await api.post("/v1/replies", TEXT, key="k") for _ in range(2)]
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")
    assert len(await waiting()) == 1

    await api.post("/v1/replies", TEXT)
    await api.post("/v1/replies", TEXT)
    assert len(await waiting()) == 3


async def test_a_crash_between_deed_and_answer_says_nothing_twice(api, opened, writes, waiting, contact_of):
    await writes(7)
    first = await api.post("/v1/replies", TEXT, key="k")
    await opened.ground.redis.delete(keys.idempotency(TenantId("acme"), "k"))
    await opened.ground.redis.delete(keys.session(contact_of(7), CLINIC))  # the window ended meanwhile
    again = await api.post("/v1/replies", TEXT, key="k")

    assert (again.status, again.body) == (202, first.body)
    assert len(await waiting()) == 1


# ── its conversation ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_joins_the_contacts_open_conversation(api, opened, writes):
    await writes(7)
    (talk,) = (await api.get("/v1/interactions")).body["items"]
    reply = (await api.post("/v1/replies", TEXT)).body
    await api.post(f"/v1/interactions/{talk['id']}/close")

    assert (reply["interaction"], reply["links"]["interaction"]) == (talk["id"], talk["links"]["self"])
    assert (await api.post("/v1/replies", TEXT)).body["interaction"] is None
    assert (await api.post("/v1/replies", {**TEXT, "interaction": talk["id"]})).body["interaction"] == talk["id"]


async def test_it_joins_no_other_contacts_conversation(api, writes):
    await writes(7)
    await writes(8)
    talks = (await api.get("/v1/interactions")).body["items"]
    answers = [await api.post("/v1/replies", {**TEXT, "interaction": one["id"]}) for one in talks]

    assert {answer.status for answer in answers} == {202, 400}
    assert {answer.code for answer in answers if answer.status == 400} == {"interaction-differs"}


# ── whose ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_tenants_reply_is_not_there(api, client, writes):
    await writes(7)
    reply = (await api.post("/v1/replies", TEXT)).body
    other = Caller(client, OTHER_KEY)

    for name in (reply["id"], "r" + "a" * 32, "x", "+14155550107"):
        for kind in ("replies", "messages"):
            answer = await other.get(f"/v1/{kind}/{name}")
            assert (answer.status, answer.code) == (404, "message-not-found")
            assert "4155550107" not in answer.text
    assert (await Caller(client, READER_KEY).get(f"/v1/messages/{reply['id']}")).body["id"] == reply["id"]


async def test_another_tenants_contact_has_no_window(api, writes, contact_of):
    await writes(7, sender="shop")

    assert (await api.post("/v1/replies", {**TEXT, "contact": contact_of(7, "other")})).code == "contact-not-found"
