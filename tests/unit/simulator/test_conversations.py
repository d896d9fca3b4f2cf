"""Windows and opt-outs between one sender and one contact."""

import pytest

from workers.simulator.conversations import Conversations, Keyword

SENDER, CONTACT, OTHER = "+14155550100", "+14155550101", "+14155550102"


@pytest.mark.parametrize(("at_us", "is_open"), [(1_000, True), (1_009, True), (1_010, False)])
def test_a_window_is_open_up_to_its_end(at_us: int, is_open: bool) -> None:
    conversations = Conversations()
    conversations.record_message(SENDER, [CONTACT, "US.1234"], None, 1_000)
    assert conversations.is_open(SENDER, CONTACT, at_us, 10) is is_open
    assert conversations.is_open(SENDER, "US.1234", at_us, 10) is is_open
    assert not conversations.is_open(SENDER, OTHER, at_us, 10)
    assert not conversations.is_open(OTHER, CONTACT, at_us, 10)


@pytest.mark.parametrize(
    ("keywords", "is_stopped"),
    [
        ([], False),
        ([None], False),
        ([Keyword.STOP], True),
        ([Keyword.STOP, None], True),
        ([Keyword.STOP, Keyword.HELP], True),
        ([Keyword.STOP, Keyword.START], False),
        ([Keyword.START], False),
    ],
)
def test_a_stop_holds_until_it_is_taken_back(keywords: list[Keyword | None], is_stopped: bool) -> None:
    conversations = Conversations()
    for at_us, keyword in enumerate(keywords):
        conversations.record_message(SENDER, [CONTACT], keyword, at_us)
    assert conversations.has_opted_out(SENDER, CONTACT) is is_stopped
    assert not conversations.has_opted_out(OTHER, CONTACT)


def test_everything_can_be_forgotten() -> None:
    conversations = Conversations()
    conversations.record_message(SENDER, [CONTACT], Keyword.STOP, 1_000)
    conversations.clear()
    assert not conversations.has_opted_out(SENDER, CONTACT)
    assert not conversations.is_open(SENDER, CONTACT, 1_000, 10)
