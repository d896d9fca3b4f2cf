"""The provider accepts and does not say so, says no, or asks to slow down: unknown stays unknown until it is known, and
nobody pays for a throttle.
"""

import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from shared.ledger.states import JobState
from tests.invariants import check_never_twice, check_no_attempt_twice, resent
from tests.people import SENDER, Said, people
from tests.world import IN_FLIGHT, TEMPLATE, TIMING, addresses
from workers.simulator.journal import RequestRecord
from workers.simulator.traffic import Outcome

pytestmark = pytest.mark.processes

EACH = 25  # contacts a fault
ACCEPTING = (  # the provider has the message, and the client cannot know
    "cut_after_acceptance",
    "cut_mid_body",
    "hang_after_acceptance",
    "accept_then_500",
    "empty_200",
    "html_200",
    "truncated_json",
)
UNKNOWN = (*ACCEPTING, "cut_before_acceptance")
REACHED = {JobState.ACCEPTED, JobState.DELIVERED, JobState.READ}
# 9 s later than the client's patience (3 s) with a hanging request: on a slow machine the last requests leave seconds after
# the first, and all of them are unknown together only if no status has come by then.
LATE = {"late_ms": [12_000, 12_500]}
# Doubts by the dozen are the subject here: no campaign shall pause for them.
LENIENT = {"refused_in_a_row": 500, "refused_of": 500, "unanswered_in_a_row": 250}
STATUSES_PROVE_S = 30.0  # later than the last of them, so that no request is given up before


def faults(kinds, contacts, **match) -> list[dict[str, object]]:
    """A rule for each kind, over its own share of the contacts."""
    return [
        {"match": {"numbers": contacts[place * EACH : (place + 1) * EACH], **match}, "do": kind}
        for place, kind in enumerate(kinds)
    ]


async def test_what_is_unknown_is_resolved_by_statuses(world):
    contacts = addresses(EACH * (len(ACCEPTING) + 2))
    script = {"faults": faults(ACCEPTING, contacts), "callbacks": LATE}
    timing = {"unconfirmed_after_seconds": STATUSES_PROVE_S}
    async with world(script=script, timing=timing, brakes=LENIENT) as w:
        campaign = await w.campaign(contacts)
        await w.ask(campaign, "start")

        async def are_unknown() -> bool:
            reading = await w.reading(campaign)
            return reading is not None and reading.counts[JobState.UNCONFIRMED] == EACH * len(ACCEPTING)

        unknown_s = await w.until(are_unknown, 15, "all that were not answered are unconfirmed")
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        print(f"unconfirmed after {unknown_s:.1f} s, all of them resolved")
        check_never_twice(provider)
        assert len(provider.requests) == len(contacts)
        assert {job.state for job in jobs} <= REACHED
        assert all(job.attempt == 1 for job in jobs)


async def test_what_stays_unknown_is_named_and_never_resent_unless_the_campaign_says_so(world):
    held, again = addresses(EACH * (len(UNKNOWN) + 1)), addresses(EACH * 3, first=5_000)
    script = {
        "faults": faults(UNKNOWN, held) + faults(("accept_then_500", "cut_before_acceptance"), again, first=EACH),
        "callbacks": {"enabled": False},
    }
    async with world(script=script, brakes=LENIENT, looks_per_second=0) as w:
        holding, resending = await w.campaign(held), await w.campaign(again, unconfirmed="resend")
        began = time.monotonic()
        await w.ask(holding, "start")
        await w.ask(resending, "start")
        await w.finished(holding, resending)
        took_s = time.monotonic() - began

        _, provider = await w.check(holding)
        check_never_twice(provider)
        unknown = await w.named(holding, JobState.UNCONFIRMED)
        assert unknown.keys() == set(held[: EACH * len(UNKNOWN)])
        assert set(unknown.values()) == {
            "reset",
            "timeout",
            "truncated",
            "20500",
            "http-200",
            "http-201",
        }
        assert len(provider.requests) == len(held)
        assert took_s >= TIMING["unconfirmed_after_seconds"]

        jobs, provider = await w.check(resending)
        check_no_attempt_twice(provider)
        assert {job.state for job in jobs} == {JobState.ACCEPTED}
        assert Counter(job.attempt for job in jobs) == {1: EACH, 2: 2 * EACH}
        assert resent(provider) == EACH, "only what had been accepted is there twice, because the campaign wanted it"


async def test_a_provider_that_answers_everybody_with_500_costs_no_more_than_what_is_in_flight(world):
    """The campaign pauses by itself and says why. Once the provider answers again, it is resumed and goes on."""
    script = {"faults": [{"match": {"every": 1}, "do": "accept_then_500"}], "callbacks": {"enabled": False}}
    async with world(script=script, looks_per_second=0) as w:
        contacts = addresses(600)
        campaign = await w.campaign(contacts)
        await w.ask(campaign, "start")

        async def is_paused() -> bool:
            found = await w.get(f"/v1/campaigns/{campaign}")
            counts = found["counts"]
            return bool(found["state"] == "paused" and counts["pending"] + counts["unconfirmed"] == len(contacts))

        await w.until(is_paused, 20, "the campaign pauses, and nothing is on its way")
        found = await w.get(f"/v1/campaigns/{campaign}")
        unconfirmed = found["counts"]["unconfirmed"]
        print(f"{unconfirmed} of {len(contacts)} unconfirmed: {found['hint']}")
        assert found["limited_by"] == "brake"
        assert found["reason"].startswith("unconfirmed:20500: ")
        assert 20 <= unconfirmed <= 20 + IN_FLIGHT
        assert f"{unconfirmed} are unconfirmed" in found["hint"]

        await w.script(callbacks={"enabled": False})
        await w.ask(campaign, "resume")
        await w.finished(campaign)
        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        assert Counter(job.state for job in jobs) == {
            JobState.UNCONFIRMED: unconfirmed,
            JobState.ACCEPTED: len(contacts) - unconfirmed,
        }


async def test_what_the_provider_lists_is_resolved_without_a_second_request(world):
    """No status comes. Whoever is listed was reached; who is not stays unknown, unless the campaign says so by name."""
    lost = "cut_before_acceptance"
    held, again = addresses(2 * EACH), addresses(EACH, first=5_000)
    script = {
        "faults": faults(("hang_after_acceptance", lost), held) + faults(("accept_then_500", lost), again, first=EACH),
        "callbacks": {"enabled": False},
    }
    async with world(script=script, brakes=LENIENT, looks_per_second=50) as w:
        holding, resending = await w.campaign(held), await w.campaign(again, unconfirmed="resend")
        for campaign in (holding, resending):
            await w.ask(campaign, "start")
        await w.finished(holding, resending)

        jobs, provider = await w.check(holding)
        check_never_twice(provider)
        assert len(provider.requests) == len(held)
        states = {job.contact: job.state for job in jobs}
        assert {states[contact] for contact in held[:EACH]} == {JobState.ACCEPTED}
        assert {states[contact] for contact in held[EACH:]} == {JobState.UNCONFIRMED}
        rows = (await w.get(f"/v1/campaigns/{holding}/jobs?state=unconfirmed"))["items"]
        assert {row["reason"] for row in rows} == {"not-listed"}

        jobs, provider = await w.check(resending)
        check_never_twice(provider)
        assert {job.state for job in jobs} == {JobState.ACCEPTED}
        assert resent(provider) == 0, "nobody was written to twice, although the campaign would have allowed it"


async def test_throttles_cost_nobody_anything(world):
    """A cap below ours, and refusals out of the blue, with a wish for patience and without."""
    throttles = [
        {"match": {"every": 7, "first": 50}, "do": "error", "code": "20429", "http_status": 429, "retry_after_s": 1},
        {"match": {"every": 5, "first": 50}, "do": "error", "code": "20429", "http_status": 429},
        {"match": {"every": 9, "first": 50}, "do": "error", "code": "63018", "http_status": 429},
    ]
    script = {"rate_limit_per_second": 120, "faults": throttles}
    async with world(rate=200, script=script) as w:
        contacts = addresses(500)
        campaign = await w.campaign(contacts)
        await w.ask(campaign, "start")
        await w.finished(campaign)

        jobs, provider = await w.check(campaign)
        check_never_twice(provider)
        throttled = [request for request in provider.requests if request.outcome is Outcome.THROTTLED]
        print(f"{len(throttled)} throttled answers for {len(contacts)} contacts")
        assert throttled
        assert {job.state for job in jobs} <= REACHED
        assert all(job.attempt == 1 for job in jobs)
        assert len(provider.requests) == len(contacts) + len(throttled)
        assert pauses_after(provider.requests, throttled) >= 1.0


async def test_a_daily_limit_is_asked_once_and_holds_no_reply(world):
    """A single message waits for the day's end, through deaths, and says so; whoever answers the contact does not."""
    (address,) = addresses(1)
    limit = {"match": {"numbers": [address], "first": 1}, "do": "error", "code": "63038", "http_status": 429}
    async with world(script={"faults": [limit], "enforce_windows": False}) as w:
        await people(w).write(Said(1, address, "hello"))
        await w._post("/v1/opt-ins", 200, json={"contact": address, "source": "agent"})
        order = {"sender": SENDER, "contact": address, "template": TEMPLATE, "params": ["dentist", "May 4"]}
        message = await w._post("/v1/messages", 202, json=order)

        async def waits() -> bool:
            return bool((await w.get(f"/v1/messages/{message['id']}"))["code"] == "63038")

        await w.until(waits, 10, "the message says which limit it waits for")
        for text in ("one", "two"):
            reply = await w._post("/v1/replies", 202, json={"sender": SENDER, "contact": address, "text": text})

            async def is_delivered(of=reply) -> bool:
                return (await w.get(f"/v1/replies/{of['id']}"))["state"] in {"delivered", "read"}

            await w.until(is_delivered, 20, "the reply passes it")
            for name in ("replier", "janitor"):
                await w.kill(name)
        await w.settled(60)

        waiting = await w.get(f"/v1/messages/{message['id']}")
        assert (waiting["state"], waiting["code"]) == ("queued", "63038")
        left = datetime.fromisoformat(waiting["next_attempt_at"]) - datetime.fromisoformat(waiting["created_at"])
        assert timedelta(hours=24) <= left < timedelta(hours=25)
        assert [request.template is not None for request in await w.seen_all()] == [True, False, False]


def pauses_after(requests: list[RequestRecord], throttled: list[RequestRecord]) -> float:
    """The shortest time, in seconds, until somebody who was throttled was tried again."""
    times: dict[str, list[float]] = {}
    for request in requests:
        times.setdefault(request.to, []).append(request.at)
    return min(min(at for at in times[request.to] if at > request.at) - request.at for request in throttled)
