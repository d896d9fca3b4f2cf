"""A judge: Twilio's own client and signature check, which we did not write, against the simulator over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client as Package
from twilio.rest.content.v1.content import ContentList

from tests.contract.simulator.client import ACCOUNT, CONTACT, FORM, SENDER, TEMPLATE, TOKEN, Client, Clock, simulated
from tests.contract.simulator.receiver import Received, Receiver, receiving
from workers.simulator.traffic import Outcome

SERVICE, KEY = "MG" + "c" * 32, "SK" + "d" * 32
TO, FROM = f"whatsapp:{CONTACT}", f"whatsapp:{SENDER}"
PICTURE = "https://example.org/1.png"
REMINDER = {"name": "reminder", "language": "es", "category": "utility", "body": "Hola {{1}}, a las {{2}}"}
AT_ONCE: dict[str, Any] = {"contacts": {"default": {"delay_ms": 0}}}
STARTED = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)  # where the test's clock stands


class Detour(TwilioHttpClient):
    """Whatever host the package means, the simulator is called. The rest of the URL is the package's own."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=10)
        self.session.trust_env = False
        self._url = url

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        parts = urlsplit(url)
        return super().request(method, self._url + parts._replace(scheme="", netloc="").geturl(), *args, **options)


@dataclass
class Judge:
    """client: of the simulator itself.  package: the judge."""

    client: Client
    package: Package

    async def send(self, **changes: Any) -> Any:
        """A good template but for `changes`; None leaves a field out."""
        good = {"to": TO, "from_": FROM, "content_sid": TEMPLATE, "content_variables": FORM["ContentVariables"]}
        asked = {name: value for name, value in {**good, **changes}.items() if value is not None}
        return await asyncio.to_thread(self.package.messages.create, **asked)

    async def write(self, **changes: Any) -> Any:
        return await self.send(**{"content_sid": None, "content_variables": None, "body": "See you", **changes})

    async def refused(self, ask: Callable[..., Any], *args: Any, **options: Any) -> tuple[int, int]:
        """HTTP status and code, as the package has understood them."""
        with pytest.raises(TwilioRestException) as raised:
            await asyncio.to_thread(ask, *args, **options)
        return raised.value.status, raised.value.code


@asynccontextmanager
async def judged(folder: Path, user: str = ACCOUNT, token: str = TOKEN, **script: Any) -> AsyncIterator[Judge]:
    """A simulator that follows the script, and the package as a client of it."""
    async with simulated(folder, **script) as client:
        detour = Detour(client.url)
        try:
            yield Judge(client, Package(user, token, ACCOUNT, http_client=detour))
        finally:
            detour.session.close()


# ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_template_is_accepted_and_understood_in_full(tmp_path: Path) -> None:
    async with judged(tmp_path, now_us=Clock()) as judge:
        message = await judge.send(status_callback="http://127.0.0.1:9/hook?x=1&ref=c.1.1.mac#rc=0")
        (record,) = await judge.client.requests()
    assert (message.sid, message.account_sid, message.status) == (record.message_id, ACCOUNT, "queued")
    assert (message.to, message.from_, message.direction) == (TO, FROM, "outbound-api")
    assert (message.date_created, message.date_updated, message.date_sent) == (STARTED, STARTED, None)
    assert (message.error_code, message.error_message, message.price) == (None, None, None)
    assert message.uri == f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message.sid}.json"
    assert (record.template, record.variables) == (TEMPLATE, {"1": "Ana", "2": "10:30"})
    assert (record.reference, record.outcome) == ("c.1.1.mac", Outcome.ACCEPTED)


@pytest.mark.parametrize("text", ["See you", "¿Sí, a las 10+2 €?\n& = %41 👍", "x" * 1_600])
async def test_a_text_comes_back_as_it_was_written(tmp_path: Path, text: str) -> None:
    async with judged(tmp_path) as judge:
        message = await judge.write(body=text)
    assert (message.body, message.num_segments, message.num_media) == (text, "1", "0")


async def test_a_file_is_counted(tmp_path: Path) -> None:
    async with judged(tmp_path) as judge:
        message = await judge.write(media_url=[PICTURE], body="Look")
    assert (message.num_media, message.body) == ("1", "Look")


async def test_a_messaging_service_has_not_chosen_a_sender_yet(tmp_path: Path) -> None:
    async with judged(tmp_path) as judge:
        message = await judge.send(from_=None, messaging_service_sid=SERVICE)
    assert (message.status, message.from_, message.messaging_service_sid) == ("accepted", None, SERVICE)


async def test_a_message_is_fetched_as_it_stands(tmp_path: Path) -> None:
    async with judged(tmp_path, **AT_ONCE) as judge, receiving() as receiver:
        sent = await judge.send(status_callback=f"{receiver.url}/hook")
        await judge.client.settled()
        found = await asyncio.to_thread(judge.package.messages(sent.sid).fetch)
    assert (found.sid, found.status, found.to) == (sent.sid, "read", TO)
    assert found.date_sent is not None
    assert found.date_sent <= found.date_updated


# Quirk(twilio) error-without-a-text
async def test_a_failure_is_told_with_its_code(tmp_path: Path) -> None:
    async with judged(tmp_path, not_on_whatsapp=[CONTACT], **AT_ONCE) as judge, receiving() as receiver:
        sent = await judge.send(status_callback=f"{receiver.url}/hook")
        await judge.client.settled()
        found = await asyncio.to_thread(judge.package.messages(sent.sid).fetch)
    assert (found.status, found.error_code) == ("undelivered", 63024)
    assert found.error_message


async def test_messages_are_listed_newest_first_through_every_page(tmp_path: Path) -> None:
    async with judged(tmp_path) as judge:
        sent = [(await judge.send()).sid for _ in range(5)]
        await judge.send(to="whatsapp:+14155550102")
        found = await asyncio.to_thread(judge.package.messages.list, to=TO, from_=FROM, page_size=2)
        limited = await asyncio.to_thread(judge.package.messages.list, to=TO, limit=3)
        everything = await asyncio.to_thread(judge.package.messages.list)
    assert [message.sid for message in found] == sent[::-1]
    assert [message.sid for message in limited] == sent[:1:-1]
    assert len(everything) == 6


async def test_messages_are_listed_by_the_day_on_which_they_were_sent(tmp_path: Path) -> None:
    async with judged(tmp_path, **AT_ONCE) as judge, receiving() as receiver:
        sent = await judge.send(status_callback=f"{receiver.url}/hook")
        await judge.client.settled()
        waiting = await judge.send()  # without an address for statuses none is told: it has no date_sent yet
        listed = judge.package.messages.list
        day = (await asyncio.to_thread(judge.package.messages(sent.sid).fetch)).date_sent.date()
        next_day = day + timedelta(days=1)
        since = await asyncio.to_thread(listed, date_sent_after=day)
        on_the_day = await asyncio.to_thread(listed, date_sent=day)
        until = await asyncio.to_thread(listed, date_sent_before=next_day)
        later = await asyncio.to_thread(listed, date_sent_after=next_day)
        everything = await asyncio.to_thread(listed)
    assert [[one.sid for one in some] for some in (since, on_the_day, until, later)] == [[sent.sid]] * 3 + [[]]
    assert {one.sid for one in everything} == {sent.sid, waiting.sid}


async def test_a_listed_message_has_the_text_of_its_template(tmp_path: Path) -> None:
    async with judged(tmp_path, templates={TEMPLATE: {"body": "On {{1}}, {{2}}"}}) as judge:
        await judge.send(content_variables='{"1": "May 4", "2": "noon"}')
        (found,) = await asyncio.to_thread(judge.package.messages.list, to=TO)
    assert found.body == "On May 4, noon"


async def test_pages_of_messages_go_forth_and_back(tmp_path: Path) -> None:
    async with judged(tmp_path) as judge:
        sent = [(await judge.send()).sid for _ in range(3)]
        first = await asyncio.to_thread(judge.package.messages.page, page_size=2)
        second = await asyncio.to_thread(first.next_page)
        again = await asyncio.to_thread(second.previous_page)
        third = await asyncio.to_thread(second.next_page)
    assert [message.sid for page in (first, second) for message in page] == sent[::-1]
    assert [message.sid for message in again] == sent[:0:-1]
    assert third is None


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": "whatsapp:+1415"}, 21211),
        ({"to": CONTACT}, 21211),
        ({"from_": None}, 21603),
        ({"from_": SENDER}, 21212),
        ({"from_": None, "messaging_service_sid": "MG1"}, 21705),
        ({"content_sid": None}, 21654),
        ({"content_sid": None, "content_variables": None}, 21602),
        ({"content_sid": "HX" + "9" * 32}, 21655),
        ({"content_variables": "no object"}, 21656),
        ({"status_callback": "https://under_score.example.org/"}, 21609),
        ({"content_sid": None, "content_variables": None, "body": "x" * 1_601}, 21617),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_bad_request_is_an_exception_with_its_code(tmp_path: Path, changes: dict[str, Any], code: int) -> None:
    async with judged(tmp_path, templates={TEMPLATE: 2}) as judge:
        good = {"to": TO, "from_": FROM, "content_sid": TEMPLATE, "content_variables": FORM["ContentVariables"]}
        asked = {name: value for name, value in {**good, **changes}.items() if value is not None}
        assert await judge.refused(judge.package.messages.create, **asked) == (400, code)


async def test_a_wrong_token_opens_nothing(tmp_path: Path) -> None:
    async with judged(tmp_path, token="another", accounts={ACCOUNT: TOKEN}) as judge:
        package = judge.package
        answers = [
            await judge.refused(package.messages.create, to=TO, from_=FROM, body="See you"),
            await judge.refused(package.messages("SM" + "0" * 32).fetch),
            await judge.refused(package.content.v1.contents(TEMPLATE).fetch),
            await judge.refused(package.content.v1.contents(TEMPLATE).approval_fetch().fetch),
        ]
        for lists in (package.messages, package.content.v1.contents, package.content.v1.content_and_approvals):
            with pytest.raises(TwilioException):
                await asyncio.to_thread(lists.list)
    assert answers == [(401, 20003)] * 4


@pytest.mark.parametrize("what", ["message", "content", "approval"])
async def test_what_is_not_there_is_not_found(tmp_path: Path, what: str) -> None:
    async with judged(tmp_path) as judge:
        contents = judge.package.content.v1.contents("HX" + "0" * 32)
        fetch = {
            "message": judge.package.messages("SM" + "0" * 32).fetch,
            "content": contents.fetch,
            "approval": contents.approval_fetch().fetch,
        }[what]
        assert await judge.refused(fetch) == (404, 20404)


async def test_too_many_at_once_are_throttled(tmp_path: Path) -> None:
    async with judged(tmp_path, now_us=Clock(), rate_limit_per_second=1, retry_after_s=7) as judge:
        await judge.send()
        asked = {"to": TO, "from_": FROM, "body": "See you"}
        assert await judge.refused(judge.package.messages.create, **asked) == (429, 20429)
        said = judge.package.http_client._test_only_last_response
    assert said.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("code", "http_status", "told"),
    [
        ("20429", None, (429, 20429)),
        ("21610", None, (400, 21610)),
        ("20500", None, (500, 20500)),
        ("63018", 429, (429, 63018)),
    ],
)
async def test_an_accident_is_an_exception_with_its_code(
    tmp_path: Path, code: str, http_status: int | None, told: tuple[int, int]
) -> None:
    fault = {"do": "error", "code": code} | ({"http_status": http_status} if http_status else {})
    async with judged(tmp_path, faults=[fault]) as judge:
        assert await judge.refused(judge.package.messages.create, to=TO, from_=FROM, body="See you") == told


async def test_an_unsubscribed_contact_is_refused(tmp_path: Path) -> None:
    async with judged(tmp_path, advanced_opt_out=True, **AT_ONCE) as judge, receiving() as receiver:
        await judge.send(status_callback=f"{receiver.url}/hook")
        await judge.client.settled()
        await judge.client.say(text="STOP")
        await judge.client.settled()
        assert await judge.refused(judge.package.messages.create, to=TO, from_=FROM, body="?") == (400, 21610)


# ── contents ────────────────────────────────────────────────────────────────────────────────────────────────────────

TEXT = {"twilio/text": {"body": "See you at {{1}}"}}
REPLIES = {
    "twilio/quick-reply": {
        "body": "Will you come?",
        "actions": [{"type": "QUICK_REPLY", "title": "Yes", "id": "yes"}, {"title": "No", "id": "no"}],
    }
}
LIST = {
    "twilio/list-picker": {
        "body": "Which day?",
        "button": "Days",
        "items": [{"item": "Monday", "id": "1", "description": "at ten"}, {"item": "Tuesday", "id": "2"}],
    }
}


async def make(judge: Judge, types: Mapping[str, Any]) -> Any:
    order = {"friendly_name": "mine", "language": "en", "variables": {"1": "ten"}, "types": types}
    return await asyncio.to_thread(judge.package.content.v1.contents.create, ContentList.ContentCreateRequest(order))


@pytest.mark.parametrize("types", [TEXT, REPLIES, LIST, {**TEXT, **REPLIES}], ids=" and ".join)
async def test_a_content_is_made_and_found_again(tmp_path: Path, types: Mapping[str, Any]) -> None:
    async with judged(tmp_path, now_us=Clock()) as judge:
        made = await make(judge, types)
        found = await asyncio.to_thread(judge.package.content.v1.contents(made.sid).fetch)
    for one in (made, found):
        assert (one.sid, one.account_sid, one.friendly_name, one.language) == (made.sid, ACCOUNT, "mine", "en")
        assert (one.variables, one.types) == ({"1": "ten"}, types)
        assert one.date_created == one.date_updated == STARTED
        assert one.links.keys() == {"approval_create", "approval_fetch"}


async def test_a_content_that_was_made_can_be_sent_inside_the_window(tmp_path: Path) -> None:
    async with judged(tmp_path, **AT_ONCE) as judge, receiving() as receiver:
        await judge.send(status_callback=f"{receiver.url}/hook")
        await judge.client.settled()
        await judge.client.say(text="Hi")
        content = (await make(judge, REPLIES)).sid
        sent = await judge.send(content_sid=content, content_variables=None, status_callback=f"{receiver.url}/hook")
        await judge.client.settled()
        found = await asyncio.to_thread(judge.package.messages(sent.sid).fetch)
    assert (found.status, found.error_code) == ("read", None)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_contents_are_listed_through_every_page(tmp_path: Path, version: str) -> None:
    templates = {f"HX{number:032x}": REMINDER for number in range(4)}
    async with judged(tmp_path, templates=templates) as judge:
        made = (await make(judge, TEXT)).sid
        contents = getattr(judge.package.content, version).contents
        found = await asyncio.to_thread(contents.list, page_size=2)
        limited = await asyncio.to_thread(contents.list, limit=3)
    assert [content.sid for content in found] == [*templates, made]
    assert [content.sid for content in limited] == list(templates)[:3]
    assert {content.friendly_name for content in found} == {"reminder", "mine"}
    assert all(content.links["approval_fetch"].endswith(f"{content.sid}/ApprovalRequests") for content in found)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_contents_are_listed_with_their_approvals_through_every_page(tmp_path: Path, version: str) -> None:
    templates = {f"HX{number:032x}": {**REMINDER, "status": "paused"} for number in range(4)}
    async with judged(tmp_path, templates=templates) as judge:
        made = (await make(judge, TEXT)).sid
        lists = getattr(judge.package.content, version).content_and_approvals
        found = await asyncio.to_thread(lists.list, page_size=2)
    assert [content.sid for content in found] == [*templates, made]
    assert [content.approval_requests["status"] for content in found] == ["paused"] * 4 + ["unsubmitted"]
    assert found[0].types == {"twilio/text": {"body": REMINDER["body"]}}
    assert isinstance(found[0].date_created, datetime)


async def test_pages_of_contents_go_forth_and_back(tmp_path: Path) -> None:
    templates = {f"HX{number:032x}": 1 for number in range(3)}
    async with judged(tmp_path, templates=templates) as judge:
        first = await asyncio.to_thread(judge.package.content.v1.content_and_approvals.page, page_size=2)
        second = await asyncio.to_thread(first.next_page)
        again = await asyncio.to_thread(second.previous_page)
        third = await asyncio.to_thread(second.next_page)
    assert [content.sid for page in (first, second) for content in page] == list(templates)
    assert [content.sid for content in again] == list(templates)[:2]
    assert third is None


async def test_an_approval_is_fetched_by_itself(tmp_path: Path) -> None:
    async with judged(tmp_path, templates={TEMPLATE: {**REMINDER, "status": "rejected"}}) as judge:
        contents = judge.package.content.v1.contents
        found = await asyncio.to_thread(contents(TEMPLATE).approval_fetch().fetch)
        own = await asyncio.to_thread(contents((await make(judge, TEXT)).sid).approval_fetch().fetch)
    assert (found.sid, found.account_sid) == (TEMPLATE, ACCOUNT)
    assert found.whatsapp == {
        "type": "whatsapp",
        "name": "reminder",
        "category": "UTILITY",
        "content_type": "twilio/text",
        "status": "rejected",
        "rejection_reason": "INVALID_FORMAT",
        "allow_category_change": True,
    }
    assert own.whatsapp["status"] == "unsubmitted"


# ── signatures ──────────────────────────────────────────────────────────────────────────────────────────────────────

PATHS = [
    "/hook",
    "/hook?ref=c.1.1.mac",
    "/hook?b=%20x%2F&a=1+2&a=&ref=c.1.1.mac#rc=2&rp=all",
    "/hook/%C3%A9?x",
    "/",
    "",
    "?ref=c.1.1.mac",
]
BUTTON = {"text": "Sí, ¡claro! 👍", "payload": "ok:1&x=%41+ "}
REMARKS: list[dict[str, Any]] = [
    {"text": "Hi"},
    {"text": " a=1&b=2+%41 \nñ 👍 "},
    {"button": BUTTON},
    {"choice": {"id": "b", "title": "Tuesday"}},
    {"media": {"kind": "image", "url": PICTURE, "mime_type": "image/png", "caption": "Me"}},
    {"location": {"latitude": 37.75, "longitude": -122.5, "label": "Clinic"}},
    {"unknown": True},
]


def is_valid(receiver: Receiver, call: Received, token: str = TOKEN, **changes: str) -> bool:
    """What Twilio's check says of a call, as a client's framework would hand it over; but for `changes` of the form."""
    url, signature = receiver.url + call.path_and_query, call.headers["X-Twilio-Signature"]
    valid: bool = RequestValidator(token).validate(url, {**call.fields, **changes}, signature)
    return valid


@pytest.mark.parametrize("path", PATHS)
async def test_statuses_are_signed_as_twilio_s_check_wants_it(tmp_path: Path, path: str) -> None:
    async with judged(tmp_path, **AT_ONCE) as judge, receiving() as receiver:
        await judge.send(status_callback=receiver.url + path)
        calls = await receiver.called(3)
    assert all(is_valid(receiver, call) for call in calls)


@pytest.mark.parametrize("said", REMARKS, ids=lambda said: next(iter(said)))
async def test_contacts_messages_are_signed_as_twilio_s_check_wants_it(tmp_path: Path, said: dict[str, Any]) -> None:
    async with judged(tmp_path, **AT_ONCE) as judge, receiving() as receiver:
        await judge.send(status_callback=f"{receiver.url}/hook?ref=c.1.1.mac")
        await judge.client.settled()
        answered = await judge.client.say(**said, url=f"{receiver.url}/said?b=%20x&a", profile_name="Ana & Söhne")
        await judge.client.settled()
    (letter,) = receiver.letters
    assert answered.status < 300
    assert is_valid(receiver, letter)
    assert not is_valid(receiver, letter, From="whatsapp:+14155550199")


async def test_nothing_else_than_what_was_signed_is_valid(tmp_path: Path) -> None:
    async with judged(tmp_path, **AT_ONCE) as judge, receiving() as receiver:
        await judge.send(status_callback=f"{receiver.url}/hook?ref=c.1.1.mac")
        call, *_ = await receiver.called(3)
    longer = Received(f"{call.path_and_query}x", call.headers, call.body)
    assert is_valid(receiver, call)
    assert not is_valid(receiver, call, token="another")
    assert not is_valid(receiver, call, MessageStatus="failed")
    assert not is_valid(receiver, call, Added="")
    assert not is_valid(receiver, longer)


async def test_forgeries_are_invalid_and_the_truth_behind_them_is_not(tmp_path: Path) -> None:
    script: dict[str, Any] = {"callbacks": {"bad_signature": 1}, **AT_ONCE}
    async with judged(tmp_path, **script) as judge, receiving() as receiver:
        await judge.send(status_callback=f"{receiver.url}/hook?ref=c.1.1.mac")
        await judge.client.settled()
        await judge.client.say(text="Hi")
        await judge.client.settled()
    assert [is_valid(receiver, call) for call in receiver.received] == [False, True] * 4


async def test_the_account_s_own_token_signs_when_a_key_asks(tmp_path: Path) -> None:
    """A key authenticates requests, and signs nothing."""
    accounts = {KEY: "made-up-secret", ACCOUNT: TOKEN}
    script: dict[str, Any] = {"accounts": accounts, **AT_ONCE}
    async with judged(tmp_path, KEY, "made-up-secret", **script) as judge, receiving() as receiver:
        sent = await judge.send(status_callback=f"{receiver.url}/hook")
        calls = await receiver.called(3)
        made = await make(judge, TEXT)
    assert sent.account_sid == made.account_sid == ACCOUNT
    assert all(is_valid(receiver, call) for call in calls)
    assert not any(is_valid(receiver, call, token="made-up-secret") for call in calls)


async def test_a_key_opens_what_the_script_knows_and_nothing_else(tmp_path: Path) -> None:
    for accounts in ({KEY: "another", ACCOUNT: TOKEN}, {KEY: "made-up-secret"}, {ACCOUNT: TOKEN}):
        async with judged(tmp_path, KEY, "made-up-secret", accounts=accounts) as judge:
            assert await judge.refused(judge.package.messages.create, to=TO, from_=FROM, body="?") == (401, 20003)


# ── the account ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_account_and_its_numbers_are_told(tmp_path: Path) -> None:
    hook = {"twilio": {"message": "https://hooks.example.com/webhooks/twilio/clinic"}}
    script: dict[str, Any] = {
        "accounts": {ACCOUNT: TOKEN},
        "services": {ACCOUNT: SENDER, SERVICE: "+14155550109"},
        "webhooks": hook,
    }
    async with judged(tmp_path, **script) as judge:
        account = await asyncio.to_thread(judge.package.api.accounts(ACCOUNT).fetch)
        listed = judge.package.messaging.v2.channels_senders.list
        numbers = await asyncio.to_thread(listed, channel="whatsapp", page_size=1)
    assert (account.sid, account.status) == (ACCOUNT, "active")
    assert [number.sender_id for number in numbers] == [FROM, "whatsapp:+14155550109"]
    assert {number.webhook["callback_url"] for number in numbers} == {hook["twilio"]["message"]}


async def test_who_is_not_let_in_is_told_of_no_numbers(tmp_path: Path) -> None:
    async with judged(tmp_path, token="nobodys", accounts={ACCOUNT: TOKEN}) as judge:
        listed = judge.package.messaging.v2.channels_senders.list
        with pytest.raises(TwilioException, match="20003"):
            await asyncio.to_thread(listed, channel="whatsapp")
        assert await judge.refused(judge.package.api.accounts(ACCOUNT).fetch) == (401, 20003)
