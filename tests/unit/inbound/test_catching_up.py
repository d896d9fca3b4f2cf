"""Catching up: what a provider tells only when it is asked is told as if by webhook, and not lost in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.ground.errors import Again, NotAccepted
from shared.inbound.catching_up import CatchingUp
from shared.providers.client import ProviderClient
from shared.providers.events import PreferenceReported, ProviderEvent
from tests.factories import SENDER, address, contact
from tests.wired import Wired

Answer = Sequence[ProviderEvent] | Exception


@dataclass(frozen=True)
class Asked(ProviderClient):
    """A client that is asked for news. answers: in turn.  since: what it was asked with, each time."""

    answers: list[Answer] = field(default_factory=list)
    since: list[datetime | None] = field(default_factory=list)

    async def poll(self, since: datetime | None, now: datetime) -> Sequence[ProviderEvent]:  # noqa: ARG002
        self.since.append(since)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def asked(wired: Wired, *answers: Answer) -> tuple[Asked, CatchingUp]:
    plain = wired.clients[SENDER]
    client = Asked(plain.dialect, plain.transport, plain.account, plain.webhook_url, answers=list(answers))
    return client, CatchingUp({SENDER: client}, wired.inbound.routing, wired.stores.numbers, wired.now)


async def test_who_refused_there_is_refused_here(wired: Wired) -> None:
    told = PreferenceReported((address(0),), None, wired.now() - timedelta(days=300), "all", wanted=False)
    client, catching_up = asked(wired, [told], [told])
    began = wired.now()

    assert await catching_up.catch_up(SENDER) == 1
    (records,) = await wired.stores.consent.of([contact(0)])
    assert records["opt_out:all"].at == told.at

    await catching_up.catch_up(SENDER)
    assert client.since == [None, began]


async def test_what_could_not_be_asked_is_asked_again_from_there(wired: Wired) -> None:
    client, catching_up = asked(wired, [], NotAccepted("503", "away", Again.BACK_OFF), [])
    began = wired.now()
    await catching_up.catch_up(SENDER)
    with pytest.raises(NotAccepted):
        await catching_up.catch_up(SENDER)
    await catching_up.catch_up(SENDER)
    assert client.since == [None, began, began]
