"""A number's standing: what each of its fields is after news, and that all of it comes back from the store."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from shared.senders.model import RED, NumberStanding
from shared.senders.store import NumberStore
from tests.factories import SENDER
from tests.stores import START

LATER = START + timedelta(minutes=1)
KNOWN = NumberStanding(True, 80, 1_000, "green", "", START)


def test_news_change_what_they_tell_and_nothing_else() -> None:
    assert KNOWN.merge(NumberStanding(quality="yellow", seen_at=LATER)) == NumberStanding(
        True, 80, 1_000, "yellow", "", LATER
    )


def test_news_that_are_older_change_nothing() -> None:
    assert KNOWN.merge(NumberStanding(usable=False, reason="LOCKED", seen_at=START - timedelta(seconds=1))) == KNOWN


def test_why_a_number_is_unusable_stays_until_it_is_usable() -> None:
    locked = KNOWN.merge(NumberStanding(usable=False, reason="LOCKED", seen_at=LATER))
    assert locked.merge(NumberStanding(quality=RED, reason="FLAGGED")).reason == "LOCKED"
    assert locked.merge(NumberStanding(usable=True)).reason == ""


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (KNOWN, None),
        (NumberStanding(quality=RED), "quality-red"),
        (NumberStanding(usable=False, reason="LOCKED", quality=RED), "sender-unusable:LOCKED"),
        (NumberStanding(usable=False), "sender-unusable:reported"),
    ],
)
def test_what_campaigns_wait_for(standing: NumberStanding, reason: str | None) -> None:
    assert standing.pause_reason() == reason


@pytest.mark.parametrize("standing", [KNOWN, NumberStanding(), NumberStanding(usable=False, reason="LOCKED")])
async def test_a_standing_comes_back_whole(redis: Redis, standing: NumberStanding) -> None:
    store = NumberStore(redis)
    assert await store.learn(SENDER, standing) == standing
    assert await store.of([SENDER]) == {SENDER: standing}
