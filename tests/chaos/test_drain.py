"""SIGTERM is a request, not a fault: what is on the wire is finished, the rest goes back, and nothing is unknown."""

import os
import signal

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_never_twice, snapshot
from tests.world import addresses

pytestmark = pytest.mark.processes

JOBS = 600
DRAIN_S = 30.0
SLOW = {"latency_ms": [200, 500]}  # so that there is something on the wire at any moment


def ends(caplog, name: str) -> list[int]:
    """The exit statuses of a process, as its supervisor noted them."""
    return [r.status for r in caplog.records if r.message == "process_died" and r.child == name]


async def test_a_sender_that_is_asked_to_end_leaves_nothing_behind(world, caplog):
    async with world(rate=200, script=SLOW) as w:
        campaign = await w.campaign(addresses(JOBS))
        await w.ask(campaign, "start")
        await w.reaches(campaign, JOBS // 4)

        pid = w.supervisor.pids["sender"]
        os.kill(pid, signal.SIGTERM)

        async def has_ended() -> bool:
            return bool(ends(caplog, "sender"))

        drained_s = await w.until(has_ended, DRAIN_S, "the sender has ended")
        after = await snapshot(w.redis, campaign)
        print(f"drained in {drained_s:.2f} s")
        assert ends(caplog, "sender") == [0]
        assert not after.are("su"), "something was left on the wire"
        assert not [holder for holder, _ in after.leases.values() if pid == w.supervisor.pids["sender"] and holder]

        await w.finished(campaign)
        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        assert {job.state for job in jobs} <= {JobState.ACCEPTED, JobState.DELIVERED, JobState.READ}
        assert all(request.answered for request in provider.requests)
        assert len(provider.requests) == JOBS


async def test_everybody_ends_when_asked(world, caplog):
    async with world() as w:
        names = list(w.supervisor.endpoints.ops)
        for name in names:
            os.kill(w.supervisor.pids[name], signal.SIGTERM)

        async def have_ended() -> bool:
            return all(ends(caplog, name) for name in names)

        ended_s = await w.until(have_ended, DRAIN_S, "everybody has ended")
        print(f"ended in {ended_s:.2f} s")
        assert {name: ends(caplog, name) for name in names} == {name: [0] for name in names}
