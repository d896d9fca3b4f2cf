"""Twilio's answers to a send, and to questions about it later."""

import asyncio
import base64
import json
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.simulator.client import ACCOUNT, FORM, MESSAGES, SENDER, TEMPLATE, TOKEN, simulated
from workers.simulator.traffic import Outcome

PUBLISHED = Path(__file__).parents[3].parent / "shared/corpora/twilio/oai"
SERVICE = "MG" + "c" * 32
OTHER_TEMPLATE = "HX" + "d" * 32


async def test_an_acceptance_is_told_in_full(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        answered = await client.send(StatusCallback="http://127.0.0.1:9/hook?x=1&ref=c.1.1.mac#rc=0")
        (record,) = await client.requests()
    message = answered.json
    uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message['sid']}"
    assert answered.status == 201
    assert parsedate_to_datetime(message["date_created"]).timestamp() == int(record.at)
    assert len(message["sid"]) == 34
    assert message == {
        "sid": record.message_id,
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "status": "queued",
        "direction": "outbound-api",
        "to": FORM["To"],
        "from": FORM["From"],
        "messaging_service_sid": None,
        "body": "",
        "num_segments": "1",
        "num_media": "0",
        "price": None,
        "price_unit": None,
        "error_code": None,
        "error_message": None,
        "date_created": message["date_created"],
        "date_sent": None,
        "date_updated": message["date_created"],
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }
    assert (record.provider, record.account, record.to, record.sender) == ("twilio", ACCOUNT, "+14155550101", SENDER)
    assert (record.template, record.variables) == (TEMPLATE, {"1": "Ana", "2": "10:30"})
    assert (record.reference, record.outcome, record.code) == ("c.1.1.mac", Outcome.ACCEPTED, None)
    assert (record.answered, record.fault) == (True, None)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
async def test_an_acceptance_has_the_published_shape(tmp_path: Path) -> None:
    published = json.loads((PUBLISHED / "messages_list_post_201_createScheduledMessageWhatsapp.json").read_text())
    async with simulated(tmp_path) as client:
        told = (await client.send()).json
    assert told.keys() == published.keys()
    assert {name for name in told if type(told[name]) is not type(published[name])} == {
        "from",  # the example has none
        "messaging_service_sid",  # and has one
    }


async def test_ids_never_repeat(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        ids = {(await client.send()).json["sid"] for _ in range(50)}
    assert len(ids) == 50


@pytest.mark.parametrize(
    ("sender", "told_sender"), [(None, None), (FORM["From"], FORM["From"])], ids=["service", "service and sender"]
)
async def test_a_messaging_service_accepts(tmp_path: Path, sender: str | None, told_sender: str | None) -> None:
    async with simulated(tmp_path) as client:
        message = (await client.send(From=sender, MessagingServiceSid=SERVICE)).json
        (record,) = await client.requests()
    assert (message["status"], message["messaging_service_sid"]) == ("accepted", SERVICE)
    assert message["from"] == told_sender
    assert record.sender == (SENDER if sender else SERVICE)


@pytest.mark.parametrize(
    "to", ["whatsapp:US.13491208655302741918", "whatsapp:+59899123456"], ids=["user id", "another country"]
)
async def test_both_kinds_of_address_are_known(tmp_path: Path, to: str) -> None:
    async with simulated(tmp_path) as client:
        assert (await client.send(To=to)).json["to"] == to


@pytest.mark.parametrize("text", ["Olá, são 10+2 €?\n", '"<id>" \\ <to>', "x" * 1_600])
async def test_a_free_form_text_is_repeated(tmp_path: Path, text: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await client.send_text(Body=text)
        (record,) = await client.requests()
    assert answered.json["body"] == text
    assert record.template is None


REFUSALS: list[tuple[str, dict[str, str | None], int]] = [
    ("21604", {"To": None}, 400),
    ("21604", {"To": ""}, 400),
    ("21211", {"To": "+14155550101"}, 400),
    ("21211", {"To": "whatsapp:14155550101"}, 400),
    ("21211", {"To": "whatsapp:+1415555x101"}, 400),
    ("21603", {"From": None}, 400),
    ("21212", {"From": SENDER}, 400),
    ("21212", {"From": "whatsapp:US.1234"}, 400),
    ("21705", {"MessagingServiceSid": "MG1"}, 400),
    ("21655", {"ContentSid": "HX1"}, 400),
    ("21655", {"ContentSid": OTHER_TEMPLATE}, 400),
    ("21656", {"ContentVariables": "{"}, 400),
    ("21656", {"ContentVariables": "[]"}, 400),
    ("21656", {"ContentVariables": '{"1": 1}'}, 400),
    ("21654", {"ContentSid": None}, 400),
    ("21602", {"ContentSid": None, "ContentVariables": None}, 400),
    ("21617", {"ContentSid": None, "ContentVariables": None, "Body": "x" * 1_601}, 400),
    ("63011", {"Body": "Hello"}, 400),
    ("63011", {"MediaUrl": "https://example.org/picture.png"}, 400),
    ("21609", {"StatusCallback": "/hook"}, 400),
    ("21609", {"StatusCallback": "ftp://example.org/hook"}, 400),
    # Quirk(twilio) underscore-in-host
    ("21609", {"StatusCallback": "https://under_score.example.org/hook"}, 400),
    ("21609", {"StatusCallback": "https://example.org:port/hook"}, 400),
    ("21609", {"StatusCallback": "https://example.org/hook with space"}, 400),
]


@pytest.mark.parametrize(("code", "changes", "status"), REFUSALS, ids=lambda value: str(value)[:60])
async def test_a_bad_request_is_refused(tmp_path: Path, code: str, changes: dict[str, Any], status: int) -> None:
    async with simulated(tmp_path, templates={TEMPLATE: 2}) as client:
        answered = await client.send(**changes)
        (record,) = await client.requests()
        summary = await client.summary()
    assert answered.status == status == answered.json["status"]
    assert answered.json["code"] == int(code)
    assert answered.json["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert (record.outcome, record.code, record.message_id) == (Outcome.REFUSED, code, None)
    assert (summary["refused"], summary["accepted"], summary["by_code"]) == (1, 0, {code: 1})


@pytest.mark.parametrize(
    ("auth", "accounts", "status"),
    [
        ((ACCOUNT, TOKEN), {ACCOUNT: TOKEN}, 201),
        ((ACCOUNT, "another"), {ACCOUNT: TOKEN}, 401),
        (("AC" + "9" * 32, TOKEN), {ACCOUNT: TOKEN}, 401),
        ((ACCOUNT, TOKEN), {"AC" + "9" * 32: TOKEN}, 401),
        (("SK" + "9" * 32, "any"), None, 201),
        (None, None, 401),
    ],
)
async def test_credentials_are_checked(
    tmp_path: Path, auth: tuple[str, str] | None, accounts: dict[str, str] | None, status: int
) -> None:
    async with simulated(tmp_path, accounts=accounts) as client:
        client.authorization = aiohttp.encode_basic_auth(*auth) if auth else None
        answered = await client.send()
        listed = await client.call("GET", MESSAGES)
    assert answered.status == status
    assert listed.status == (200 if status == 201 else 401)
    assert status == 201 or answered.json["code"] == 20003


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !!!", f"Basic {base64.b64encode(b'noColon').decode()}"])
async def test_a_header_that_is_no_basic_one_is_no_credential(tmp_path: Path, header: str) -> None:
    async with simulated(tmp_path) as client:
        client.authorization = header
        answered = await client.send()
    assert answered.status == 401


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe%ZZ&=&&", b'{"To": "whatsapp:+14155550101"}', b"To=%FF%", b"To=whatsapp%3A+"]
)
async def test_any_bytes_get_an_answer(tmp_path: Path, body: bytes) -> None:
    async with simulated(tmp_path) as client:
        answered = await client.call("POST", MESSAGES, data=body)
    assert answered.status == 400
    assert answered.json["code"] in {21604, 21211}


async def test_latency_holds_the_answer_back(tmp_path: Path) -> None:
    async with simulated(tmp_path, latency_ms=60) as client:
        loop = asyncio.get_running_loop()
        started_at = loop.time()
        await client.send()
        assert loop.time() - started_at >= 0.06


# ── later questions ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_messages_are_listed_by_recipient_and_sender_newest_first(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        first, second = [(await client.send()).json["sid"] for _ in range(2)]
        await client.send(To="whatsapp:+14155550102")
        await client.send(From="whatsapp:+14155550109")
        query = {"To": FORM["To"], "From": FORM["From"]}
        page = (await client.call("GET", MESSAGES, params=query)).json
        everything = (await client.call("GET", MESSAGES)).json
    assert [message["sid"] for message in page["messages"]] == [second, first]
    assert (page["page"], page["page_size"], page["start"], page["end"]) == (0, 50, 0, 1)
    assert page["next_page_uri"] is None
    assert len(everything["messages"]) == 4


async def test_pages_follow_each_other(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        sent = [(await client.send()).json["sid"] for _ in range(5)]
        path, pages = f"{MESSAGES}?To=whatsapp:%2B14155550101&PageSize=2", []
        while path:
            page = (await client.call("GET", path)).json
            pages.append([message["sid"] for message in page["messages"]])
            path = page["next_page_uri"]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [sid for page in pages for sid in page] == sent[::-1]


@pytest.mark.parametrize(
    "query", ["PageSize=0", "PageSize=x", "Page=-1", "DateSent=yesterday", "DateSent%3E=2024-13-01"]
)
async def test_a_question_that_is_not_understood_is_refused(tmp_path: Path, query: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await client.call("GET", f"{MESSAGES}?{query}")
    assert (answered.status, answered.json["code"]) == (400, 20001)


async def test_one_message_can_be_shown(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        told = (await client.send()).json
        shown = await client.call("GET", told["uri"])
        missing = await client.call("GET", told["uri"].replace("SM", "MM"))
    assert shown.json == told
    assert (missing.status, missing.json["code"]) == (404, 20404)
