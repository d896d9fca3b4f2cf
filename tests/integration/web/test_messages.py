"""Single messages: one template to one person, by the rules of a campaign."""

from datetime import datetime, timedelta

import pytest

from shared.conversations.outbox.store import Settled, Word
from shared.ground import keys
from shared.ground.clock import utc_now
from shared.ground.ids import MessageId, TenantId
from shared.people.consenting import Refusal
from shared.people.contacts.store import Identity
from tests.integration.web.client import CLINIC, OTHER_KEY, Caller, base, number

REMINDER = {"name": "reminder", "language": "en"}
ORDER = {"sender": "clinic", "contact": number(7), "template": REMINDER, "params": ["dental", "May 7"]}


@pytest.fixture
async def agreed(api):
    await api.post("/v1/opt-ins", {"contact": number(7), "source": "web_form", "at": "2026-05-01T10:00:00Z"})


@pytest.fixture
def sent(opened):
    async def sent(answer):
        return (await opened.stores.outbox.get(MessageId(answer.body["id"]))).message

    return sent


@pytest.mark.parametrize("params", [["dental", "May 7"], {"1": "dental", "2": "May 7"}], ids=str)
async def test_a_template_is_taken(api, agreed, sent, contact_of, hints, params):
    answer = await api.post("/v1/messages", {**ORDER, "params": params})

    body = answer.body
    assert (answer.status, body["state"], body["purpose"], body["by"]) == (202, "queued", "template", "all")
    assert (body["contact_id"], body["links"]["self"]) == (contact_of(7), f"/v1/messages/{body['id']}")
    message = await sent(answer)
    assert (message.to, dict(message.body.parameters)) == (number(7), {"1": "dental", "2": "May 7"})
    assert ("dispatch", f"{contact_of(7)}:clinic") in hints.said
    assert (await api.get(body["links"]["self"])).body == body


async def test_what_waits_says_why_and_until_when(api, opened, agreed):
    """A daily limit, say; it used to be asked again every few seconds, and to say nothing."""
    taken = (await api.post("/v1/messages", ORDER)).body
    message = (await opened.stores.outbox.get(MessageId(taken["id"]))).message
    due = utc_now().replace(microsecond=0) + timedelta(hours=24)
    settled = Settled(Word.ASIDE, utc_now(), code="63038", reason="the account's daily limit was reached", due=due)
    await opened.stores.outbox.settle(message, settled)

    waits = (await api.get(taken["links"]["self"])).body
    assert (taken["state"], taken["reason"], taken["code"], taken["next_attempt_at"]) == ("queued", None, None, None)
    assert (waits["state"], waits["reason"], waits["code"]) == ("queued", settled.reason, "63038")
    assert datetime.fromisoformat(waits["next_attempt_at"]) == due


async def test_a_number_is_read_as_the_senders(api, agreed, sent):
    answer = await api.post("/v1/messages", {**ORDER, "contact": "(415) 555-0007"})

    assert (await sent(answer)).to == number(7)


async def test_whoever_was_written_to_may_be_named_by_the_id(api, agreed, sent, contact_of):
    unknown = await api.post("/v1/messages", {**ORDER, "contact": contact_of(7)})
    await api.post("/v1/messages", ORDER)
    known = await api.post("/v1/messages", {**ORDER, "contact": contact_of(7)})

    assert (unknown.status, unknown.code) == (404, "contact-not-found")
    assert (await sent(known)).to == number(7)


async def test_a_campaigns_contact_may_be_named_by_the_id(api, campaign, sent):
    await api.upload(f"{campaign}/contacts", base(3))
    job = (await api.get(f"{campaign}/jobs")).body["items"][1]
    await api.post("/v1/opt-ins", {"contact": job["contact"], "source": "agent"})
    answer = await api.post("/v1/messages", {**ORDER, "contact": job["contact_id"]})

    assert (await sent(answer)).to == job["contact"]


async def test_consent_is_asked_for(api, opened, contact_of):
    without = await api.post("/v1/messages", ORDER)
    await opened.people.consenting.refuse(TenantId("acme"), Identity(contact_of(7)), Refusal("agent", utc_now()))
    refused = await api.post("/v1/messages", ORDER)

    assert (without.status, without.code) == (409, "no-opt-in")
    assert "/v1/opt-ins" in without.body["detail"]
    assert (refused.status, refused.code) == (409, "opted-out")
    assert "4155550007" not in without.text + refused.text


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"params": []}, 400, "missing-parameter"),
        ({"params": ["dental"]}, 400, "missing-parameter"),
        ({"params": ["dental", " "]}, 400, "missing-parameter"),
        ({"params": ["dental", "May", "7"]}, 400, "surplus-parameter"),
        ({"params": {"1": "a", "2": "b", "3": "c"}}, 400, "surplus-parameter"),
        ({"params": ["den\ntal", "May 7"]}, 400, "malformed-parameter"),
        ({"params": "dental|May 7"}, 400, "invalid-body"),
        ({"params": [1, 2]}, 400, "invalid-body"),
        ({"template": {"name": "reminders", "language": "en"}}, 404, "template-not-found"),
        ({"template": {"name": "waiting", "language": "en"}, "params": ["a"]}, 400, "template-not-enabled"),
        ({"template": {"name": "offer", "language": "en"}, "params": ["a"]}, 400, "template-not-enabled"),
        ({"sender": "shop"}, 404, "sender-not-found"),
        ({"contact": "Joe"}, 400, "bad-contact"),
        ({"contact": "a" * 16}, 404, "contact-not-found"),
        ({"text": "hello"}, 400, "invalid-body"),
    ],
    ids=str,
)
async def test_what_cannot_be_sent(api, agreed, change, status, code):
    answer = await api.post("/v1/messages", {**ORDER, **change})

    assert (answer.status, answer.code) == (status, code)
    assert "4155550007" not in answer.text
    assert "dental" not in answer.text


async def test_with_a_key_it_is_sent_once(api, opened, agreed, contact_of):
    first = await api.post("/v1/messages", ORDER, key="k")
    again = await api.post("/v1/messages", ORDER, key="k")
    await opened.ground.redis.delete(keys.idempotency(TenantId("acme"), "k"))
    after_a_crash = await api.post("/v1/messages", ORDER, key="k")

    assert first.body == again.body == after_a_crash.body
    assert await opened.ground.redis.llen(keys.outbox(contact_of(7), CLINIC)) == 1


async def test_another_tenants_contact_is_not_there(api, client, writes, contact_of):
    await writes(7, sender="shop")
    theirs = contact_of(7, "other")

    assert (await api.post("/v1/messages", {**ORDER, "contact": theirs})).code == "contact-not-found"
    order = {"sender": "shop", "contact": theirs, "template": {"name": "hello", "language": "es"}}
    assert (await Caller(client, OTHER_KEY).post("/v1/messages", order)).code == "no-opt-in"
