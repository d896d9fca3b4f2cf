"""Wavy's wire as documented: requests, answers, batches, records, impatience."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.providers.events import DeliveryStatus
from shared.providers.messages import FreeMessage, MediaKind, OutgoingMedia, TemplateMessage
from tests.contract.simulator.client import CONTACT, SENDER, TOKEN, Answered, Client, Clock, simulated
from tests.contract.simulator.receiver import Received, receiving
from tests.contract.simulator.speakers import REFERENCE, WAVY, WAVY_TEMPLATE, Conversation, conversing
from tests.factories import say
from tests.reading import present
from workers.simulator.traffic import Outcome

SEND = "/v1/whatsapp/send"
HEADERS = {"username": "wa_clinic", "AUTHENTICATIONTOKEN": TOKEN}
DESTINATION = {"correlationId": REFERENCE, "destination": "14155550101"}
HSM = {"namespace": "0a0b", "elementName": "reminder", "languageCode": "es", "parameters": ["Ana", "10:30"]}


async def post(client: Client, message: Any, destination: Any = DESTINATION, **envelope: Any) -> Answered:
    body = {"destinations": [destination], "message": message, **envelope}
    return await post_raw(client, json.dumps(body).encode())


async def post_raw(client: Client, body: bytes, headers: dict[str, str] | None = None) -> Answered:
    async with client.session.post(client.url + SEND, data=body, headers=headers or HEADERS) as response:
        content = await response.read()
        return Answered(response.status, response.headers, content, json.loads(content))


def records(calls: list[Received]) -> list[dict[str, Any]]:
    return [record for call in calls for record in json.loads(call.body)["data"]]


# ── requests and answers ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_acceptance_names_request_and_destination(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        answered = await post(client, {"hsm": HSM})
        (record,) = await client.requests()
    content = answered.json
    assert answered.status == 200
    assert content == {"id": content["id"], "destinations": [{"id": record.message_id, **DESTINATION}]}
    assert len({content["id"], record.message_id}) == 2
    assert all(len(given) == 36 and given.count("-") == 4 for given in (content["id"], present(record.message_id)))
    assert (record.sender, record.account) == ("wa_clinic", "wa_clinic")


@pytest.mark.parametrize("written", ["14155550101", "+14155550101", "+1(415) 555-0101"])
async def test_a_number_may_be_punctuated(tmp_path: Path, written: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await post(client, {"hsm": HSM}, {"destination": written})
        (record,) = await client.requests()
    assert (record.to, record.reference) == (CONTACT, None)
    assert answered.json["destinations"] == [{"id": record.message_id, "destination": written}]


@pytest.mark.parametrize(
    "message",
    [
        {"hsm": {**HSM, "languagePolicy": "DETERMINISTIC"}, "ttl": 30},
        {"template": {name: value for name, value in HSM.items() if name != "parameters"} | {"whatever": ["a", "b"]}},
        {"messageText": "Hello"},
        {"image": {"url": "https://example.com/a.png", "type": "PNG", "caption": "Look"}},
        {"location": {"geoPoint": "-34.9,-56.16", "name": "Clinic", "address": ""}},
        {"contacts": [{"name": {"formatted_name": "Ana"}}]},
    ],
    ids=lambda message: next(iter(message)),
)
async def test_every_documented_content_is_taken(tmp_path: Path, message: dict[str, Any]) -> None:
    async with simulated(tmp_path) as client:
        assert (await post(client, message)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff{",
        b"[]",
        b'{"destinations": [], "message": {"messageText": "a"}}',
        b'{"destinations": [{"destination": "123"}], "message": {"messageText": "a"}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"ttl": 3}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"ttl": 31, "messageText": "a"}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"hsm": {"elementName": "a"}}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"messageText": "a", "image": null}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"text": "a"}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"video": {"url": "https://a", "type": "MP4"}}}',
        b'{"destinations": [{"destination": "14155550101"}], "message": {"template": {"elementName": "b"}}}',
    ],
)
async def test_a_bad_request_is_refused(tmp_path: Path, body: bytes) -> None:
    await assert_refused(tmp_path, body)


@pytest.mark.parametrize(
    "odd",
    [{"one": ["a"], "two": ["b"]}, {"one": "a"}, {"header": {}}, {"header": {"title": "x" * 61}}],
    ids=["two lists", "no list", "an empty header", "a long title"],
)
async def test_a_template_has_one_list_and_one_header(tmp_path: Path, odd: dict[str, Any]) -> None:
    template = {"namespace": "a", "elementName": "b", "languageCode": "es", **odd}
    body = {"destinations": [DESTINATION], "message": {"template": template}}
    await assert_refused(tmp_path, json.dumps(body).encode())


async def assert_refused(tmp_path: Path, body: bytes) -> None:
    async with simulated(tmp_path) as client:
        answered = await post_raw(client, body)
        (record,) = await client.requests()
    assert (answered.status, answered.json["errorCode"]) == (400, 400)
    assert answered.json["errorMessage"].startswith("Bad request: ")
    assert (record.outcome, record.code) == (Outcome.REFUSED, "400")


@pytest.mark.parametrize("missing", [*HEADERS, None])
async def test_both_headers_are_asked_for(tmp_path: Path, missing: str | None) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    async with simulated(tmp_path) as client:
        answered = await post_raw(client, b"{}", headers)
    assert (answered.status, answered.json["errorCode"]) == ((400, 400) if missing is None else (401, 401))


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        (420, 420, Outcome.THROTTLED),
        (429, 429, Outcome.THROTTLED),
        (403, 403, Outcome.REFUSED),
        (412, 412, Outcome.REFUSED),
        (504, 504, Outcome.REFUSED),
        (207, 400, Outcome.REFUSED),
    ],
)
async def test_an_error_is_told_by_its_number(tmp_path: Path, code: int, status: int, outcome: Outcome) -> None:
    async with simulated(tmp_path, faults=[{"do": "error", "code": code}]) as client:
        answered = await post(client, {"hsm": HSM})
        (record,) = await client.requests()
    assert (answered.status, answered.json["errorCode"]) == (status, code)
    assert (record.outcome, record.code) == (outcome, str(code))


async def test_headers_files_and_times_to_live_of_our_client_are_taken(tmp_path: Path) -> None:
    picture = OutgoingMedia(MediaKind.IMAGE, "https://example.com/a.png")
    async with conversing(WAVY_TEMPLATE, tmp_path) as talk:
        for header in (picture, "Ana"):
            message = TemplateMessage(CONTACT, "reminder", "es", None, {"1": "Ana", "2": "10:30"}, header=header)
            await talk.ours.send_template(message, REFERENCE)
        await say(talk.ours, FreeMessage(CONTACT, "Look", picture), REFERENCE)
        requests = await talk.client.requests()
    assert [record.outcome for record in requests] == [Outcome.ACCEPTED] * 3


async def test_nobody_is_on_a_list(tmp_path: Path) -> None:
    """The question by which our client finds out whether its credentials are right."""
    customer = replace(WAVY, options={"customer_id": "42"})
    async with conversing(customer, tmp_path) as talk:
        right = await talk.ours.check_account()
        bad = [
            await talk.client.session.get(f"{talk.client.url}/v1/list/{path}", headers=HEADERS)
            for path in ("OPTOUT", "EVERYBODY?customerId=1")
        ]
        await talk.follow(accounts={})
        wrong = await talk.ours.check_account()
    assert [(one.name, one.is_good) for one in (*right, *wrong)] == [("credentials", True), ("credentials", False)]
    assert [answer.status for answer in bad] == [400, 404]


# ── records ─────────────────────────────────────────────────────────────────────────────────────────────────────────


MOMENT, MOMENT_MS = "2023-11-14T22:13:20.000Z", 1_700_000_000_000
SENT = {
    "sent": True, "sentStatusCode": 2, "sentStatus": "SENT_SUCCESS", "sentDate": MOMENT, "sentAt": MOMENT_MS,
    "updatedDate": MOMENT, "updatedAt": MOMENT_MS,
}  # fmt: skip
UNDELIVERED = {
    "delivered": False, "deliveredStatusCode": None, "deliveredStatus": None, "deliveredDate": None,
    "deliveredAt": None,
}  # fmt: skip
UNREAD = {"read": False, "readDate": None, "readAt": None}
READ = {"read": True, "readDate": MOMENT, "readAt": MOMENT_MS}


def delivered(code: int, status: str) -> dict[str, object]:
    return {
        "delivered": True, "deliveredStatusCode": code, "deliveredStatus": status, "deliveredDate": MOMENT,
        "deliveredAt": MOMENT_MS,
    }  # fmt: skip


# Quirk(wavy) all-states-so-far
async def test_each_record_tells_all_so_far(tmp_path: Path) -> None:
    clock = Clock()
    async with conversing(WAVY, tmp_path) as talk, simulated(tmp_path / "own", now_us=clock, **talk.script) as client:
        given = (await post(client, {"hsm": HSM}, flowId="f", campaignAlias="a", defaultExtraInfo="{}")).json
        calls = await talk.receiver.called(3)
    told = {
        "id": given["destinations"][0]["id"], **DESTINATION, "campaignAlias": "a", "flowId": "f", "extraInfo": "{}",
        "origin": SENDER[1:], "campaignId": 100, **SENT,
    }  # fmt: skip
    assert records(calls) == [
        {**told, **UNDELIVERED, **UNREAD},
        {**told, **delivered(4, "DELIVERED_SUCCESS"), **UNREAD},
        {**told, **delivered(5, "READ_SUCCESS"), **READ},
    ]
    body = json.loads(calls[0].body)
    assert (body["total"], body["clientInfo"].keys()) == (1, {"customerId", "subAccountId", "userId"})


@pytest.mark.parametrize(
    ("code", "sent", "delivered"),
    [("202", 202, None), ("104", 2, 104), ("101", 2, 101), ("311", 311, None), ("strange", "strange", None)],
)
async def test_a_failure_is_of_sending_or_of_delivering(
    tmp_path: Path, code: str, sent: int | str, delivered: int | None
) -> None:
    contacts = {"default": {"delay_ms": 0, "fails_with": code}}
    async with conversing(WAVY, tmp_path, contacts=contacts) as talk:
        await talk.send()
        await talk.client.settled()
        (record,) = records(talk.receiver.received)
    assert (record["sentStatusCode"], record["deliveredStatusCode"]) == (sent, delivered)
    assert (record["sent"], record["delivered"], record["read"]) == (sent == 2, False, False)


async def test_a_contacts_message_has_the_reference_of_the_last_one_to_it(tmp_path: Path) -> None:
    async with conversing(WAVY, tmp_path) as talk:
        await talk.send(reference="first")
        await talk.send(reference="second")
        await talk.send(reference="another's", to="+14155550102")
        await talk.client.settled()
        await talk.client.say(provider="wavy", text="Hello")
        (letter,) = talk.letters
    assert letter.reference == "second"


async def test_an_answer_has_the_reference_of_what_was_sent_meanwhile(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 0, "answers": [{"text": "Ok", "after_ms": 300}]}}
    async with conversing(WAVY, tmp_path, contacts=contacts) as talk:
        await talk.send(reference="first")
        await talk.write()
        await talk.client.settled()
        (letter,) = talk.letters
    assert letter.reference == REFERENCE


async def test_the_record_of_a_contacts_message_is_whole(tmp_path: Path) -> None:
    async with conversing(WAVY, tmp_path) as talk:
        await talk.send()
        await talk.client.settled()
        raw = {"campaignId": None, "new": "field"}
        await talk.client.say(provider="wavy", text="Hello", profile_name="Ana", raw=raw)
        (call,) = [call for call in talk.receiver.received if "message" in call.path_and_query]
        (record,) = records([call])
    assert record == {
        "id": record["id"],
        "source": CONTACT[1:],
        "origin": SENDER[1:],
        "userProfile": {"name": "Ana"},
        "correlationId": REFERENCE,
        "message": {"type": "TEXT", "messageText": "Hello"},
        "receivedAt": record["receivedAt"],
        "receivedDate": record["receivedDate"],
        "new": "field",
    }


# ── batches and impatience ──────────────────────────────────────────────────────────────────────────────────────────


async def many(talk: Conversation, count: int) -> list[int]:
    """How many records each post has brought, once all contacts have been told everything and have answered."""
    for number in range(count):
        await talk.send(to=f"+141555501{number:02}", reference=f"r{number}")
    await talk.client.settled()
    return [len(records([call])) for call in talk.receiver.received]


async def test_a_body_may_hold_many_records(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 200, "answers": [{"text": "Ok", "after_ms": 200}]}}
    async with conversing(WAVY, tmp_path, callbacks={"batch": 4}, contacts=contacts) as talk:
        sizes = await many(talk, 10)
        summary, told = await talk.client.summary(), await talk.client.callbacks()
    assert sum(sizes) == 40
    assert max(sizes) == 4
    assert len(sizes) < 40
    for number in range(10):
        mine = [one.status for one in talk.statuses if one.reference == f"r{number}"]
        assert mine == [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ]
    assert len(talk.letters) == 10
    assert (summary["callbacks"]["sent"], summary["inbound"]["answered"], len(told)) == (30, 10, 30)


async def test_one_record_a_body_unless_the_script_says_otherwise(tmp_path: Path) -> None:
    async with conversing(WAVY, tmp_path) as talk:
        assert set(await many(talk, 5)) == {1}


async def test_what_is_not_taken_comes_again_in_whole(tmp_path: Path) -> None:
    async with conversing(WAVY, tmp_path, [500, 404, 301], callbacks={"batch": 10}) as talk:
        await many(talk, 5)
        summary = await talk.client.summary()
    assert (summary["callbacks"]["sent"], summary["callbacks"]["failed"]) == (15, 0)


async def test_forgeries_are_no_part_of_a_true_batch(tmp_path: Path) -> None:
    async with conversing(WAVY, tmp_path, callbacks={"batch": 10, "bad_signature": 1}) as talk:
        await many(talk, 3)
        by_path: dict[str, int] = {}
        for call in talk.receiver.received:
            by_path[call.path_and_query] = by_path.get(call.path_and_query, 0) + len(records([call]))
    assert sorted(by_path.values()) == [9, 9]


# Quirk(wavy) repeats-after-200-ms
async def test_an_answer_must_come_within_200_milliseconds(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 0, "delivered": 0}}
    async with (
        receiving(holding=True) as slow,
        conversing(WAVY, tmp_path, fragment="", contacts=contacts) as talk,
    ):
        await talk.follow(webhooks={"wavy": {"status": f"{slow.url}/status"}})
        await talk.send()
        calls = await slow.called(2)
        first, *_ = await talk.client.callbacks()
        slow.release()
        await talk.client.settled()
        last = (await talk.client.callbacks())[-1]
    assert calls[0].body == calls[1].body
    assert (first.http_status, first.attempt) == (None, 1)
    assert (last.http_status, last.attempt >= 2) == (204, True)
