"""The benchmarks' provider: how it reads requests in pieces, and what it remembers of them."""

import asyncio
import json

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from tests.benchmarks.message import HEADERS, PATH, TOKEN, form
from tests.benchmarks.provider import Connection, Provider, fullest_second, listen, steady_rate
from tests.benchmarks.statuses import sign


class Wire:
    """What a transport was given."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def connection(wire):
    one = Connection(Provider().answer)
    one.connection_made(wire)
    return one


def message(number):
    body = form(number)
    return b"POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def asked(connection, wire, word):
    wire.written = b""
    connection.data_received(f"GET /_bench/{word} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return json.loads(wire.written.partition(b"\r\n\r\n")[2])


def test_it_knows_when_each_message_in_free_form_came(connection, wire):
    body = b"To=whatsapp%3A%2B14155550123&From=whatsapp%3A%2B14155550100&Body=Reply+1"
    connection.data_received(
        message(1) + b"POST /x/Messages.json HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    texts = asked(connection, wire, "texts")
    assert texts == {"Reply 1": pytest.approx(asked(connection, wire, "count")["last_at"])}


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_requests_may_come_in_pieces_or_together(connection, wire, size):
    data = message(1) + message(2)
    for first in range(0, len(data), size):
        connection.data_received(data[first : first + size])
    assert wire.written.count(b"HTTP/1.1 201 Created") == 2


def test_each_message_has_an_id_of_its_own_and_the_contact_that_was_written_to(connection, wire):
    connection.data_received(message(1) + message(2))
    first, second = (json.loads(part[: part.rindex(b"}") + 1]) for part in wire.written.split(b"\r\n\r\n")[1:])
    assert first["to"] == "whatsapp:+14150000001"
    assert first["sid"] != second["sid"]


def test_somebody_who_is_written_to_again_is_counted(connection, wire):
    connection.data_received(message(1) + message(2) + message(1))
    summary = asked(connection, wire, "summary")
    assert (summary["requests"], summary["duplicates"]) == (3, 1)
    assert summary["senders"]["+14155550100"]["fullest_second"] == 3


def test_a_reset_forgets_everything(connection, wire):
    connection.data_received(message(1))
    asked(connection, wire, "reset")
    assert asked(connection, wire, "count")["requests"] == 0


def test_what_it_does_not_speak_is_said(connection, wire):
    connection.data_received(b"GET /v1/ContentAndApprovals?PageSize=500 HTTP/1.1\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 501 ")


def test_the_fullest_second_begins_anywhere():
    assert fullest_second([0.0, 0.6, 0.9, 1.5, 1.55, 3.0]) == 4
    assert fullest_second([0.0, 1.0, 2.0]) == 1


def test_the_steady_rate_leaves_out_the_ends():
    busy = [0.0, *(1 + number / 10 for number in range(20)), 4.0]
    assert steady_rate(busy) == pytest.approx(10.0)
    assert steady_rate([0.0, 1.0]) == 0.0


async def test_it_answers_many_connections_at_once():
    server = await listen()
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, aiohttp.ClientSession(url) as http:

        async def send(number):
            async with http.post(PATH, data=form(number), headers=HEADERS) as answer:
                return answer.status, (await answer.json())["sid"]

        answers = await asyncio.gather(*(send(number) for number in range(100)))
    assert {status for status, _ in answers} == {201}
    assert len({sid for _, sid in answers}) == 100


def test_a_status_is_signed_as_twilio_signs():
    url, fields = (
        "http://127.0.0.1:20001/webhooks/twilio/clinic/status?ref=a.1",
        {"To": "whatsapp:+14155550123", "A": "b"},
    )
    assert RequestValidator(TOKEN).validate(url, fields, sign(url, fields))
