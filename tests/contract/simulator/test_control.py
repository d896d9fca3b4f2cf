"""The operator's door: counters, journal, another script, a new beginning."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.simulator.client import FORM, SENDER, simulated
from tests.contract.simulator.receiver import receiving
from workers.simulator.journal import InterventionRecord, RequestRecord, read_journal
from workers.simulator.script import Script
from workers.simulator.server import running
from workers.simulator.traffic import Outcome


async def test_it_lives(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        assert (await client.call("GET", "/livez")).status == 200


async def test_a_fresh_summary_is_all_zeros(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        assert await client.summary() == {
            "requests": 0,
            "accepted": 0,
            "refused": 0,
            "throttled": 0,
            "cut": 0,
            "unanswered": 0,
            "duplicates": 0,
            "recipients": 0,
            "first_accepted_at": None,
            "last_accepted_at": None,
            "max_accepted_in_one_second": 0,
            "senders": {},
            "pending": 0,
            "callbacks": {"pending": 0, "sent": 0, "failed": 0, "forged": 0, "by_status": {}},
            "inbound": {"pending": 0, "sent": 0, "answered": 0, "failed": 0, "forged": 0, "by_content": {}},
            "by_code": {},
        }


async def test_the_summary_counts_what_the_journal_holds(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        for to in (FORM["To"], FORM["To"], "whatsapp:+14155550102", "nobody"):
            await client.send(To=to)
        summary, requests = await client.summary(), await client.requests()
    instants = [record.at for record in requests if record.message_id]
    assert [summary[name] for name in ("requests", "accepted", "refused", "duplicates", "recipients")] == [
        4,
        3,
        1,
        1,
        2,
    ]
    assert (summary["first_accepted_at"], summary["last_accepted_at"]) == (instants[0], instants[-1])
    assert summary["senders"] == {SENDER: {"accepted": 3, "max_accepted_in_one_second": 3}}


async def test_the_journal_is_streamed_as_lines(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        sid = (await client.send()).json["sid"]
        answered = await client.call("GET", "/_simulator/journal")
    lines = [json.loads(line) for line in answered.body.splitlines()]
    assert answered.headers["Content-Type"] == "application/x-ndjson"
    assert [line["kind"] for line in lines] == ["start", "request"]
    assert (lines[1]["message_id"], lines[1]["from"], lines[1]["outcome"]) == (sid, SENDER, "accepted")


async def test_a_new_script_is_followed_at_once(tmp_path: Path) -> None:
    script = '{"faults": [{"match": {"first": 1}, "do": "error", "code": 20503}]}'
    async with simulated(tmp_path) as client:
        before = await client.send()
        replaced = await client.call("PUT", "/_simulator/script", data=script)
        after = [await client.send() for _ in range(2)]
    assert (before.status, replaced.status) == (201, 204)
    assert [answered.status for answered in after] == [503, 201]


async def test_a_bad_script_changes_nothing(tmp_path: Path) -> None:
    async with simulated(tmp_path, rate_limit_per_second=1) as client:
        refused = await client.call("PUT", "/_simulator/script", data='{"speed": 1}')
        answers = [await client.send() for _ in range(2)]
    assert refused.status == 400
    assert refused.json == {"code": "bad_script", "detail": "script: speed: Extra inputs are not permitted"}
    assert [answered.status for answered in answers] == [201, 429]


async def test_a_reset_begins_again_and_marks_the_journal(tmp_path: Path) -> None:
    script: dict[str, Any] = {
        "contacts": {"default": {"delay_ms": 60_000}},
        "faults": [{"match": {"first": 1}, "do": "empty_200"}],
    }
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await client.send(StatusCallback=receiver.url)
        pending = (await client.summary())["callbacks"]["pending"]
        reset = await client.call("POST", "/_simulator/reset")
        summary = await client.summary()
        again = await client.send()
        records = await client.records()
    assert (pending, reset.status, again.status) == (3, 204, 200)
    assert (summary["requests"], summary["callbacks"]["pending"]) == (0, 0)
    kinds = [record.kind if isinstance(record, InterventionRecord) else "request" for record in records]
    assert kinds == ["start", "request", "reset", "request"]
    assert [type(record) for record in records[kinds.index("reset") + 1 :]] == [RequestRecord]


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with running(Script(), tmp_path / "one.jsonl") as simulator:
        with pytest.raises(OSError, match="address already in use"):
            async with running(Script(), tmp_path / "two.jsonl", port=int(simulator.url.rpartition(":")[2])):
                pass


async def test_a_request_that_the_end_overtakes_is_in_the_journal(tmp_path: Path) -> None:
    async with simulated(tmp_path, latency_ms=60_000) as client:
        sending = asyncio.create_task(client.send())
        await client.until(lambda summary: summary["accepted"] == 1)
    with pytest.raises(aiohttp.ClientError):
        await sending
    (record,) = [record for record in read_journal(client.journal) if isinstance(record, RequestRecord)]
    assert (record.outcome, record.answered) == (Outcome.ACCEPTED, False)
