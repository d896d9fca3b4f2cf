"""The compulsory rows over real HTTP: a client against a server that throttles, fails, lies, breaks off or is gone."""

from collections.abc import AsyncIterator
from email.utils import format_datetime

import pytest

from shared.ground.errors import Again, Disposition, SendError
from shared.ground.http import HttpResponse, HttpTimeouts, HttpTransport
from shared.ground.lean_http import LeanTransport
from shared.providers.client import ProviderClient
from shared.providers.messages import FreeMessage, Receipt
from tests.contract.providers.harness import (
    NOON,
    REFERENCE,
    ProviderCases,
    assert_nothing_private,
    collect_text,
    read_failure,
)
from tests.contract.providers.providers import PROVIDERS
from tests.contract.providers.wireserver import (
    BEGINS_A_BODY,
    Act,
    WireServer,
    answers,
    closed_port,
    hangs_up,
    resets,
    stays_silent,
    then,
    writes,
)
from tests.factories import say
from tests.reading import present

HOOK = "https://hooks.example.com/webhooks/x/clinic/status"
HTML = b"<!doctype html><title>Whatever</title>"
MINUTES_LATER = {
    "Date": format_datetime(NOON, usegmt=True),
    "Retry-After": format_datetime(NOON.replace(minute=2), usegmt=True),
}

UNKNOWN = (Disposition.UNKNOWN, Again.NEVER, False, None)
UNSENT = (Disposition.NOT_ACCEPTED, Again.BACK_OFF, False, None)


def expect_throttling(retry_after_s: float | None) -> tuple[Disposition, Again, bool, float | None]:
    return (Disposition.NOT_ACCEPTED, Again.BACK_OFF, True, retry_after_s)


COMPULSORY = {
    "429": (answers(429), expect_throttling(None)),
    "429-html": (answers(429, HTML), expect_throttling(None)),
    "429-retry-after": (answers(429, headers={"Retry-After": "7"}), expect_throttling(7.0)),
    "429-retry-after-date": (answers(429, headers=MINUTES_LATER), expect_throttling(120.0)),
    "429-retry-after-nonsense": (answers(429, headers={"Retry-After": "soon"}), expect_throttling(None)),
    "500": (answers(500), UNKNOWN),
    "500-html": (answers(500, HTML), UNKNOWN),
    "502": (answers(502, HTML), UNKNOWN),
    "503": (answers(503), UNKNOWN),
    "504": (answers(504), UNKNOWN),
    "200-empty": (answers(200), UNKNOWN),
    "200-html": (answers(200, HTML), UNKNOWN),
    "200-other-json": (answers(200, b'{"ok": true}'), UNKNOWN),
    "302": (answers(302, headers={"Location": "https://example.com/"}), UNKNOWN),
    "no-http": (writes(b"SMTP ready\r\n\r\n"), UNKNOWN),
    "silence": (stays_silent, UNKNOWN),
    "silence-in-body": (then(BEGINS_A_BODY, stays_silent), UNKNOWN),
    "closed-before-answer": (hangs_up, UNKNOWN),
    "reset-before-answer": (resets, UNKNOWN),
    "closed-in-body": (then(BEGINS_A_BODY, hangs_up), UNKNOWN),
    "reset-in-body": (then(BEGINS_A_BODY, resets), UNKNOWN),
}


NAMES_NO_MESSAGE = {"200-empty", "200-other-json"}
NAMELESS = Receipt("")


def find_expected(cases: ProviderCases, name: str) -> tuple[object, ...] | Receipt:
    """Of a provider whose receipts need no id, a success without one is an acceptance; somebody's web page is not."""
    if name in NAMES_NO_MESSAGE and not cases.dialect.capabilities.receipts_have_ids:
        return NAMELESS
    return COMPULSORY[name][1]


def find_free(*, is_prepared: bool) -> list[object]:
    """Of each provider, one free-form message that must be prepared, or one that must not."""
    found = {
        cases.dialect.name: (cases, case.message)
        for cases in PROVIDERS
        for case in reversed(cases.free)
        if (case.made is not None) == is_prepared
    }
    return [pytest.param(*pair, id=name) for name, pair in found.items()]


CODING = [cases for cases in PROVIDERS if cases.answer_with is not None]
FREE, PREPARED = find_free(is_prepared=False), find_free(is_prepared=True)


@pytest.fixture(params=[HttpTransport, LeanTransport])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[HttpTransport]:
    async with request.param(HttpTimeouts(total_s=5.0, connect_s=2.0, read_s=0.2)) as opened:
        yield opened


@pytest.fixture(params=PROVIDERS, ids=lambda cases: cases.dialect.name)
def cases(request: pytest.FixtureRequest) -> ProviderCases:
    of_provider: ProviderCases = request.param
    return of_provider


def make_client(cases: ProviderCases, transport: HttpTransport, url: str) -> ProviderClient:
    return ProviderClient(cases.dialect, transport, cases.account_at(url), HOOK)


def assert_weighed(error: SendError) -> None:
    """Every doubt is weighed by the brakes, since a doubt about everybody would use up the whole base."""
    assert error.may_concern_all or error.disposition is not Disposition.UNKNOWN


async def send(
    cases: ProviderCases, transport: HttpTransport, url: str, free: FreeMessage | None = None
) -> tuple[object, ...] | Receipt:
    """Of a template message, or of a free-form one."""
    client = make_client(cases, transport, url)
    sending = client.send_template(cases.message, REFERENCE) if free is None else say(client, free, REFERENCE)
    try:
        return await sending
    except SendError as error:
        assert_nothing_private(collect_text(error), cases)
        seen = read_failure(error)
        assert_weighed(error)
        return (seen.disposition, seen.again, seen.throttles, seen.retry_after_s)


def make_act(response: HttpResponse) -> Act:
    return answers(response.status, response.body, dict(response.headers))


async def test_acceptance(cases: ProviderCases, transport: HttpTransport):
    async with WireServer(make_act(cases.accepted)) as server:
        receipt = await make_client(cases, transport, server.url).send_template(cases.message, REFERENCE)

    assert receipt == cases.receipt
    assert len(server.seen) == 1
    sent = cases.dialect.sending.build_template(cases.account_at(server.url), cases.message, REFERENCE, HOOK)
    assert server.url + server.seen[0].target == sent.url
    assert server.seen[0].body == sent.body


@pytest.mark.parametrize("name", COMPULSORY)
async def test_compulsory(cases: ProviderCases, transport: HttpTransport, name: str):
    async with WireServer(COMPULSORY[name][0]) as server:
        assert await send(cases, transport, server.url) == find_expected(cases, name)
        assert len(server.seen) == 1  # one request, never repeated


@pytest.mark.parametrize("name", COMPULSORY)
@pytest.mark.parametrize(("cases", "message"), FREE)
async def test_compulsory_in_free_form(cases: ProviderCases, message: FreeMessage, transport: HttpTransport, name: str):
    async with WireServer(COMPULSORY[name][0]) as server:
        assert await send(cases, transport, server.url, message) == find_expected(cases, name)
        assert len(server.seen) == 1


@pytest.mark.parametrize("name", COMPULSORY)
@pytest.mark.parametrize(("cases", "message"), PREPARED)
async def test_compulsory_in_a_preparation(
    cases: ProviderCases, message: FreeMessage, transport: HttpTransport, name: str
):
    """Doubt about the preparation proves that the message was not accepted: it was never sent."""
    act, expected = COMPULSORY[name]
    async with WireServer(act) as server:
        assert await send(cases, transport, server.url, message) == (UNSENT if expected == UNKNOWN else expected)
        assert len(server.seen) == 1


@pytest.mark.parametrize(("cases", "message"), PREPARED)
async def test_prepared_and_sent(cases: ProviderCases, message: FreeMessage, transport: HttpTransport):
    made = present(next(case.made for case in cases.free if case.message == message))
    async with WireServer(make_act(made), make_act(cases.accepted)) as server:
        client = make_client(cases, transport, server.url)
        receipts = [await say(client, message, REFERENCE) for _ in range(2)]

    assert receipts == [cases.receipt] * 2
    assert len(server.seen) == 3  # prepared once


@pytest.mark.parametrize("cut", [1, 0.5, 0.9])
async def test_truncated_json(cases: ProviderCases, transport: HttpTransport, cut: float):
    """A proxy that cut the body and counted what was left: HTTP is whole, JSON is not."""
    body = cases.accepted.body
    kept = body[: int(len(body) * cut)] if cut < 1 else body[:-1]
    expected = UNKNOWN if cases.dialect.capabilities.receipts_have_ids else NAMELESS
    async with WireServer(answers(cases.accepted.status, kept)) as server:
        assert await send(cases, transport, server.url) == expected


async def test_nobody_listens(cases: ProviderCases, transport: HttpTransport):
    assert await send(cases, transport, f"http://127.0.0.1:{closed_port()}") == UNSENT


@pytest.mark.parametrize("cases", CODING, ids=lambda cases: cases.dialect.name)
async def test_unknown_code(cases: ProviderCases, transport: HttpTransport):
    async with WireServer(make_act(present(cases.answer_with)(cases.unknown_code))) as server:
        assert await send(cases, transport, server.url) == (Disposition.REFUSED, Again.NEVER, False, None)
