"""What may be looked up: the latest messages, whatever order their statuses come in."""

import pytest

from workers.simulator.messages import Message, MessageBook, Submission


def message(number: int, to: str = "+14155550101") -> Message:
    submission = Submission("AC1", to, "+14155550100", "HX1", {}, None, None, "", None, needs_window=False, wire={})
    return Message(f"SM{number}", submission, number, "queued")


def test_the_oldest_is_forgotten_beyond_the_bound() -> None:
    book = MessageBook(kept=2)
    for number, to in enumerate(["+14155550101", "+14155550102", "+14155550102"]):
        book.add(message(number, to))
    assert book.find("SM0") is None
    assert list(book.iterate_newest("+14155550101")) == []
    assert [found.id for found in book.iterate_newest(None)] == ["SM2", "SM1"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "sent"], "delivered"),
        (["undelivered"], "undelivered"),
        ([], "queued"),
    ],
)
def test_a_status_never_moves_back(statuses: list[str], expected: str) -> None:
    moved = message(1)
    for at_us, status in enumerate(statuses):
        moved.update_status(status, None, at_us)
    assert moved.status == expected


def test_the_last_of_a_sender_for_a_recipient_is_found() -> None:
    book = MessageBook()
    for number, to in enumerate(["+14155550101", "+14155550101", "+14155550102"]):
        book.add(message(number, to))
    assert book.find_last("+14155550100", "+14155550101") is book.find("SM1")
    assert book.find_last("+14155550109", "+14155550101") is None


def test_each_status_has_its_time_whatever_came_before_it() -> None:
    moved = message(1)
    for at_us, status in enumerate(["read", "delivered", "sent"], start=10):
        moved.update_status(status, None, at_us)
    assert (moved.updated_at_us, moved.delivered_at_us, moved.sent_at_us) == (10, 11, 12)
