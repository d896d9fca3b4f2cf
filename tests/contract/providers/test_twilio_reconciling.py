"""Twilio's list of messages to one address: the question, its pages, and entries that cannot be read."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.ground.errors import OutcomeUnknown, SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.events import DeliveryStatus
from shared.providers.reconciling import Listing, Sought
from shared.providers.twilio.reconciling import MAX_PAGES, list_messages
from tests.contract.providers.twilio_cases import ACCOUNT
from tests.contract.providers.twilio_check_cases import ASKING, REFUSED

TO, SID = "+14155550101", "SM" + "0" * 31
SINCE = datetime(2021, 11, 29, 22, 40, 0, tzinfo=UTC)
SOUGHT = Sought(TO, SINCE, SINCE + timedelta(minutes=1))
MESSAGE = {
    "sid": f"{SID}1", "to": f"whatsapp:{TO}", "from": "whatsapp:+14155550100", "status": "queued", "body": "See you",
    "messaging_service_sid": None, "date_created": "Mon, 29 Nov 2021 22:40:10 +0000", "date_sent": None,
    "date_updated": "Mon, 29 Nov 2021 22:40:12 +0000", "error_code": None, "error_message": None, "num_media": "0",
}  # fmt: skip
NEXT = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json?Page=1&PageToken=PASM1"


def page(*messages: object, next_page: str | None = None) -> HttpResponse:
    return HttpResponse(200, {}, json.dumps({"messages": messages, "next_page_uri": next_page}).encode())


def ask(*pages: HttpResponse, account: Account = ACCOUNT) -> tuple[list[HttpRequest], Listing]:
    flow, asked = list_messages(account, SOUGHT), []
    request = next(flow)
    for one in pages:
        asked.append(request)
        try:
            request = flow.send(one)
        except StopIteration as end:
            return asked, end.value
    raise AssertionError("another page is asked for")


def entries(*changes: dict[str, Any]) -> Listing:
    return ask(page(*(MESSAGE | change for change in changes)))[1]


def test_one_address_and_one_number_are_asked_about_and_no_date():
    (request,), _ = ask(page())
    assert (request.method, request.headers, request.body) == ("GET", ASKING, b"")
    url = urlsplit(request.url)
    assert url.path == "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json"
    assert parse_qs(url.query) == {"To": [f"whatsapp:{TO}"], "From": ["whatsapp:+14155550100"], "PageSize": ["100"]}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("queued", DeliveryStatus.SENT), ("accepted", DeliveryStatus.SENT), ("sending", DeliveryStatus.SENT),
        ("sent", DeliveryStatus.SENT), ("delivered", DeliveryStatus.DELIVERED), ("read", DeliveryStatus.READ),
        ("undelivered", DeliveryStatus.FAILED), ("failed", DeliveryStatus.FAILED), ("something new", DeliveryStatus.SENT),
    ],
)  # fmt: skip
def test_each_status_is_an_acceptance_at_least(told, status):
    (message,) = entries({"status": told}).messages
    assert message.status is status
    assert (message.error is not None) == (status is DeliveryStatus.FAILED)


def test_a_message_is_read_as_its_status_would_be():
    (message,) = entries({"status": "undelivered", "error_code": 63024, "error_message": "Invalid"}).messages
    assert (message.provider_message_id, message.text, message.addresses) == (f"{SID}1", "See you", (TO,))
    assert message.created_at == SINCE + timedelta(seconds=10)
    assert message.at == SINCE + timedelta(seconds=12)
    assert isinstance(message.error, SendError)
    assert message.error.code == "63024"


@pytest.mark.parametrize(
    "change",
    [{"sid": None}, {"sid": "../x"}, {"date_created": None}, {"date_created": "yesterday"},
     {"date_created": "Mon, 29 Nov 2021 22:40:10"}],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_may_be_the_one_that_is_sought(change):
    listing = entries({}, change)
    assert len(listing.messages) == 1
    assert not listing.is_complete


@pytest.mark.parametrize("entry", [None, 1, "SM", []])
def test_so_may_one_that_is_no_message(entry):
    assert ask(page(entry))[1] == Listing([], is_complete=False)


def test_pages_follow_until_a_message_is_older_than_the_request():
    old = MESSAGE | {"sid": f"{SID}2", "date_created": "Mon, 29 Nov 2021 22:30:00 +0000"}
    asked, listing = ask(page(MESSAGE, next_page=NEXT), page(old, next_page=NEXT))
    assert listing.is_complete
    assert [request.url for request in asked[1:]] == [f"https://api.twilio.com{NEXT}"]
    assert len(listing.messages) == 2


def test_a_next_page_elsewhere_gets_no_credentials():
    asked, _ = ask(page(MESSAGE, next_page=f"https://elsewhere.example{NEXT}"), page())
    assert asked[1].url == f"https://api.twilio.com{NEXT}"


def test_a_list_that_does_not_end_is_not_whole():
    asked, listing = ask(*[page(MESSAGE, next_page=NEXT)] * MAX_PAGES)
    assert (len(asked), listing.is_complete) == (MAX_PAGES, False)


def test_of_a_messaging_service_only_its_own_messages_count():
    service = replace(ACCOUNT, address="MG0123456789abcdef0123456789abcdef")
    own = MESSAGE | {"messaging_service_sid": service.address}
    (request,), listing = ask(page(own, MESSAGE | {"sid": f"{SID}3"}), account=service)
    assert "From" not in parse_qs(urlsplit(request.url).query)
    assert [message.provider_message_id for message in listing.messages] == [f"{SID}1"]
    assert listing.is_complete


def test_a_refusal_and_nonsense_are_errors_and_no_absence():
    for answer, error in ((REFUSED, SendError), (HttpResponse(200, {}, b"<html>"), OutcomeUnknown),
                          (HttpResponse(200, {}, b"{}"), OutcomeUnknown)):  # fmt: skip
        flow = list_messages(ACCOUNT, SOUGHT)
        next(flow)
        with pytest.raises(error):
            flow.send(answer)
