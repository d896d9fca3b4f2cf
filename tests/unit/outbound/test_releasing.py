"""Releasing: a second's work in flight, shared by weight, and nobody's share left lying."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ground.ids import CampaignId, SenderId
from shared.ground.lua import Call, Reply
from shared.ledger.states import Move
from shared.outbound.releasing import MAX_IN_FLIGHT, ParcelLimits, campaign_cap, parcel_size, room_for
from tests.factories import SENDER, campaign, rows
from tests.reading import present
from tests.stores import Clock
from tests.wired import OPENED, W1, Wired


async def several(wired: Wired, **weights: float) -> None:
    """Running campaigns of 60 jobs each."""
    for index, (name, weight) in enumerate(weights.items()):
        made = campaign({"weight": weight}, id=CampaignId(f"c{name}"))
        await wired.running(base=rows(60, first=100 * index), made=made)


async def in_flight(wired: Wired) -> Counter[str]:
    active = await wired.stores.campaigns.active()
    return Counter({name: (await wired.stores.ledger.standing(name)).in_flight for name in active})


@pytest.mark.parametrize(
    ("rate", "room", "parcel"),
    [(0.2, 1, 1), (1, 1, 1), (10, 10, 5), (80, 80, 40), (1_000, 1_000, 200), (9_999, 4_000, 200)],
)
def test_a_second_s_work_and_half_of_it_a_parcel(rate: float, room: int, parcel: int) -> None:
    assert room_for(rate, 0) == room
    assert room_for(rate, room) == 0
    assert parcel_size(rate, jobs_per_message=200) == parcel
    assert campaign_cap(rate) == (room if rate < MAX_IN_FLIGHT else int(rate))


def test_a_campaign_without_a_rate_of_its_own() -> None:
    assert campaign_cap(None) == MAX_IN_FLIGHT


async def test_a_second_of_work_and_no_more_is_in_flight(wired: Wired) -> None:
    wired.restart(rate=50)
    made = await wired.running(200)
    assert await wired.outbound.releasing.release(SENDER) == 3, "20 + 20 + 10"
    assert (await wired.stores.ledger.standing(made.id)).in_flight == 50
    assert await wired.outbound.releasing.release(SENDER) == 0
    assert [campaign for campaign, _ in wired.hints.parcels] == [made.id] * 3


async def test_small_parcels_are_taken_together(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `jobs_per_message = 1` each would cost a round trip of its own, and the sender would wait for the dialer."""
    wired.restart(rate=64)
    made = await wired.running(200)
    one_each = replace(wired.outbound.releasing, parcels=ParcelLimits(1, OPENED))
    scripts, trips = wired.stores.ledger._scripts, 0
    run = scripts._pipeline

    async def counted(calls: Sequence[Call], durable: bool) -> list[Reply | BaseException]:
        nonlocal trips
        trips += 1
        return await run(calls, durable)

    monkeypatch.setattr(scripts, "_pipeline", counted)
    assert await one_each.release(SENDER) == 64
    assert (await wired.stores.ledger.standing(made.id)).in_flight == 64
    assert len(set(wired.hints.parcels)) == 64
    assert trips <= 4


async def test_what_is_done_makes_room(wired: Wired) -> None:
    wired.restart(rate=10)
    made = await wired.running(30)
    await wired.outbound.releasing.release(SENDER)
    (_, first), *_ = wired.hints.parcels
    await wired.outbound.sending.send_parcel(made.id, first, W1)
    assert await wired.outbound.releasing.release(SENDER) == 1
    assert (await wired.stores.ledger.standing(made.id)).in_flight == 10


async def test_room_for_less_than_half_a_parcel_waits_for_the_next_parcel_s_end(wired: Wired) -> None:
    """Crumbs would beget crumbs, and each is a message, a lease and a release."""
    wired.restart(rate=50)
    made = await wired.running(200)
    lease = present(await wired.stores.ledger.take_lease(made.id, 41, 50, OPENED))
    assert await wired.outbound.releasing.release(SENDER) == 0
    await wired.outbound.sending.send_parcel(made.id, lease.id, W1)
    assert await wired.outbound.releasing.release(SENDER) == 3


async def test_the_slowest_sender_has_one_in_flight(wired: Wired) -> None:
    wired.restart(rate=0.1)
    made = await wired.running(3)
    assert await wired.outbound.releasing.release(SENDER) == 1
    assert (await wired.stores.ledger.standing(made.id)).in_flight == 1


async def test_campaigns_share_by_weight(wired: Wired) -> None:
    wired.restart(rate=80)
    await several(wired, light=1.0, heavy=3.0)
    await wired.outbound.releasing.release(SENDER)
    assert await in_flight(wired) == {"clight": 20, "cheavy": 60}


@pytest.mark.parametrize("rate", [1, 20])
async def test_over_time_nobody_starves(wired: Wired, rate: float) -> None:
    """Also where fewer may be in flight than there are campaigns; parcels are done in the order they came."""
    wired.restart(rate=rate)
    dice = random.Random(7)
    wired.outbound = replace(wired.outbound, releasing=replace(wired.outbound.releasing, chance=dice.random))
    weights = {"a": 1.0, "b": 1.0, "c": 3.0}
    await several(wired, **weights)
    done: Counter[str] = Counter()
    while sum(done.values()) < 45:
        await wired.outbound.releasing.release(SENDER)
        campaign_id, lease = wired.hints.parcels.pop(0)
        opened = present(await wired.stores.ledger.open_lease(campaign_id, lease, W1, OPENED))
        done[campaign_id] += len(opened.ordinals)
        await wired.outbound.sending.send_parcel(campaign_id, lease, W1)
    assert done["cc"] / done["ca"] == pytest.approx(3, rel=0.6)
    assert done["cc"] / done["cb"] == pytest.approx(3, rel=0.6)


async def test_who_has_nothing_due_leaves_the_share_to_the_others(wired: Wired) -> None:
    wired.restart(rate=50)
    await wired.running(made=campaign({"weight": 9.0}, id=CampaignId("casleep")), base=rows(1))
    await several(wired, awake=1.0)
    await wired.outbound.releasing.release(SENDER)
    assert await in_flight(wired) == {"casleep": 1, "cawake": 49}


async def test_a_campaign_s_own_rate_caps_its_share(wired: Wired) -> None:
    wired.restart(rate=50)
    await wired.running(made=campaign({"rate_per_second": 5.0}, id=CampaignId("cslow")), base=rows(60))
    await several(wired, fast=1.0)
    await wired.outbound.releasing.release(SENDER)
    assert await in_flight(wired) == {"cslow": 5, "cfast": 45}


@pytest.mark.parametrize("move", [Move.PAUSE, Move.CANCEL])
async def test_only_running_campaigns_are_released(wired: Wired, move: Move) -> None:
    made = await wired.running(10)
    await wired.stores.ledger.control(made.id, move, "somebody")
    assert await wired.outbound.releasing.release(SENDER) == 0
    assert wired.hints.parcels == []


async def test_other_senders_campaigns_are_left_alone(wired: Wired) -> None:
    await wired.running(made=campaign(sender=SenderId("desk")), base=rows(3))
    assert await wired.outbound.releasing.release(SENDER) == 0
    assert await wired.outbound.releasing.release(SenderId("nobody")) == 0


async def test_two_releases_at_once_share_one_room(wired: Wired) -> None:
    wired.restart(rate=50)
    made = await wired.running(200)
    await asyncio.gather(*(wired.outbound.releasing.release(SENDER) for _ in range(4)))
    assert (await wired.stores.ledger.standing(made.id)).in_flight == 50


async def test_a_parcel_whose_hint_was_lost_comes_back(wired: Wired, clock: Clock) -> None:
    made = await wired.running(10)
    await wired.outbound.releasing.release(SENDER)
    wired.hints.parcels.clear()
    clock.travel(timedelta(seconds=11))
    assert await wired.stores.ledger.sweep(made.id) == (10, 0)
    assert await wired.outbound.releasing.release(SENDER) == 1
