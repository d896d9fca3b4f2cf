"""Statuses that come twice, backwards, too early, too late or forged: the same end as on a quiet day."""

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_callbacks_answered, check_never_twice, funnel_told
from tests.world import CONTACTS, address, addresses
from workers.simulator.journal import CallbackRecord

pytestmark = pytest.mark.processes

CONTACT_COUNT = 400
FAILING = {address(number): {"fails_with": code} for number, code in enumerate(["63016", "63024", "63003", "30003"])}
HABITS = {**CONTACTS, "numbers": FAILING}
NOISE = {"duplicate": 0.4, "reorder": 0.4, "early": 0.3, "late_ms": [0, 500], "bad_signature": 0.3}


async def test_any_order_any_number_of_times(world):
    async with world(senders=("quiet", "noisy"), script={"contacts": HABITS}) as w:
        ends = {}
        for sender, noise in (
            ("quiet", {}),
            ("noisy", NOISE),
        ):  # what becomes of a contact hangs on seed and number
            await w.script(contacts=HABITS, callbacks=noise)
            campaign = await w.campaign(addresses(CONTACT_COUNT), sender)
            await w.ask(campaign, "start")
            await w.finished(campaign)
            jobs, provider = await w.check(campaign)
            check_never_twice(provider)
            check_callbacks_answered(provider)
            ends[sender] = {job.contact: (job.state, job.code) for job in jobs}
            states = [job.state for job in jobs]
            assert {state: states.count(state) for state in set(states)} == funnel_told(provider)

        assert ends["noisy"] == ends["quiet"]
        assert {code for state, code in ends["quiet"].values() if state is JobState.FAILED} == {
            "63016", "63024", "63003", "30003",
        }  # fmt: skip
        callbacks = [record for record in await w.journal() if isinstance(record, CallbackRecord)]
        forged = [callback for callback in callbacks if callback.forged]
        print(f"{len(forged)} forged of {len(callbacks)} callbacks")
        assert forged
        assert {callback.http_status for callback in forged} == {403}
        answered = await w.metric("webhook", "oriel_webhooks_total")
        assert answered['{provider="twilio",result="rejected-wrong"}'] == len(forged)
        assert answered['{provider="twilio",result="accepted"}'] == len(callbacks) - len(forged)
