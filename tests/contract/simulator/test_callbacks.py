"""Status callbacks over real HTTP: fields, order, signatures, repeats."""

import json
from pathlib import Path
from typing import Any

import pytest
from twilio.request_validator import RequestValidator, get_signature_algorithm

from tests.contract.simulator.client import ACCOUNT, FORM, TEMPLATE, TOKEN, simulated
from tests.contract.simulator.receiver import expected_signature, receiving
from workers.simulator.twilio.webhooks import compute_signature as signature

AT_ONCE: dict[str, Any] = {"contacts": {"default": {"delay_ms": 0}}}
VECTORS = Path(__file__).parents[3].parent / "shared/corpora/twilio/signature/vectors.json"


STATUSES: dict[str, dict[str, str]] = {
    "sent": {},
    "delivered": {"EventType": "DELIVERED"},
    "read": {"EventType": "READ"},
}


def form_of(sid: str, status: str) -> dict[str, str]:
    """All that a status callback says."""
    return {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "ChannelInstallSid": f"XE{sid[2:]}",
        "ChannelPrefix": "whatsapp",
        "ChannelToAddress": "+14155550101",
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "To": FORM["To"],
        "From": FORM["From"],
        **STATUSES[status],
    }


async def test_a_message_is_sent_delivered_and_read(tmp_path: Path) -> None:
    path = "/hooks/twilio?b=%20x&ref=c.1.1.mac"
    async with receiving() as receiver, simulated(tmp_path, **AT_ONCE) as client:
        sid = (await client.send(StatusCallback=f"{receiver.url}{path}#rc=3&rp=all")).json["sid"]
        calls = await receiver.called(3)
        await client.settled()
        shown = (await client.call("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json")).json
    assert [dict(call.params) for call in calls] == [form_of(sid, status) for status in STATUSES]
    assert {call.path_and_query for call in calls} == {path}
    assert shown["status"] == "read"
    assert shown["date_sent"] is not None


@pytest.mark.parametrize("key", ["made-up-shared-key", "another"])
async def test_a_shared_key_signs_with_sha256_and_a_header_says_so(tmp_path: Path, key: str) -> None:
    script = {**AT_ONCE, "twilio": {"shared_key": "made-up-shared-key"}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await client.send(StatusCallback=f"{receiver.url}/hooks/twilio")
        call = (await receiver.called(3))[0]
        await client.settled()
    algorithm = get_signature_algorithm(call.headers["X-Twilio-Webhooks-Signature-Settings"])
    url, sent = f"{receiver.url}{call.path_and_query}", call.headers["X-Twilio-Signature"]
    assert algorithm == "HMAC_SHA256"
    assert RequestValidator(key).validate(url, dict(call.params), sent, algorithm) == (key == "made-up-shared-key")


async def test_what_was_told_is_in_the_journal_and_counted(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **AT_ONCE) as client:
        sid = (await client.send(StatusCallback=f"{receiver.url}/hooks/twilio#rc=3&rp=all")).json["sid"]
        await receiver.called(3)
        summary = await client.settled()
        records = await client.callbacks()
    assert [(record.message_id, record.status, record.http_status, record.attempt) for record in records] == [
        (sid, status, 204, 1) for status in STATUSES
    ]
    assert summary["callbacks"] == {
        "pending": 0,
        "sent": 3,
        "failed": 0,
        "forged": 0,
        "by_status": {"sent": 1, "delivered": 1, "read": 1},
    }


@pytest.mark.parametrize(
    ("script", "token"),
    [({}, TOKEN), ({"accounts": {ACCOUNT: TOKEN}}, TOKEN)],
    ids=["the password", "the account's own"],
)
async def test_callbacks_are_signed_over_the_whole_url(tmp_path: Path, script: dict[str, Any], token: str) -> None:
    path = "/hooks/twilio?b=%20x%2F&ref=c.1.1.mac"
    async with receiving() as receiver, simulated(tmp_path, **AT_ONCE, **script) as client:
        await client.send(StatusCallback=f"{receiver.url}{path}#rc=1")
        calls = await receiver.called(3)
    for call in calls:
        assert call.headers["X-Twilio-Signature"] == expected_signature(token, receiver.url + path, call)


def vectors() -> list[Any]:
    if not VECTORS.exists():
        reason = "the published signature vectors are not beside the project"
        return [pytest.param({}, "", marks=pytest.mark.skip(reason=reason))]
    published = json.loads(VECTORS.read_text())
    return [pytest.param(vector, published["auth_token"], id=vector["name"]) for vector in published["vectors"]]


@pytest.mark.parametrize(("vector", "token"), vectors())
def test_published_signatures_are_met(vector: dict[str, Any], token: str) -> None:
    params = [tuple(pair) for pair in vector["params"]]
    with_and_without_port = {vector["url"], vector["url"].replace(":1234", "")}
    signatures = {signature(token, url, params) for url in with_and_without_port}
    assert (vector["signature"] in signatures) is vector["valid"]


@pytest.mark.parametrize(
    ("script", "code", "status"),
    [
        ({"not_on_whatsapp": ["+14155550101"]}, "63024", "undelivered"),
        ({"contacts": {"numbers": {"+14155550101": {"fails_with": 63049, "delay_ms": 0}}}}, "63049", "undelivered"),
        ({"templates": {TEMPLATE: ["1", "2", "city"]}}, "63028", "failed"),
    ],
)
async def test_a_failure_is_told_with_its_code(tmp_path: Path, script: dict[str, Any], code: str, status: str) -> None:
    async with receiving() as receiver, simulated(tmp_path, **{**AT_ONCE, **script}) as client:
        answered = await client.send(StatusCallback=receiver.url)
        (call,) = await receiver.called(1)
        await client.settled()
        (record,) = await client.callbacks()
        (message,) = (await client.call("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")).json["messages"]
    params = dict(call.params)
    assert answered.status == 201
    assert (params["MessageStatus"], params["ErrorCode"]) == (status, code)
    assert params["ChannelStatusMessage"]
    assert "ErrorMessage" not in params
    assert (record.status, record.code) == (status, code)
    assert (message["status"], message["error_code"]) == (status, int(code))


@pytest.mark.parametrize(
    ("fragment", "answers", "attempts"),
    [
        ("", [500], [1]),
        ("#rc=3&rp=5xx", [500, 503], [1, 2, 3]),
        ("#rc=1&rp=5xx", [500, 500], [1, 2]),
        ("#rc=3&rp=5xx", [404], [1]),
        ("#rc=3&rp=4xx,5xx", [404, 500], [1, 2, 3]),
        ("#rc=3&rp=all", [404, 500], [1, 2, 3]),
        ("#rc=0&rp=all", [500], [1]),
        ("#rc=x&rp=all", [500, 500], [1, 2]),
    ],
)
async def test_the_fragment_says_what_is_tried_again(
    tmp_path: Path, fragment: str, answers: list[int], attempts: list[int]
) -> None:
    contacts = {"default": {"delivered": 0, "delay_ms": 0}}
    async with receiving(answers) as receiver, simulated(tmp_path, contacts=contacts) as client:
        await client.send(StatusCallback=f"{receiver.url}/{fragment}")
        summary = await client.settled()
        records = await client.callbacks()
    assert [record.attempt for record in records] == attempts
    assert len({call.headers["I-Twilio-Idempotency-Token"] for call in receiver.received}) == 1
    is_delivered = len(attempts) > len(answers)
    assert (summary["callbacks"]["sent"], summary["callbacks"]["failed"]) == (int(is_delivered), int(not is_delivered))


async def test_a_failure_to_connect_is_tried_once_more(tmp_path: Path) -> None:
    async with receiving() as receiver:
        url = receiver.url
    async with simulated(tmp_path, contacts={"default": {"delivered": 0, "delay_ms": 0}}) as client:
        await client.send(StatusCallback=url)
        await client.settled()
        records = await client.callbacks()
    assert [(record.http_status, record.attempt) for record in records] == [(None, 1), (None, 2)]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"enabled": False}, []),
        ({"duplicate": 1}, ["sent", "sent", "delivered", "delivered", "read", "read"]),
        ({"reorder": 1}, ["read", "delivered", "sent"]),
    ],
)
async def test_accidents_on_the_way(tmp_path: Path, plan: dict[str, Any], expected: list[str]) -> None:
    async with receiving() as receiver, simulated(tmp_path, callbacks=plan, **AT_ONCE) as client:
        await client.send(StatusCallback=receiver.url)
        await client.settled()
        (message,) = (await client.call("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")).json["messages"]
    assert [call.status for call in receiver.received] == expected
    assert message["status"] == ("read" if expected else "queued")


async def test_a_forgery_comes_before_the_truth(tmp_path: Path) -> None:
    async with receiving([403]) as receiver, simulated(tmp_path, callbacks={"bad_signature": 1}, **AT_ONCE) as client:
        await client.send(StatusCallback=f"{receiver.url}/#rc=3&rp=all")
        summary = await client.settled()
        records = await client.callbacks()
    right = [
        call.headers["X-Twilio-Signature"] == expected_signature(TOKEN, f"{receiver.url}/", call)
        for call in receiver.received
    ]
    assert right == [False, True] * 3 == [not record.forged for record in records]
    assert [record.http_status for record in records] == [403, *[204] * 5]
    assert (summary["callbacks"]["sent"], summary["callbacks"]["forged"]) == (3, 3)


async def test_an_early_callback_overtakes_the_answer(tmp_path: Path) -> None:
    script: dict[str, Any] = {"callbacks": {"early": 1}, "contacts": {"default": {"delay_ms": 60_000}}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await client.send(StatusCallback=receiver.url)
        assert [call.status for call in receiver.received] == ["sent"]


async def test_a_callback_follows_its_answer_otherwise(tmp_path: Path) -> None:
    script: dict[str, Any] = {"latency_ms": 100, "contacts": {"default": {"delay_ms": 0}}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await client.send(StatusCallback=receiver.url)
        (request,), first = await client.requests(), (await receiver.called(1))[0]
        records = await client.callbacks()
    assert first.status == "sent"
    assert records[0].at - request.at >= 0.1


async def test_many_chains_share_few_connections(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, contacts={"default": {"delay_ms": [0, 20]}}) as client:
        sids = [(await client.send(StatusCallback=receiver.url)).json["sid"] for _ in range(200)]
        summary = await client.settled()
        records = await client.callbacks()
    assert summary["callbacks"]["sent"] == 600
    for sid in sids:
        assert [record.status for record in records if record.message_id == sid] == ["sent", "delivered", "read"]
