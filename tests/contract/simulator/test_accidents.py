"""Every fault of the script over real HTTP: what the client sees, and what the journal says was true."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.simulator.client import Answered, Client, Clock, simulated
from tests.contract.simulator.receiver import receiving
from workers.simulator.fault_rules import FaultKind
from workers.simulator.journal import RequestRecord
from workers.simulator.traffic import Outcome

CUTS = {"cut_before_acceptance", "cut_after_acceptance", "cut_mid_body", "hang_after_acceptance"}
LIES = {"accept_then_500": 500, "empty_200": 200, "html_200": 200, "truncated_json": 201}
BUT_ACCEPTED = (CUTS | LIES.keys()) - {"cut_before_acceptance"}


@asynccontextmanager
async def stricken(folder: Path, fault: dict[str, Any], **script: Any) -> AsyncIterator[Client]:
    if fault["do"] == "hang_after_acceptance":
        fault = {"seconds": 0.05, **fault}
    async with simulated(folder, faults=[fault], **script) as client:
        yield client


def test_every_kind_of_fault_is_met_here() -> None:
    assert {"error"} | CUTS | LIES.keys() == set(FaultKind)


@pytest.mark.parametrize("kind", sorted(CUTS))
async def test_a_cut_leaves_the_client_without_an_answer(tmp_path: Path, kind: str) -> None:
    async with stricken(tmp_path, {"do": kind}) as client:
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError)):
            await client.send()
        (record,) = await client.requests()
        summary = await client.summary()
    is_accepted = kind in BUT_ACCEPTED
    assert record.outcome is (Outcome.ACCEPTED if is_accepted else Outcome.CUT)
    assert (record.message_id is not None, record.answered, record.fault) == (is_accepted, False, kind)
    assert (summary["accepted"], summary["cut"]) == ((1, 0) if is_accepted else (0, 1))
    assert summary["unanswered"] == int(is_accepted)


@pytest.mark.parametrize(("kind", "status"), LIES.items())
async def test_a_lie_hides_an_acceptance(tmp_path: Path, kind: str, status: int) -> None:
    async with stricken(tmp_path, {"do": kind}) as client:
        answered = await client.send()
        (record,) = await client.requests()
    assert answered.status == status
    assert_hides(kind, answered)
    assert (record.outcome, record.answered, record.fault) == (Outcome.ACCEPTED, False, kind)


def assert_hides(kind: str, answered: Answered) -> None:
    match kind:
        case "accept_then_500":
            assert answered.json["code"] == 20500
        case "empty_200":
            assert answered.body == b""
        case "html_200":
            assert answered.headers["Content-Type"].startswith("text/html")
            assert answered.body.startswith(b"<html>")
        case _:
            assert answered.body.startswith(b'{"sid": "SM')
            with pytest.raises(json.JSONDecodeError):
                json.loads(answered.body)


@pytest.mark.parametrize("kind", sorted(BUT_ACCEPTED))
async def test_an_acceptance_that_nobody_told_still_has_callbacks(tmp_path: Path, kind: str) -> None:
    async with (
        receiving() as receiver,
        stricken(tmp_path, {"do": kind}, contacts={"default": {"delay_ms": 0}}) as client,
    ):
        with suppress(aiohttp.ClientError):
            await client.send(StatusCallback=f"{receiver.url}/?ref=c.1.1.mac")
        calls = await receiver.called(3)
        (record,) = await client.requests()
    assert [call.status for call in calls] == ["sent", "delivered", "read"]
    assert {dict(call.params)["MessageSid"] for call in calls} == {record.message_id}


async def test_a_hang_is_in_the_journal_while_it_lasts(tmp_path: Path) -> None:
    async with stricken(tmp_path, {"do": "hang_after_acceptance", "seconds": 30}) as client:
        sending = asyncio.create_task(client.send())
        await client.until(lambda summary: summary["accepted"] == 1)
        (record,) = await client.requests()
        assert not sending.done()
        sending.cancel()
    assert (record.outcome, record.answered) == (Outcome.ACCEPTED, False)


@pytest.mark.parametrize(
    ("fault", "status", "retry_after", "outcome"),
    [
        ({"code": 20429}, 429, None, Outcome.THROTTLED),
        ({"code": 20429, "retry_after_s": 7}, 429, "7", Outcome.THROTTLED),
        ({"code": 20500}, 500, None, Outcome.REFUSED),
        ({"code": 20503, "retry_after_s": 0}, 503, "0", Outcome.REFUSED),
        ({"code": 21610}, 400, None, Outcome.REFUSED),
        ({"code": 63018, "http_status": 429}, 429, None, Outcome.THROTTLED),
        ({"code": 20003}, 401, None, Outcome.REFUSED),
    ],
)
async def test_an_error_is_a_refusal_with_its_code(
    tmp_path: Path, fault: dict[str, Any], status: int, retry_after: str | None, outcome: Outcome
) -> None:
    async with stricken(tmp_path, {"do": "error", **fault}) as client:
        answered = await client.send()
        (record,) = await client.requests()
    assert (answered.status, answered.json["code"]) == (status, fault["code"])
    assert answered.headers.get("Retry-After") == retry_after
    assert (record.outcome, record.code, record.answered) == (outcome, str(fault["code"]), True)


async def test_a_client_that_left_was_not_answered(tmp_path: Path) -> None:
    async with simulated(tmp_path, latency_ms=200) as client:
        sending = asyncio.create_task(client.send())
        await client.until(lambda summary: summary["accepted"] == 1)
        sending.cancel()
        await client.until(lambda summary: summary["unanswered"] == 1)
        (record,) = await client.requests()
    assert (record.outcome, record.answered) == (Outcome.ACCEPTED, False)


# ── rate ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_rate_is_kept_in_every_second_to_the_microsecond(tmp_path: Path) -> None:
    clock, moves_us = Clock(), [0, 400_000, 0, 599_999, 1, 0, 399_999, 1, 0, 5_000_000]
    async with simulated(tmp_path, now_us=clock, rate_limit_per_second=2, retry_after_s=1) as client:
        statuses = []
        for move_us in moves_us:
            clock.us += move_us
            statuses.append((await client.send()).status)
        summary, requests = await client.summary(), await client.requests()
    assert statuses == [201, 201, 429, 429, 201, 429, 429, 201, 429, 201]
    assert busiest_second(requests) == summary["max_accepted_in_one_second"] == 2
    assert (summary["accepted"], summary["throttled"], summary["by_code"]) == (5, 5, {"20429": 5})


def busiest_second(requests: list[RequestRecord]) -> int:
    instants = [round(record.at * 1e6) for record in requests if record.outcome is Outcome.ACCEPTED]
    return max(sum(start <= at < start + 1_000_000 for at in instants) for start in instants)


async def test_the_busiest_second_is_the_journals(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        for _ in range(20):
            await asyncio.gather(*(client.send() for _ in range(20)))
        summary, requests = await client.summary(), await client.requests()
    assert summary["max_accepted_in_one_second"] == busiest_second(requests)


async def test_each_sender_has_its_own_rate(tmp_path: Path) -> None:
    async with simulated(tmp_path, rate_limit_per_second=1, retry_after_s=3) as client:
        answers = [await client.send(From=f"whatsapp:+1415555010{digit}") for digit in (0, 9, 0)]
    assert [answered.status for answered in answers] == [201, 201, 429]
    assert answers[2].json["code"] == 20429
    assert answers[2].headers["Retry-After"] == "3"
