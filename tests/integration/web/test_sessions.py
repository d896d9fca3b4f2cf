"""Sessions: open or closed, until when, and what the contact said."""

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from shared.ground.clock import utc_now
from shared.ground.ids import TenantId
from shared.people.aliases import Source
from shared.people.consenting import Refusal
from shared.people.contacts.store import Identity
from shared.providers.events import Content, ContentKind, IncomingMedia, Location
from tests.integration.web.client import OTHER_KEY, Caller, number

CLOSED: dict[str, object] = {
    "open": False,
    "expires_at": None,
    "seconds_left": None,
    "may_reply": False,
    "reply_until": None,
    "reason": "window-closed",
    "last_inbound_at": None,
    "held_by": None,
    "messages": [],
}


def path(name: str, sender: str = "clinic") -> str:
    return f"/v1/sessions/{sender}/{quote(name)}"


async def test_closed_is_an_answer(api, contact_of):
    answer = await api.get(path(number(7)))

    assert (answer.status, answer.body) == (200, {**CLOSED, "sender": "clinic", "contact_id": contact_of(7)})


async def test_open_for_24_hours(api, writes, contact_of):
    at = utc_now() - timedelta(hours=23)
    await writes(7, "a question", at=at)
    body = (await api.get(path(contact_of(7)))).body

    assert (body["open"], body["may_reply"], body["reason"]) == (True, True, None)
    expires_at, reply_until = (datetime.fromisoformat(body[name]) for name in ("expires_at", "reply_until"))
    assert timedelta(hours=24) - timedelta(milliseconds=1) <= expires_at - at <= timedelta(hours=24)
    assert expires_at - reply_until == timedelta(seconds=60)
    assert 3_500 < body["seconds_left"] <= 3_600
    assert [(one["kind"], one["text"]) for one in body["messages"]] == [("text", "a question")]


async def test_in_the_last_minute_it_is_open_and_nothing_is_taken(api, writes):
    await writes(7, at=utc_now() - timedelta(hours=24) + timedelta(seconds=30))
    body = (await api.get(path(number(7)))).body

    assert (body["open"], body["may_reply"], body["reason"]) == (True, False, "window-closed")


async def test_after_a_no_nothing_may_be_said(api, opened, writes, contact_of):
    await writes(7, at=utc_now() - timedelta(minutes=5))
    await opened.people.consenting.refuse(TenantId("acme"), Identity(contact_of(7)), Refusal("agent", utc_now()))
    body = (await api.get(path(number(7)))).body

    assert (body["open"], body["may_reply"], body["reason"]) == (True, False, "opted-out")


async def test_whatever_was_said_is_told(api, writes):
    picture = IncomingMedia("image/jpeg", "https://api.twilio.com/media/1")
    await writes(7, content=Content(ContentKind.IMAGE, "look", media=(picture,)))
    await writes(7, content=Content(ContentKind.BUTTON, "Yes", "yes-1"))
    await writes(7, content=Content(ContentKind.LOCATION, location=Location(-34.9, -56.2, "Home")))
    image, button, place = (await api.get(path(number(7)))).body["messages"]

    assert (image["kind"], image["text"], image["media"][0]["mime_type"]) == ("image", "look", "image/jpeg")
    assert (button["text"], button["payload"], button["media"], button["location"]) == ("Yes", "yes-1", None, None)
    assert place["location"] == {"latitude": -34.9, "longitude": -56.2, "name": "Home", "address": ""}


async def test_a_session_is_one_senders_and_one_tenants(api, client, writes, contact_of):
    await writes(7, sender="shop")
    theirs = contact_of(7, "other")

    assert (await Caller(client, OTHER_KEY).get(path(theirs, "shop"))).body["open"] is True
    assert (await api.get(path(number(7)))).body["open"] is False
    assert (await api.get(path(theirs))).code == "contact-not-found"
    assert (await api.get(path(theirs, "shop"))).code == "sender-not-found"


@pytest.mark.parametrize(
    ("name", "sender", "status", "code"),
    [
        ("Joe", "clinic", 400, "bad-contact"),
        ("+1415", "clinic", 400, "bad-contact"),
        ("+14155550107", "+14155550100", 404, "sender-not-found"),
    ],
)
async def test_what_is_asked_for_wrongly(api, name, sender, status, code):
    answer = await api.get(path(name, sender))

    assert (answer.status, answer.code) == (status, code)
    assert "415555" not in answer.text


async def test_another_name_of_the_same_person_finds_it(api, opened, writes, contact_of):
    await writes(7)
    await opened.people.merging.merge(TenantId("acme"), [number(7), number(8)], source=Source.RENAMING)

    assert {(await api.get(path(contact_of(index)))).body["open"] for index in (7, 8)} == {True}


async def test_media_without_a_type_leave_their_session_readable(api, writes, contact_of):
    await writes(7, content=Content(ContentKind.DOCUMENT, media=(IncomingMedia(url="https://example.com/1"),)))
    answer = await api.get(path(contact_of(7)))

    assert answer.status == 200
    assert answer.body["messages"][0]["media"] == [
        {"mime_type": "", "url": "https://example.com/1", "media_id": None, "filename": None}
    ]


async def test_a_thread_that_somebody_else_holds_takes_no_reply_and_says_so(api, writes, contact_of):
    await writes(7, "hello", in_standby=True)
    body = (await api.get(path(contact_of(7)))).body

    assert (body["open"], body["may_reply"], body["reason"]) == (True, False, "not-in-control")
    assert body["held_by"] == "other"
    refused = await api.post("/v1/replies", {"sender": "clinic", "contact": contact_of(7), "text": "hi"})
    assert (refused.status, refused.body["code"]) == (409, "not-in-control")
    assert (await api.get("/v1/interactions")).body["items"] == []
