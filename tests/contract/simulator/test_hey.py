"""Hey's wire as far as it is known: the Direct API's requests and events, the Client API's login and report."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.ground.errors import SenderUnusable
from shared.providers.events import DeliveryStatus, StatusReported
from shared.providers.hey import polling
from tests.contract.simulator.client import CONTACT, SENDER, TOKEN, Answered, Client, Clock, simulated
from tests.contract.simulator.speakers import HEY, REFERENCE, Conversation, conversing
from tests.reading import present
from workers.simulator.traffic import Outcome

PLATFORM = HEY.account
DIRECT = f"/35/{PLATFORM}/14155550101"
USER = {"id": "clinic", "names": "Clinic", "lastNames": ""}
BODY = {"text": "Hello", "partnerUser": USER, "idMessageHey": REFERENCE}
HSM = {"elementName": "reminder", "languageCode": "es", "parameters": ["Ana", "10:30"]}
FILE = {"data": "aGVsbG8=", "name": "a.pdf", "encode": "base64", "mimeType": "application/pdf"}
RECORDED = Path(__file__).parents[3].parent / "shared/corpora/hey/medio_odoo/webhook_image_with_caption.json"
AN_HOUR = timedelta(hours=1)


async def post(client: Client, path: str = DIRECT, token: str | None = TOKEN, **changes: Any) -> Answered:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return await post_raw(client, json.dumps(body).encode(), path, token)


async def post_raw(client: Client, body: bytes, path: str = DIRECT, token: str | None = TOKEN) -> Answered:
    headers = {"partner-token": token} if token else {}
    async with client.session.post(client.url + path, data=body, headers=headers) as response:
        content = await response.read()
        return Answered(response.status, response.headers, content, json.loads(content))


# ── Direct API ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", [DIRECT, f"{DIRECT}/1978906aac984295"], ids=["without session", "with session"])
async def test_a_message_is_accepted_without_an_id(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path) as client:
        answered = await post(client, path, hsm=HSM, massive=True, proactive=True)
        (record,) = await client.requests()
    assert (answered.status, answered.json) == (200, {"success": True})
    assert (record.account, record.sender, record.to) == (PLATFORM, PLATFORM, CONTACT)
    assert (record.template, record.variables, record.reference) == ("reminder", {"1": "Ana", "2": "10:30"}, REFERENCE)


@pytest.mark.parametrize("changes", [{"text": None, "file": FILE}, {"file": FILE}, {"text": "Hello"}])
async def test_texts_and_files_are_taken(tmp_path: Path, changes: dict[str, Any]) -> None:
    async with simulated(tmp_path) as client:
        assert (await post(client, **changes)).status == 200
        (record,) = await client.requests()
    assert (record.template, record.variables) == (None, {})


async def test_a_contact_may_be_named_by_a_user_id(tmp_path: Path) -> None:
    async with simulated(tmp_path) as client:
        await post(client, f"/35/{PLATFORM}/US.1234")
        (record,) = await client.requests()
    assert record.to == "US.1234"


@pytest.mark.parametrize(
    ("path", "changes", "status"),
    [
        (f"/35/{PLATFORM}/somebody", {}, 404),
        (f"/35/{PLATFORM}/+14155550101", {}, 404),
        (DIRECT, {"text": None}, 400),
        (DIRECT, {"idMessageHey": None}, 400),
        (DIRECT, {"partnerUser": None}, 400),
        (DIRECT, {"hsm": {"elementName": "reminder"}}, 400),
        (DIRECT, {"file": {**FILE, "encode": "hex"}}, 400),
        (DIRECT, {"unknown": 1}, 400),
    ],
)
async def test_a_bad_request_is_refused(tmp_path: Path, path: str, changes: dict[str, Any], status: int) -> None:
    async with simulated(tmp_path) as client:
        answered = await post(client, path, **changes)
        (record,) = await client.requests()
    assert (answered.status, answered.json["success"]) == (status, False)
    assert (record.outcome, record.code) == (Outcome.REFUSED, str(status))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"text": '])
async def test_any_bytes_get_an_answer(tmp_path: Path, body: bytes) -> None:
    async with simulated(tmp_path) as client:
        assert (await post_raw(client, body)).status == 400


@pytest.mark.parametrize(
    ("accounts", "token", "status"),
    [
        ({PLATFORM: TOKEN}, TOKEN, 200),
        ({PLATFORM: TOKEN}, "another", 401),
        ({"another": TOKEN}, TOKEN, 401),
        (None, None, 401),
    ],
)
async def test_the_partner_token_is_checked(
    tmp_path: Path, accounts: dict[str, str] | None, token: str | None, status: int
) -> None:
    async with simulated(tmp_path, accounts=accounts) as client:
        assert (await post(client, token=token)).status == status


@pytest.mark.parametrize("code", [400, 401, 404, 409, 422, 429, 500, 503])
async def test_an_error_is_its_http_status(tmp_path: Path, code: int) -> None:
    async with simulated(tmp_path, faults=[{"do": "error", "code": code, "retry_after_s": 3}]) as client:
        answered = await post(client)
    assert (answered.status, answered.headers["Retry-After"], answered.json["success"]) == (code, "3", False)


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_status_names_our_message_and_the_channels_numbers(tmp_path: Path) -> None:
    async with conversing(HEY, tmp_path) as talk:
        await talk.send()
        await talk.client.settled()
        (record,) = await talk.client.requests()
    told = [json.loads(call.body) for call in talk.receiver.received]
    assert [event["data"]["metaData"]["channelStatus"] for event in told] == [
        {"sentStatusCode": 2, "sentStatus": "SENT_SUCCESS", **delivered}
        for delivered in (
            {},
            {"deliveredStatusCode": 4, "deliveredStatus": "DELIVERED_SUCCESS"},
            {"deliveredStatusCode": 5, "deliveredStatus": "READ_SUCCESS"},
        )
    ]
    for event in told:
        data, key = event["data"], event["event"]["key"]
        assert (data["incoming"], data["massive"], data["proactive"]) == (False, True, True)
        assert (data["idMessage"], data["idMessageHey"]) == (record.message_id, REFERENCE)
        assert (key["channel"], key["platformId"], key["clientId"]) == (35, PLATFORM, CONTACT[1:])


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded message is not beside the project")
async def test_a_contacts_message_has_the_recorded_shape(tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_text())
    media = {"kind": "image", "url": "https://example.com/a.jpg", "mime_type": "image/jpeg", "caption": "Message"}
    async with conversing(HEY, tmp_path) as talk:
        await talk.client.say(provider="hey", media=media)
        told = json.loads(talk.receiver.received[0].body)
    assert told["event"].keys() == recorded["event"].keys()
    assert told["event"]["key"].keys() == recorded["event"]["key"].keys()
    assert told["event"]["new"].keys() == recorded["event"]["new"].keys()
    assert told["data"].keys() <= recorded["data"].keys()
    assert {name for name in told["data"] if type(told["data"][name]) is not type(recorded["data"][name])} == set()
    (file,), (seen,) = (event["data"]["metaData"]["temporal"] for event in (told, recorded))
    assert file.keys() == seen.keys()


# Quirk(hey) no-text-with-a-file
async def test_a_file_without_words_has_no_message(tmp_path: Path) -> None:
    media = {"kind": "image", "url": "https://example.com/a.jpg", "mime_type": "image/jpeg"}
    async with conversing(HEY, tmp_path) as talk:
        await talk.client.say(provider="hey", media=media, profile_name="Ana Luz Paz", raw={"massive": None})
        told = json.loads(talk.receiver.received[0].body)
    assert told["data"].keys().isdisjoint({"message", "massive"})
    assert told["event"]["new"]["__contact"] == {"first_name": "Ana", "last_name": "Luz Paz"}


async def test_a_conversation_keeps_its_session(tmp_path: Path) -> None:
    async with conversing(HEY, tmp_path) as talk:
        await talk.send()
        await talk.client.settled()
        await talk.client.say(provider="hey", text="Hello")
        keys = [json.loads(call.body)["event"]["key"] for call in talk.receiver.received]
    assert len({key["session"] for key in keys}) == 1


async def test_nothing_is_told_twice_unless_the_url_asks_for_it(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 0, "delivered": 0}}
    async with conversing(HEY, tmp_path, [500, 500], contacts=contacts) as talk:
        await talk.send()
        await talk.client.settled()
        await talk.follow(webhooks={"hey": {"status": f"{talk.receiver.url}/status#rc=2&rp=5xx"}})
        await talk.send()
        await talk.client.settled()
        attempts = [record.attempt for record in await talk.client.callbacks()]
    assert attempts == [1, 1, 2]


# ── Client API ──────────────────────────────────────────────────────────────────────────────────────────────────────

CLIENT = {"reports": "made-up-password", PLATFORM: TOKEN}


def a_day_around(at: datetime | None = None) -> tuple[datetime, datetime]:
    now = at or datetime.now(UTC)
    return now - AN_HOUR, now + AN_HOUR


async def asked(talk: Conversation, token: str, contact: str | None = None) -> list[StatusReported]:
    """All pages of the last hours' report, as our own reader turns them."""
    transport, account = talk.ours.transport, talk.ours.account
    request = polling.build_report_request(account, token, *a_day_around(), contact)
    found: list[StatusReported] = []
    while True:
        page = polling.read_page(await transport.send(request), datetime.now(UTC))
        found.extend(page.statuses)
        if page.next is None:
            return found
        request = polling.build_next_request(account, token, page.next)


async def logged_in(talk: Conversation) -> str:
    return polling.read_token(await talk.ours.transport.send(polling.build_login(talk.ours.account)))


async def test_a_report_ends_a_doubt(tmp_path: Path) -> None:
    fault = {"do": "cut_after_acceptance"}
    async with conversing(HEY, tmp_path, accounts=CLIENT, faults=[fault]) as talk:
        outcome = await talk.outcome()
        await talk.client.settled()
        (status,) = await asked(talk, await logged_in(talk))
        (record,) = await talk.client.requests()
    assert not hasattr(outcome, "provider_message_id")
    assert (status.reference, status.provider_message_id) == (REFERENCE, record.message_id)
    assert (status.status, status.addresses) == (DeliveryStatus.READ, (CONTACT,))


async def test_a_report_tells_what_failed_and_what_nothing_became_of(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 60_000}, "numbers": {CONTACT: {"delay_ms": 0, "fails_with": "202"}}}
    async with conversing(HEY, tmp_path, accounts=CLIENT, contacts=contacts) as talk:
        await talk.send(reference="r1")
        await talk.send(reference="r2", to="+14155550102")
        await talk.client.until(lambda summary: summary["callbacks"]["sent"] == 1)
        token = await logged_in(talk)
        everybody, one = await asked(talk, token), await asked(talk, token, contact="+14155550102")
    by_reference = {status.reference: status for status in everybody}
    assert present(by_reference["r1"].error).code == "202"
    assert by_reference["r2"].status is DeliveryStatus.SENT  # it was accepted
    assert [status.reference for status in one] == ["r2"]


async def get(client: Client, token: str, path: str) -> Answered:
    headers = {"Authorization": f"Bearer {token}"}
    async with client.session.get(client.url + path, headers=headers) as response:
        content = await response.read()
        return Answered(response.status, response.headers, content, json.loads(content))


async def login(client: Client, **changes: str) -> Answered:
    body = {"name": "reports", "password": "made-up-password", **changes}
    return await client.call("POST", "/api/login", json=body)


REPORT = "/api/report/session?begin=2023-11-14%2000%3A00%3A00&end=2023-11-15%2000%3A00%3A00"


async def test_pages_follow_each_other_until_one_is_empty(tmp_path: Path) -> None:
    async with simulated(tmp_path, now_us=Clock()) as client:
        for number in range(5):
            for reference in ("a", "b"):
                await post(client, f"/35/{PLATFORM}/141555501{number:02}", idMessageHey=f"{reference}{number}")
        token = (await login(client)).json["token"]
        pages = [(await get(client, token, f"{REPORT}&pageSize=2")).json]
        while pages[-1]["scroll"]["length"]:
            await post(client, idMessageHey="meanwhile")
            pages.append((await get(client, token, f"/api/report/{pages[-1]['scroll']['id']}")).json)
    assert [page["scroll"]["length"] for page in pages] == [2, 2, 1, 0]
    chats = [[entry["idMessageHey"] for entry in one["_source"]["chat"]] for page in pages for one in page["data"]]
    assert chats[:1] + chats[2:] == [["a0", "b0"], *([f"a{number}", f"b{number}"] for number in range(2, 5))]
    first = pages[0]["data"][0]["_source"]
    assert (first["platformId"], first["clientId"], first["channel"]) == (PLATFORM, "14155550100", 35)


@pytest.mark.parametrize(
    ("query", "sessions", "has_chat"),
    [
        ("", 1, True),
        ("&exclude=chat", 1, False),
        ("&contact=14155550101", 1, True),
        ("&contact=14155550109", 0, True),
        ("&begin=2023-11-15T00%3A00%3A00Z", 0, True),
    ],
)
async def test_a_report_is_of_what_was_asked_for(tmp_path: Path, query: str, sessions: int, has_chat: bool) -> None:
    async with simulated(tmp_path, now_us=Clock()) as client:
        await post(client)
        token = (await login(client)).json["token"]
        base = REPORT if "begin" not in query else "/api/report/session?end=2023-11-16"
        found = (await get(client, token, base + query)).json
    assert len(found["data"]) == found["scroll"]["total"] == sessions
    assert all(("chat" in one["_source"]) is has_chat for one in found["data"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/report/session", 400),
        (f"{REPORT}&pageSize=501", 400),
        (f"{REPORT}&pageSize=0", 400),
        (f"{REPORT}&pageSize=x", 400),
        ("/api/report/nothing", 404),
        ("/api/report/%C3%A9", 404),
    ],
)
async def test_a_question_that_is_not_understood_is_refused(tmp_path: Path, path: str, status: int) -> None:
    async with simulated(tmp_path) as client:
        token = (await login(client)).json["token"]
        assert (await get(client, token, path)).status == status


async def test_others_messages_are_no_sessions(tmp_path: Path) -> None:
    async with simulated(tmp_path, now_us=Clock()) as client:
        await client.send()
        client.authorization = None
        token = (await login(client)).json["token"]
        assert (await get(client, token, REPORT)).json["data"] == []


@pytest.mark.parametrize("changes", [{"password": "another"}, {"name": "another"}, {"name": ""}])
async def test_who_is_not_known_is_not_let_in(tmp_path: Path, changes: dict[str, str]) -> None:
    async with simulated(tmp_path, accounts=CLIENT) as client:
        answered = await login(client, **changes)
    assert (answered.status, answered.json["success"]) == (401, False)


async def test_our_client_finds_out_whether_it_is_let_in(tmp_path: Path) -> None:
    async with conversing(HEY, tmp_path, accounts=CLIENT) as talk:
        (right,) = await talk.ours.check_account()
        await talk.follow(accounts={"reports": "another"})
        (wrong,) = await talk.ours.check_account()
        with pytest.raises(SenderUnusable):
            await logged_in(talk)
    assert (right.is_good, wrong.is_good) == (True, False)


async def test_a_token_lasts_as_long_as_the_script_says(tmp_path: Path) -> None:
    clock = Clock()
    async with simulated(tmp_path, now_us=clock, token_seconds=60) as client:
        token = (await login(client)).json["token"]
        clock.us += 59_999_999
        assert (await get(client, token, REPORT)).status == 200
        clock.us += 1
        assert (await get(client, token, REPORT)).status == 401


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "cmVwb3J0cw==.1.00", "YQ==.-1.2"])
async def test_a_token_that_was_never_given_opens_nothing(tmp_path: Path, token: str) -> None:
    async with simulated(tmp_path) as client:
        for path in (REPORT, "/api/report/x"):
            assert (await get(client, token, path)).status == 401


async def test_the_sender_is_the_number_behind_the_platform(tmp_path: Path) -> None:
    async with simulated(tmp_path, services={PLATFORM: SENDER}) as client:
        await post(client)
        (record,) = await client.requests()
    assert record.sender == SENDER
