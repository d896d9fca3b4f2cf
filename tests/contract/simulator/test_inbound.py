"""What contacts write, over real HTTP: fields, answers, accidents, and the operator who speaks for one."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.contract.simulator.client import ACCOUNT, CONTACT, SENDER, TEMPLATE, TOKEN, Client, simulated
from tests.contract.simulator.receiver import Receiver, expected_signature, receiving

CAPTURED = Path(__file__).parents[3].parent / "shared/corpora/twilio/captured/quick_reply_interactive.form"
SERVICE = "MG" + "c" * 32
PICTURE = {"kind": "image", "url": "https://example.org/1.png", "mime_type": "image/png"}
PLACE = {"latitude": 37.75, "longitude": -122.5}


def contacts(*answers: dict[str, Any], **habits: Any) -> dict[str, Any]:
    """Contacts who answer at once."""
    told = [{"after_ms": 0, **answer} for answer in answers]
    return {"contacts": {"default": {"delay_ms": 0, "answers": told, **habits}}}


async def send_and_settle(client: Client, receiver: Receiver, fragment: str = "", **changes: str | None) -> str:
    """The message's id, once everything has been told."""
    url = f"{receiver.url}/hooks/status?b=%20x&ref=c.1.1.mac{fragment}"
    sid: str = (await client.send(StatusCallback=url, **changes)).json["sid"]
    await client.settled()
    return sid


# ── the form ────────────────────────────────────────────────────────────────────────────────────────────────────────


ANA_COMES = contacts({"text": "Sí, voy 👍"}, profile_name="Ana")


async def test_an_answer_says_everything_about_itself(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **ANA_COMES) as client:
        sid = await send_and_settle(client, receiver)
        (call,), (record,) = receiver.letters, await client.letters()
    metadata = {"type": "whatsapp", "data": {"context": {"WaId": CONTACT[1:], "ProfileName": "Ana"}}}
    assert {**call.fields, "ChannelMetadata": json.loads(call.fields["ChannelMetadata"])} == {
        "MessageSid": record.message_id,
        "SmsSid": record.message_id,
        "SmsMessageSid": record.message_id,
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": f"whatsapp:{CONTACT}",
        "To": f"whatsapp:{SENDER}",
        "WaId": CONTACT[1:],
        "ProfileName": "Ana",
        "Body": "Sí, voy 👍",
        "NumMedia": "0",
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "SmsStatus": "received",
        "MessageType": "text",
        "OriginalRepliedMessageSid": sid,
        "OriginalRepliedMessageSender": f"whatsapp:{SENDER}",
        "ChannelMetadata": metadata,
    }
    assert call.path_and_query == "/hooks/status"
    assert call.headers["X-Twilio-Signature"] == expected_signature(TOKEN, f"{receiver.url}/hooks/status", call)


async def test_an_answer_is_in_the_journal_without_its_text_and_counted(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **ANA_COMES) as client:
        sid = await send_and_settle(client, receiver)
        (record,), summary = await client.letters(), await client.summary()
    assert (record.provider, record.sender, record.to, record.reply_to) == ("twilio", CONTACT, SENDER, sid)
    assert (record.content, record.text, record.payload) == ("text", "Sí, voy 👍", None)
    assert (record.http_status, record.attempt, record.forged) == (204, 1, False)
    assert "voy" not in repr(record)
    assert summary["inbound"] == {
        "pending": 0,
        "sent": 1,
        "answered": 1,
        "failed": 0,
        "forged": 0,
        "by_content": {"text": 1},
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"text": "Hi"}, {"MessageType": "text", "Body": "Hi", "NumMedia": "0"}),
        (
            {"button": {"text": "Confirm", "payload": "ok:1"}},
            {"MessageType": "interactive", "Body": "Confirm", "ButtonText": "Confirm", "ButtonPayload": "ok:1"},
        ),
        ({"button": {"text": "Confirm"}}, {"ButtonText": "Confirm", "ButtonPayload": "Confirm"}),
        (
            {"choice": {"id": "b", "title": "Tuesday"}},
            {"MessageType": "interactive", "Body": "Tuesday", "ListId": "b", "ListTitle": "Tuesday"},
        ),
        (
            {"media": {**PICTURE, "caption": "Me"}},
            {
                "MessageType": "image",
                "Body": "Me",
                "NumMedia": "1",
                "MediaUrl0": PICTURE["url"],
                "MediaContentType0": "image/png",
            },
        ),
        ({"media": PICTURE}, {"NumMedia": "1", "Body": None}),
        (
            {"location": {**PLACE, "label": "Clinic", "address": "1 Main St"}},
            {
                "MessageType": "location",
                "Latitude": "37.75",
                "Longitude": "-122.5",
                "Label": "Clinic",
                "Address": "1 Main St",
                "Body": None,
            },
        ),
        ({"location": PLACE}, {"Label": None, "Address": None}),
        ({"unknown": True}, {"MessageType": "unsupported", "Body": None, "NumMedia": "0"}),
    ],
    ids=lambda value: next(iter(value)),
)
async def test_each_kind_has_its_fields(tmp_path: Path, said: dict[str, Any], expected: dict[str, str | None]) -> None:
    async with receiving() as receiver, simulated(tmp_path, **contacts(said)) as client:
        await send_and_settle(client, receiver)
        (call,) = receiver.letters
    assert {name: call.fields.get(name) for name in expected} == expected


@pytest.mark.skipif(not CAPTURED.exists(), reason="the captured message is not beside the project")
async def test_a_button_has_the_captured_shape(tmp_path: Path) -> None:
    captured = dict(parse_qsl(CAPTURED.read_text().strip(), keep_blank_values=True))
    script = contacts({"button": {"text": "Konfirmasi"}}, profile_name="Test Profile")
    script["contacts"]["numbers"] = {CONTACT: {"bsuid": "ID.1000000000000001"}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
        (call,) = receiver.letters
    assert call.fields.keys() == captured.keys()
    same = {name for name in captured if "Sid" not in name} - {"From", "To", "WaId", "ButtonPayload", "ChannelMetadata"}
    different = {"OriginalRepliedMessageSender"}
    assert {name for name in same if call.fields[name] != captured[name]} == different
    told, seen = (json.loads(fields["ChannelMetadata"]) for fields in (call.fields, captured))
    assert told["data"]["context"].keys() == seen["data"]["context"].keys()


# Quirk(twilio) sm-and-mm
async def test_a_button_names_its_message_by_other_letters(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **contacts({"button": {"text": "Ok"}})) as client:
        sid = await send_and_settle(client, receiver)
        (record,) = await client.letters()
    assert receiver.letters[0].fields["OriginalRepliedMessageSid"] == f"MM{sid[2:]}"
    assert record.reply_to == sid


async def test_a_text_that_quotes_nothing_names_no_message(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **contacts({"text": "Ok", "quotes": False})) as client:
        await send_and_settle(client, receiver)
        (record,) = await client.letters()
    assert "OriginalRepliedMessageSid" not in receiver.letters[0].fields
    assert record.reply_to is None


async def test_a_contact_may_be_known_by_a_user_id(tmp_path: Path) -> None:
    script = contacts({"text": "Ok"})
    script["contacts"]["numbers"] = {CONTACT: {"bsuid": "US.1234"}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
        await send_and_settle(client, receiver, To="whatsapp:US.1234")
        by_number, by_id = (call.fields for call in receiver.letters)
    assert [by_number.get(name) for name in ("From", "WaId", "ExternalUserId")] == [
        f"whatsapp:{CONTACT}",
        CONTACT[1:],
        "whatsapp:US.1234",
    ]
    assert [by_id.get(name) for name in ("From", "WaId", "ExternalUserId")] == [
        "whatsapp:US.1234",
        None,
        "whatsapp:US.1234",
    ]


async def test_a_service_is_written_to_by_its_number(tmp_path: Path) -> None:
    script: dict[str, Any] = {**contacts({"text": "Ok"}), "services": {SERVICE: SENDER}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver, From=None, MessagingServiceSid=SERVICE)
        (call,) = receiver.letters
    assert (call.fields["To"], call.fields["MessagingServiceSid"]) == (f"whatsapp:{SENDER}", SERVICE)


# ── when, and how often ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_follows_the_statuses(tmp_path: Path) -> None:
    script = contacts({"text": "Ok", "after_ms": 30}, delay_ms=10)
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
    assert [call.fields.get("MessageStatus") for call in receiver.received] == ["sent", "delivered", "read", None]


async def test_several_answers_come_in_order(tmp_path: Path) -> None:
    script = contacts({"text": "One"}, {"media": PICTURE}, {"text": "Three"})
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
        records = await client.letters()
    assert [record.content for record in records] == ["text", "image", "text"]
    assert len({record.message_id for record in records}) == 3


@pytest.mark.parametrize(
    "script",
    [
        contacts({"text": "Ok"}, delivered=0),
        contacts({"text": "Ok"}, fails_with=63049),
        contacts({"text": "Ok", "share": 0}),
        {**contacts({"text": "Ok"}), "not_on_whatsapp": [CONTACT]},
        {**contacts({"text": "Ok"}), "templates": {TEMPLATE: 3}},
    ],
    ids=["not delivered", "failed", "no share", "not there", "a defect"],
)
async def test_whom_a_message_does_not_reach_says_nothing(tmp_path: Path, script: dict[str, Any]) -> None:
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
        assert (await client.summary())["inbound"]["sent"] == 0


async def test_nobody_answers_what_was_written_inside_the_window(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **contacts({"text": "Ok"})) as client:
        await send_and_settle(client, receiver)
        await client.send_text(StatusCallback=receiver.url)
        summary = await client.settled()
    assert (summary["inbound"]["sent"], summary["callbacks"]["by_status"]["read"]) == (1, 2)


async def test_what_is_still_to_come_is_pending_from_the_answer_on(tmp_path: Path) -> None:
    script = contacts({"text": "Ok", "after_ms": 60_000})
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await client.send(StatusCallback=receiver.url)
        summary = await client.until(lambda summary: summary["callbacks"]["pending"] == 0)
        await client.call("POST", "/_simulator/reset")
        after = await client.summary()
    assert (summary["pending"], summary["inbound"]["pending"], summary["inbound"]["sent"]) == (1, 1, 0)
    assert after["pending"] == 0


@pytest.mark.parametrize(
    ("fragment", "answers", "attempts"),
    [("", [500], [1]), ("#rc=3&rp=all", [500, 404], [1, 2, 3]), ("#rc=1&rp=5xx", [503, 503], [1, 2])],
)
async def test_a_letter_is_brought_again_as_a_status_is(
    tmp_path: Path, fragment: str, answers: list[int], attempts: list[int]
) -> None:
    script: dict[str, Any] = {**contacts({"text": "Ok"}), "callbacks": {"enabled": False}}
    async with receiving(answers) as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver, fragment)
        records, summary = await client.letters(), await client.summary()
    assert [record.attempt for record in records] == attempts
    assert len({call.headers["I-Twilio-Idempotency-Token"] for call in receiver.received}) == 1
    is_brought = len(attempts) > len(answers)
    assert [summary["inbound"][name] for name in ("sent", "answered", "failed")] == [1, is_brought, not is_brought]


async def test_the_script_may_name_another_place(tmp_path: Path) -> None:
    async with receiving([500]) as other, receiving() as receiver:
        script = {**contacts({"text": "Ok"}), "inbound_url": f"{other.url}/messages?tenant=1#rc=1&rp=all"}
        async with simulated(tmp_path, **script) as client:
            await send_and_settle(client, receiver)
    assert [call.path_and_query for call in other.received] == ["/messages?tenant=1"] * 2
    assert receiver.letters == []


async def test_with_another_place_a_message_needs_no_callback(tmp_path: Path) -> None:
    async with receiving() as receiver:
        async with simulated(tmp_path, **contacts({"text": "Ok"}), inbound_url=receiver.url) as client:
            await client.send()
            await client.settled()
        (call,) = receiver.received
    assert call.headers["X-Twilio-Signature"] == expected_signature(TOKEN, f"{receiver.url}/", call)


async def test_a_letter_may_come_twice(tmp_path: Path) -> None:
    script: dict[str, Any] = {**contacts({"text": "Ok"}), "callbacks": {"enabled": False, "duplicate": 1}}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
        first, second = receiver.received
    assert first.body == second.body


async def test_a_forged_letter_comes_first_and_opens_nothing(tmp_path: Path) -> None:
    script: dict[str, Any] = {**contacts({"text": "Ok"}), "callbacks": {"enabled": False, "bad_signature": 1}}
    async with receiving([403]) as receiver, simulated(tmp_path, **script) as client:
        await send_and_settle(client, receiver)
        records, summary = await client.letters(), await client.summary()
    url = f"{receiver.url}/hooks/status"
    right = [call.headers["X-Twilio-Signature"] == expected_signature(TOKEN, url, call) for call in receiver.received]
    assert right == [False, True] == [not record.forged for record in records]
    assert (summary["inbound"]["sent"], summary["inbound"]["forged"]) == (1, 1)


# ── the operator speaks ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_operator_hears_what_the_client_answered(tmp_path: Path) -> None:
    script: dict[str, Any] = {"contacts": {"default": {"delay_ms": 60_000}}}
    async with receiving([503]) as receiver, simulated(tmp_path, **script) as client:
        sid = (await client.send(StatusCallback=f"{receiver.url}/hook?ref=1")).json["sid"]
        answered = await client.say(text="Hello?", reply_to=sid, profile_name="Ana", bsuid="US.1234")
        (record,) = await client.letters()
    fields = receiver.received[0].fields
    assert (answered.status, answered.json) == (200, {"message_id": record.message_id, "http_status": 503})
    assert receiver.received[0].path_and_query == "/hook"
    assert (fields["OriginalRepliedMessageSid"], fields["ProfileName"]) == (sid, "Ana")
    assert fields["ExternalUserId"] == "whatsapp:US.1234"


async def test_a_stranger_writes_in_the_name_of_an_account_of_the_script(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, accounts={ACCOUNT: TOKEN}) as client:
        answered = await client.say(**{"from": "US.1234"}, text="Hello", url=f"{receiver.url}/in?x=1")
        (call,) = receiver.received
    assert answered.json["http_status"] == 204
    assert call.path_and_query == "/in?x=1"
    assert call.fields["AccountSid"] == ACCOUNT
    assert call.headers["X-Twilio-Signature"] == expected_signature(TOKEN, f"{receiver.url}/in?x=1", call)


async def test_single_fields_may_be_anything(tmp_path: Path) -> None:
    raw = {"NumMedia": "many", "WaId": None, "Body": "\0", "New": "field"}
    async with receiving() as receiver, simulated(tmp_path, accounts={ACCOUNT: TOKEN}) as client:
        await client.say(text="Hello", url=receiver.url, raw=raw)
        (call,) = receiver.received
    assert {name: call.fields.get(name) for name in raw} == raw
    assert call.headers["X-Twilio-Signature"] == expected_signature(TOKEN, f"{receiver.url}/", call)


async def test_accidents_befall_what_the_operator_has_said(tmp_path: Path) -> None:
    plan = {"duplicate": 1, "bad_signature": 1}
    async with (
        receiving([403, 200]) as receiver,
        simulated(tmp_path, accounts={ACCOUNT: TOKEN}, callbacks=plan) as client,
    ):
        answered = await client.say(text="Hello", url=receiver.url)
        await client.settled()
    assert answered.json["http_status"] == 200
    assert len(receiver.received) == 3


async def test_a_client_that_does_not_answer_is_told_of(tmp_path: Path) -> None:
    async with receiving() as receiver:
        url = f"{receiver.url}#rc=0"
    async with simulated(tmp_path, accounts={ACCOUNT: TOKEN}) as client:
        answered = await client.say(text="Hello", url=url)
    assert (answered.status, answered.json["http_status"]) == (200, None)


async def test_a_reset_lets_nobody_wait(tmp_path: Path) -> None:
    """The forgery is on its way; the letter itself, which somebody waits for, will never come."""
    async with (
        receiving(holding=True) as receiver,
        simulated(tmp_path, accounts={ACCOUNT: TOKEN}, callbacks={"bad_signature": 1}) as client,
    ):
        saying = asyncio.create_task(client.say(text="Hello", url=receiver.url))
        await receiver.called(1)
        await client.call("POST", "/_simulator/reset")
        receiver.release()
        answered = await saying
    assert answered.json["http_status"] is None


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"text": "Hello"}, 409, "nobody_there"),
        ({"text": "Hello", "url": "http://127.0.0.1:9/", "account": "AC" + "9" * 32}, 409, "nobody_there"),
        ({"text": "Hello", "provider": "pigeon"}, 400, "bad_inbound"),
        ({"text": "Hello", "url": "nowhere"}, 400, "bad_inbound"),
        ({}, 400, "bad_inbound"),
        ({"text": "Hello", "unknown": True}, 400, "bad_inbound"),
        ({"from": "somebody", "text": "Hello"}, 400, "bad_inbound"),
    ],
)
async def test_what_cannot_be_said_is_refused(tmp_path: Path, said: dict[str, Any], status: int, code: str) -> None:
    async with simulated(tmp_path, accounts={ACCOUNT: TOKEN}) as client:
        answered = await client.say(**said)
        summary = await client.summary()
    assert (answered.status, answered.json["code"]) == (status, code)
    assert summary["pending"] == 0


async def test_without_an_account_nobody_can_be_written_to(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        answered = await client.say(text="Hello", url="http://127.0.0.1:9/")
    assert (answered.status, answered.json["code"]) == (409, "nobody_there")
