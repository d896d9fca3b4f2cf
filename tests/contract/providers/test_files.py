"""What fetches a file that a contact sent; and that credentials never leave the provider's own hosts for it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.accounts import is_secret
from shared.ground.downloads import Downloads
from shared.ground.errors import Gone, SendError
from shared.ground.http import HttpRequest, HttpResponse, HttpTimeouts, HttpTransport
from shared.providers.account import Account
from shared.providers.client import ProviderClient
from shared.providers.events import IncomingMedia
from tests.contract.providers.harness import (
    GONE,
    Failure,
    FileCase,
    ProviderCases,
    assert_nothing_private,
    failure,
    named,
    whole_text,
)
from tests.contract.providers.providers import PROVIDERS
from tests.contract.providers.wireserver import Seen, WireServer, answers

BY_NAME = pytest.mark.parametrize("cases", PROVIDERS, ids=lambda cases: cases.dialect.name)
HOOK = "https://hooks.example.com/webhooks/x/clinic/status"
QUICK = HttpTimeouts(total_s=5.0, connect_s=2.0, read_s=0.5)


def converse(
    cases: ProviderCases, account: Account, media: IncomingMedia, replies: Sequence[HttpResponse]
) -> tuple[list[HttpRequest], HttpRequest | Failure | str]:
    """What was asked, and what came of it."""
    asked: list[HttpRequest] = []
    talk = cases.dialect.files.locate(account, media)
    try:
        asked.append(next(talk))
        for reply in replies:
            asked.append(talk.send(reply))  # noqa: PERF401 (what reads a generator swallows the end)
    except StopIteration as end:
        return asked, end.value
    except Gone as error:
        assert_nothing_private(whole_text(error), cases)
        return asked, GONE
    except SendError as error:
        assert_nothing_private(whole_text(error), cases)
        return asked, failure(error)
    raise AssertionError("more was asked than was answered")


@pytest.mark.parametrize(("cases", "case"), named([(cases, case) for cases in PROVIDERS for case in cases.files]))
def test_file(cases: ProviderCases, case: FileCase):
    asked, found = converse(cases, cases.account, case.media, [reply for _, reply in case.asked])

    assert asked == [request for request, _ in case.asked]
    assert found == case.expected


@BY_NAME
def test_every_provider_says_how_its_files_are_fetched(cases: ProviderCases):
    assert any(isinstance(case.expected, HttpRequest) for case in cases.files)
    assert any(isinstance(case.expected, Failure) for case in cases.files)


@BY_NAME
@given(status=st.integers(100, 999), body=st.binary() | st.sampled_from([b"{}", b'{"url": 1}', b'{"url": "//x"}']))
def test_whatever_is_answered_a_file_is_fetched_or_it_is_said_why_not(cases: ProviderCases, status: int, body: bytes):
    media = IncomingMedia("image/jpeg", "https://example.com/1", media_id="1")

    _, found = converse(cases, cases.account, media, [HttpResponse(status, {}, body)])

    assert isinstance(found, HttpRequest | Failure) or found == GONE


# ── credentials ─────────────────────────────────────────────────────────────────────────────────────────────────────


def strangers(base: str) -> Iterator[str]:
    """Addresses that look like the provider's and are not."""
    host = urlsplit(base).netloc
    yield from (
        "https://media.example.com/1",
        f"https://{host}.example.com/1",
        f"https://example.com/{host}/1",
        f"https://{host}@example.com/1",
        f"https://example.com#{host}",
        f"https://{host}\\@example.com/1",
        f"https://not{host}/1",
        f"http://{host}/1",
        f"https://{host}:8443/1",
        f"ftp://{host}/1",
        "http://169.254.169.254/latest/meta-data",
    )


def homes(cases: ProviderCases) -> list[str]:
    return [url for url in (*cases.account.urls.values(), *cases.file_hosts) if url]


def media_at(cases: ProviderCases, url: str) -> Iterator[tuple[IncomingMedia, list[HttpResponse]]]:
    """Each way in which the provider may say that a file lies there."""
    yield IncomingMedia("image/jpeg", url), []
    if cases.link_told is not None:
        yield IncomingMedia("image/jpeg", media_id="1"), [cases.link_told(url)]


def tells(cases: ProviderCases, request: HttpRequest | Seen) -> bool:
    """Whether a request has anything that opens the account."""
    whole = repr((request.url if isinstance(request, HttpRequest) else request.target, dict(request.headers)))
    secrets = [value for name, values in cases.account.secrets.items() if is_secret(name) for value in values]
    names = {name.lower() for name in request.headers}
    return "authorization" in names or any(secret in whole for secret in secrets)


@BY_NAME
def test_credentials_never_leave_the_providers_hosts(cases: ProviderCases):
    for stranger in {one for home in homes(cases) for one in strangers(home)}:
        for media, replies in media_at(cases, stranger):
            asked, found = converse(cases, cases.account, media, replies)

            assert not isinstance(found, HttpRequest) or not tells(cases, found), stranger
            for request in asked:
                assert any(request.url.startswith(f"{home}/") for home in homes(cases))


@BY_NAME
def test_a_sender_that_is_configured_elsewhere_trusts_no_more_for_it(cases: ProviderCases):
    account = cases.account_at("http://127.0.0.1:8090")
    for stranger in ("http://127.0.0.1:8091/1", "https://127.0.0.1:8090/1", "http://127.0.0.2:8090/1"):
        for media, replies in media_at(cases, stranger):
            _, found = converse(cases, account, media, replies)

            assert isinstance(found, HttpRequest)
            assert not tells(cases, found)


# ── over the wire ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    async with HttpTransport(QUICK) as opened:
        yield opened


@pytest.fixture
async def downloads() -> AsyncIterator[Downloads]:
    async with Downloads(QUICK) as opened:
        yield opened


@BY_NAME
async def test_a_file_comes_and_storage_elsewhere_learns_nothing(
    cases: ProviderCases, transport: HttpTransport, downloads: Downloads
):
    """Both are the account's own here, so that they are reached at all: one redirects to the other."""
    async with WireServer(answers(200, b"the file", {"Content-Type": "image/png"})) as storage:
        leads = answers(307, headers={"Location": f"{storage.url}/signed?hash=1"})
        async with WireServer(leads) as provider:
            account = cases.account_at(provider.url)
            for media, replies in media_at(cases, f"{provider.url}/media/1"):
                _, request = converse(cases, account, media, replies)
                assert isinstance(request, HttpRequest)
                beside = replace(account, urls={**account.urls, "storage": storage.url})
                origins = ProviderClient(cases.dialect, transport, beside, HOOK).origins
                async with downloads.open(request, origins) as file:
                    assert [chunk async for chunk in file.chunks] == [b"the file"]

    assert {tells(cases, seen) for seen in provider.seen} <= {bool(cases.file_hosts)}
    assert [tells(cases, seen) for seen in storage.seen] == [False] * len(provider.seen)


@BY_NAME
async def test_a_client_asks_what_has_to_be_asked(cases: ProviderCases, transport: HttpTransport):
    link = "https://media.example.com/1"
    told = cases.link_told(link) if cases.link_told is not None else HttpResponse(500, {}, b"")
    async with WireServer(answers(told.status, told.body)) as server:
        client = ProviderClient(cases.dialect, transport, cases.account_at(server.url), HOOK)
        request = await client.locate_file(IncomingMedia("image/jpeg", link, media_id="1"))

    assert (request.url, len(server.seen)) == (link, int(cases.link_told is not None))
