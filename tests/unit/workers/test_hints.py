"""Hints over the broker: one that could not be published keeps others back only if the broker is away."""

from typing import cast

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from config import queues
from shared.ground.ids import CampaignId, EntryId
from workers.hints import BrokerHints


@pytest.fixture
def app(monkeypatch):
    """Records what is published; `app.failure` is raised once."""
    made = Celery("hints", broker="memory://")
    made.published, made.failure = [], None

    def send(name: str, **_: object) -> None:
        failure, made.failure = made.failure, None
        if failure is not None:
            raise failure
        made.published.append(name)

    monkeypatch.setattr(made, "send_task", send)
    return made


@pytest.mark.parametrize(
    ("failure", "is_away"),
    [
        (OperationalError("away"), True),
        (ConnectionRefusedError("away"), True),
        (TimeoutError("no confirm"), True),
        (TypeError("this hint cannot be encoded"), False),
        (KeyError("no such queue"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_after_a_failure_others_are_held_back_only_if_the_broker_is_away(app, failure, is_away):
    hints = BrokerHints(app)
    app.failure = failure

    await hints.split(CampaignId("c1"))
    await hints.split(CampaignId("c2"))

    assert app.published == ([] if is_away else ["dialer.split_campaign"])
    hints.close()


async def test_an_entry_hint_that_cannot_be_encoded_keeps_no_other_back(app):
    hints = BrokerHints(app)

    await hints.apply("status", [cast("EntryId", object())])
    await hints.apply("status", [EntryId("e1")])

    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue(queues.event_queues(quorum=False)[1])
        assert queue.get(timeout=1).payload == {"v": 1, "entries": ["e1"]}
        queue.close()
    hints.close()
