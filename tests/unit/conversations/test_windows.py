"""Whether a contact may be written to in free form, and until when: pure."""

from datetime import datetime, timedelta

import pytest

from shared.conversations.windows import window_of
from shared.ground.ids import EventId
from shared.people.sessions.model import Received, Session
from shared.rules.verdict import Reason
from tests.factories import opt_out
from tests.stores import START as AT

MARGIN = timedelta(seconds=60)


def session(left: timedelta) -> Session:
    said = Received(EventId("e"), AT, "x", "{}")
    return Session(AT, AT + left, AT + left - timedelta(days=1), [said])


@pytest.mark.parametrize(
    ("left", "is_open", "may_reply"),
    [
        (timedelta(days=1), True, True),
        (MARGIN + timedelta(milliseconds=100), True, True),
        (MARGIN, True, False),
        (timedelta(milliseconds=100), True, False),
        (timedelta(0), False, False),
    ],
)
def test_a_window(left: timedelta, is_open: bool, may_reply: bool) -> None:
    window = window_of(session(left), {}, MARGIN)

    assert (window.is_open, window.may_reply, window.left) == (is_open, may_reply, left if is_open else None)
    assert window.reason == (None if may_reply else Reason.WINDOW_CLOSED)
    assert window.reply_until == (AT + left - MARGIN if is_open else None)
    assert window.expires_at == (AT + left if is_open else None)
    assert len(window.messages) == is_open


@pytest.mark.parametrize(
    ("refused_at", "reason"), [(AT, Reason.OPTED_OUT), (AT - timedelta(days=3), None)], ids=["since", "before"]
)
def test_a_refusal_holds_until_they_write_again(refused_at: datetime, reason: Reason | None) -> None:
    record = opt_out(refused_at)
    window = window_of(session(timedelta(hours=12)), {record.field: record}, MARGIN)

    assert (window.may_reply, window.reason) == (reason is None, reason)


def test_without_a_session_there_is_none() -> None:
    window = window_of(Session(AT), {}, MARGIN)

    assert (window.is_open, window.reply_until, window.last_inbound_at) == (False, None, None)
    assert window.reason is Reason.WINDOW_CLOSED
