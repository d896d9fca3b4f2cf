"""What a hint sets going: one task at a time, and the sender hears of it."""

import asyncio

from shared.ground.ids import CampaignId
from shared.outbound.dialing import Dialing
from shared.outbound.splitting import Planned, Splitting
from tests.factories import SENDER, UPLOAD, rows
from tests.wired import Wired


class SlowSplitting:
    """Counts, and waits until it may go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = 0, asyncio.Event()

    async def split(self, _: CampaignId, planned: Planned) -> bool:
        self.begun += 1
        await self.go_on.wait()
        await planned()
        return True


async def test_contacts_become_jobs_and_their_sender_hears_of_each_page(wired: Wired) -> None:
    made = await wired.create()
    await wired.upload(made, rows(200), UPLOAD)
    await wired.start(made)
    await wired.outbound.dialing.split(made.id)

    assert (await wired.stores.ledger.standing(made.id)).planned == 2
    assert wired.hints.releases == [SENDER] * 3


async def test_a_campaign_is_split_by_one_task_at_a_time(wired: Wired) -> None:
    made, slow = await wired.create(), SlowSplitting()
    dialing = Dialing(wired.stores.campaigns, _as_splitting(slow), wired.outbound.releasing, wired.hints)
    first = asyncio.create_task(dialing.split(made.id))
    while not slow.begun:
        await asyncio.sleep(0)
    await dialing.split(made.id)
    assert slow.begun == 1
    slow.go_on.set()
    await first
    await dialing.split(made.id)
    assert slow.begun == 2


async def test_a_sender_is_given_its_parcels(wired: Wired) -> None:
    made = await wired.running(30)
    await asyncio.gather(wired.outbound.dialing.release(SENDER), wired.outbound.dialing.release(SENDER))
    assert {campaign for campaign, _ in wired.hints.parcels} == {made.id}
    assert (await wired.stores.ledger.standing(made.id)).in_flight == 30


def _as_splitting(slow: SlowSplitting) -> Splitting:
    return slow  # type: ignore[return-value]  # the one method that dialing calls
