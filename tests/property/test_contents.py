"""Contents as JSON: writing and reading are inverse for every content; what is stored is read, whatever it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.conversations import content_json
from shared.conversations.interactions.model import About, Entry, Interaction, InteractionState, entry_from_json
from shared.conversations.outbox.model import TemplateUse, body_from_json, body_to_json
from shared.conversations.windows import window_of
from shared.ground.ids import EventId, InteractionId
from shared.people.sessions.model import Received, Session
from shared.providers.events import (
    Content,
    ContentKind,
    IncomingMedia,
    Location,
    Order,
    OrderItem,
    Payment,
    Referral,
)
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia
from tests.factories import SENDER, TENANT, contact
from tests.stores import START
from tests.wired import MARGIN, WINDOW
from workers.web.interactions.views import thread_view
from workers.web.sessions.views import session_view

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # dialects let no half of a surrogate pair pass
DEGREES = st.floats(-180, 180)
MEDIA = st.builds(IncomingMedia, TEXT, st.none() | TEXT, st.none() | TEXT, st.none() | TEXT)
ORDERS = st.builds(Order, TEXT, st.lists(st.builds(OrderItem, TEXT, st.integers(), TEXT, TEXT), max_size=3).map(tuple))
CONTENTS = st.builds(
    Content,
    st.sampled_from(ContentKind),
    TEXT,
    st.none() | TEXT,
    st.lists(MEDIA, max_size=3).map(tuple),
    st.none() | st.builds(Location, DEGREES, DEGREES, TEXT, TEXT),
    st.none() | ORDERS,
    st.none() | st.builds(Payment, TEXT, TEXT, TEXT, TEXT),
    st.none() | st.builds(Referral, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    st.none() | TEXT,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "v",
        "kind",
        "text",
        "payload",
        "media",
        "location",
        "order",
        "items",
        "payment",
        "referral",
        "changes",
        "mime_type",
    ]
)
STORED = st.dictionaries(FIELDS, JSON | st.lists(st.dictionaries(FIELDS | TEXT, JSON, max_size=3), max_size=2)) | JSON
FREE = st.builds(
    FreeMessage,
    TEXT,
    TEXT,
    st.none() | st.builds(OutgoingMedia, st.sampled_from(MediaKind), TEXT, st.none() | TEXT),
    st.lists(st.builds(Choice, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    st.none() | TEXT,
    st.none() | TEXT,
    st.none() | TEXT,
)


def talk_of(*bodies: str) -> Interaction:
    thread = [Entry(START, EventId(f"e{place}"), body=body) for place, body in enumerate(bodies)]
    about = About(TENANT, SENDER, contact(0))
    return Interaction(InteractionId("i1"), about, InteractionState.OPEN, START, START, thread=thread)


@given(content=CONTENTS)
def test_every_content_is_read_back_as_it_was_written(content: Content):
    assert content_json.from_json(content_json.to_json(content)) == content
    assert content_json.to_json(content).encode()


@given(content=CONTENTS)
def test_every_content_can_be_shown_in_its_thread_and_its_session(content: Content):
    body = content_json.to_json(content)

    (shown,) = thread_view(talk_of(body), {}).thread
    session = Session(START, START + WINDOW, START, [Received(EventId("e"), START, "x", body)])

    assert shown.kind == content.kind
    assert session_view(SENDER, contact(0), window_of(session, {}, MARGIN)).messages[0].kind == content.kind
    assert thread_view(talk_of(body), {}).model_dump_json()


@given(stored=STORED)
def test_one_odd_entry_makes_no_thread_unreadable(stored: object):
    odd, good = json.dumps(stored), content_json.to_json(Content(ContentKind.TEXT, "hello"))

    shown = thread_view(talk_of(odd, good), {}).thread

    assert [one.text for one in shown][1] == "hello"
    assert thread_view(talk_of(odd), {}).model_dump_json()


@pytest.mark.parametrize("stored", ["", "{", "[]", "null", '"x"', '{"kind":"hologram"}', "[" * 100_000])
def test_what_is_no_content_is_an_unknown_one(stored: str):
    assert content_json.from_json(stored) == Content(ContentKind.UNKNOWN)


def test_media_without_a_type_that_an_earlier_release_stored_are_read():
    stored = '{"v":1,"kind":"document","media":[{"url":"https://example.com/1"}]}'

    assert content_json.from_json(stored).media == (IncomingMedia("", "https://example.com/1"),)


@given(body=FREE | st.builds(TemplateUse, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)))
def test_every_message_of_ours_is_read_back_as_it_was_written(body: FreeMessage | TemplateUse):
    assert body_from_json(body_to_json(body)) == body


@given(content=CONTENTS, by=TEXT)
def test_every_entry_of_a_thread_is_read_back_as_it_was_written(content: Content, by: str):
    entry = Entry(START, EventId("e"), by=by, body=content_json.to_json(content))

    assert entry_from_json(entry.to_json()) == entry
