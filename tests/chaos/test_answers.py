"""Answers under fire: kills lose and repeat nobody's word."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

import pytest

from shared.conversations.interactions.store import InteractionStore
from shared.ground.ids import CampaignId
from shared.people.contacts.store import ContactStore
from shared.people.sessions.store import SessionStore
from tests.people import SENDER, Said, contact, people, refused
from tests.wired import KEPT, REMEMBERED, WINDOW
from tests.world import World, addresses

pytestmark = pytest.mark.processes

WRITERS, MESSAGES = 40, 6
THEIR_WINDOWS_ARE_OPEN = {"enforce_windows": False}  # the provider has not seen what is posted past it


def words(writer: int) -> list[str]:
    """Every third one wants no more; nobody takes that back."""
    chatter = [f"question {turn}" for turn in range(MESSAGES - 1)]
    return [*chatter, "BAJA" if writer % 3 == 0 else "yes"]


def script_for(w: World, everybody: Sequence[str]) -> list[Said]:
    """All that is said, in any order."""
    script = [
        Said(writer * 100 + turn, address, text)
        for writer, address in enumerate(everybody)
        for turn, text in enumerate(words(writer))
    ]
    w.chance.shuffle(script)
    return script


async def speak(w: World, script: Sequence[Said]) -> None:
    limit = asyncio.Semaphore(8)

    async def one(said: Said) -> None:
        async with limit:
            await people(w).write(said)
            if w.chance.random() < 0.2:
                await people(w).write(said)  # the provider repeats itself
            await asyncio.sleep(w.chance.uniform(0, 0.15))

    await asyncio.gather(*(one(said) for said in script))


async def kill_listeners(w: World) -> None:
    for name in ("consumer", "webhook", "consumer", "webhook", "janitor", "consumer"):
        await asyncio.sleep(w.chance.uniform(0.1, 0.6))
        await w.kill(name)


async def check_heard(w: World, address: str, campaign: CampaignId) -> None:
    """Each of the contact's messages is in its window and in its interaction, once."""
    interactions, contacts = InteractionStore(w.redis, KEPT, REMEMBERED), ContactStore(w.redis)
    who = (await contacts.resolve(await contact(w, address))).contact
    session = await SessionStore(w.redis, WINDOW, REMEMBERED).get(who, SENDER)
    assert session.is_open
    assert len(session.messages) == MESSAGES, "a message was lost, or heard twice"
    (found,) = await interactions.of(who)
    interaction = await interactions.get(found)
    assert interaction.about.campaign == campaign
    heard = [entry for entry in interaction.thread if entry.event is not None]
    assert Counter(entry.event for entry in heard) == Counter({m.event: 1 for m in session.messages})


async def check_counted(w: World, campaign: CampaignId, refusing: AbstractSet[str]) -> None:
    """Everybody replied; who refused us is counted, and had it confirmed once at most."""
    answer = await w.get(f"/v1/campaigns/{campaign}")
    assert (answer["replied"], answer["opted_out"]) == (WRITERS, len(refusing))
    confirmations = Counter(r.to for r in (await w.seen_all()) if r.template is None)
    assert set(confirmations) <= refusing
    assert max(confirmations.values(), default=0) <= 1, "confirmed once"


async def test_kills_lose_and_repeat_nobody_s_word(world: Callable[..., World]):
    """Sessions, consents and interactions are those of a quiet day, whatever died meanwhile."""
    async with world(rate=200, script=THEIR_WINDOWS_ARE_OPEN) as w:
        everybody = addresses(WRITERS)
        campaign = await w.campaign(everybody, answers={"yes": ["yes"]})
        await w.ask(campaign, "start")
        await w.finished(campaign)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speak(w, script_for(w, everybody)))
            tasks.create_task(kill_listeners(w))
        await w.settled(60)

        for writer, address in enumerate(everybody):
            await check_heard(w, address, campaign)
            assert await refused(w, address) is (writer % 3 == 0)
        await check_counted(w, campaign, set(everybody[::3]))


async def test_on_a_real_server_the_window_closes_by_itself(world):
    timing = {"session_seconds": 6, "safety_margin_seconds": 2}
    async with world(timing=timing, script=THEIR_WINDOWS_ARE_OPEN) as w:
        (address,) = addresses(1)
        await people(w).write(Said(1, address, "hello"))
        path = f"/v1/sessions/{SENDER}/{await contact(w, address)}"

        async def is_open() -> bool:
            return bool((await w.get(path))["open"])

        await w.until(is_open, 10, "the window is open")
        order = {"sender": SENDER, "contact": address, "text": "of course"}
        reply = await w._post("/v1/replies", 202, json=order)

        async def is_delivered() -> bool:
            return (await w.get(f"/v1/replies/{reply['id']}"))["state"] in {"delivered", "read"}

        await w.until(is_delivered, 10, "the reply is delivered")

        async def refuses() -> bool:
            async with w.http.post(f"{w._api}/v1/replies", json=order) as answer:
                body = await answer.json()
                return (answer.status, body.get("code")) == (409, "window-closed")

        await w.until(refuses, 10, "the gate shuts before the end")
        await w.until(lambda: _not(is_open), 10, "and the window closes")


async def _not(condition) -> bool:
    return not await condition()
