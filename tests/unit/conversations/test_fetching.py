"""Which file of a conversation is meant: pure. `tests/integration/web/test_media.py` proves the way of its bytes."""

import pytest

from shared.conversations import content_json
from shared.conversations.fetching import medium_of
from shared.conversations.interactions.model import About, Entry, Interaction, InteractionState
from shared.ground.errors import NotFound
from shared.ground.ids import EventId, InteractionId, MessageId
from shared.providers.events import Content, ContentKind, IncomingMedia
from tests.factories import SENDER, TENANT, contact
from tests.stores import START

FILES = (IncomingMedia("image/png", "https://example.com/1"), IncomingMedia("application/pdf", media_id="2"))
THREAD = (
    Entry(START, EventId("e"), body=content_json.to_json(Content(ContentKind.IMAGE, media=FILES))),
    Entry(START, EventId("text"), body=content_json.to_json(Content(ContentKind.TEXT, "x"))),
    Entry(START, message=MessageId("r1")),
)
TALK = Interaction(
    InteractionId("i1"), About(TENANT, SENDER, contact(0)), InteractionState.OPEN, START, START, thread=THREAD
)


@pytest.mark.parametrize(("place", "file"), [("0", FILES[0]), ("1", FILES[1]), ("01", FILES[1])])
def test_a_file_is_named_by_its_place(place: str, file: IncomingMedia) -> None:
    assert medium_of(TALK, "e", place) == file


@pytest.mark.parametrize(
    ("message", "place", "code"),
    [
        ("nobody", "0", "message-not-found"),
        ("r1", "0", "message-not-found"),
        ("e", "2", "media-not-found"),
        ("e", "-1", "media-not-found"),
        ("e", "x", "media-not-found"),
        ("text", "0", "media-not-found"),
    ],
)
def test_a_file_that_is_not_there(message: str, place: str, code: str) -> None:
    with pytest.raises(NotFound) as raised:
        medium_of(TALK, message, place)
    assert raised.value.code == code
