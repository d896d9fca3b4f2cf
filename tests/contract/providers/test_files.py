"""The request for a contact's file. Credentials never leave the provider's own hosts for it."""

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
    collect_text,
    name_cases,
    read_failure,
)
from tests.contract.providers.providers import BY_NAME, PROVIDERS
from tests.contract.providers.wireserver import Seen, WireServer, answers

HOOK = "https://hooks.example.com/webhooks/x/clinic/status"
QUICK = HttpTimeouts(total_s=5.0, connect_s=2.0, read_s=0.5)


def run(
    cases: ProviderCases, account: Account, media: IncomingMedia, replies: Sequence[HttpResponse]
) -> tuple[list[HttpRequest], HttpRequest | Failure | str]:
    """The flow's requests, and its end."""
    requests: list[HttpRequest] = []
    flow = cases.dialect.files.locate(account, media)
    try:
        requests.append(next(flow))
        for reply in replies:
            requests.append(flow.send(reply))  # noqa: PERF401 (a comprehension would swallow the flow's end)
    except StopIteration as end:
        return requests, end.value
    except Gone as error:
        assert_nothing_private(collect_text(error), cases)
        return requests, GONE
    except SendError as error:
        assert_nothing_private(collect_text(error), cases)
        return requests, read_failure(error)
    raise AssertionError("the flow has more requests than there are replies")


@pytest.mark.parametrize(("cases", "case"), name_cases([(cases, case) for cases in PROVIDERS for case in cases.files]))
def test_file(cases: ProviderCases, case: FileCase):
    requests, found = run(cases, cases.account, case.media, [reply for _, reply in case.exchanges])

    assert requests == [request for request, _ in case.exchanges]
    assert found == case.expected


@BY_NAME
def test_every_provider_has_a_file_and_a_failure(cases: ProviderCases):
    assert any(isinstance(case.expected, HttpRequest) for case in cases.files)
    assert any(isinstance(case.expected, Failure) for case in cases.files)


@BY_NAME
@given(status=st.integers(100, 999), body=st.binary() | st.sampled_from([b"{}", b'{"url": 1}', b'{"url": "//x"}']))
def test_any_answer_leads_to_a_request_or_to_an_error(cases: ProviderCases, status: int, body: bytes):
    media = IncomingMedia("image/jpeg", "https://example.com/1", media_id="1")

    _, found = run(cases, cases.account, media, [HttpResponse(status, {}, body)])

    assert isinstance(found, HttpRequest | Failure) or found == GONE


# ── credentials ─────────────────────────────────────────────────────────────────────────────────────────────────────


def list_strangers(base: str) -> Iterator[str]:
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


def list_homes(cases: ProviderCases) -> list[str]:
    return [url for url in (*cases.account.urls.values(), *cases.file_hosts) if url]


def place_media(cases: ProviderCases, url: str) -> Iterator[tuple[IncomingMedia, list[HttpResponse]]]:
    """Each way in which the provider may say that a file lies there."""
    yield IncomingMedia("image/jpeg", url), []
    if cases.answer_with_link is not None:
        yield IncomingMedia("image/jpeg", media_id="1"), [cases.answer_with_link(url)]


def has_credentials(cases: ProviderCases, request: HttpRequest | Seen) -> bool:
    """Whether a request has anything that opens the account."""
    whole = repr((request.url if isinstance(request, HttpRequest) else request.target, dict(request.headers)))
    secrets = [value for name, values in cases.account.secrets.items() if is_secret(name) for value in values]
    names = {name.lower() for name in request.headers}
    return "authorization" in names or any(secret in whole for secret in secrets)


@BY_NAME
def test_credentials_never_leave_the_providers_hosts(cases: ProviderCases):
    for stranger in {one for home in list_homes(cases) for one in list_strangers(home)}:
        for media, replies in place_media(cases, stranger):
            requests, found = run(cases, cases.account, media, replies)

            assert not isinstance(found, HttpRequest) or not has_credentials(cases, found), stranger
            for request in requests:
                assert any(request.url.startswith(f"{home}/") for home in list_homes(cases))


@BY_NAME
def test_a_sender_that_is_configured_elsewhere_trusts_no_more_for_it(cases: ProviderCases):
    account = cases.account_at("http://127.0.0.1:8090")
    for stranger in ("http://127.0.0.1:8091/1", "https://127.0.0.1:8090/1", "http://127.0.0.2:8090/1"):
        for media, replies in place_media(cases, stranger):
            _, found = run(cases, account, media, replies)

            assert isinstance(found, HttpRequest)
            assert not has_credentials(cases, found)


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
    """Both addresses are the account's own, since no other loopback address is reached; one redirects to the other."""
    async with WireServer(answers(200, b"the file", {"Content-Type": "image/png"})) as storage:
        leads = answers(307, headers={"Location": f"{storage.url}/signed?hash=1"})
        async with WireServer(leads) as provider:
            account = cases.account_at(provider.url)
            for media, replies in place_media(cases, f"{provider.url}/media/1"):
                _, request = run(cases, account, media, replies)
                assert isinstance(request, HttpRequest)
                beside = replace(account, urls={**account.urls, "storage": storage.url})
                origins = ProviderClient(cases.dialect, transport, beside, HOOK).origins
                async with downloads.open(request, origins) as file:
                    assert [chunk async for chunk in file.chunks] == [b"the file"]

    assert {has_credentials(cases, seen) for seen in provider.seen} <= {bool(cases.file_hosts)}
    assert [has_credentials(cases, seen) for seen in storage.seen] == [False] * len(provider.seen)


@BY_NAME
async def test_a_client_runs_the_whole_flow(cases: ProviderCases, transport: HttpTransport):
    link = "https://media.example.com/1"
    answer = cases.answer_with_link(link) if cases.answer_with_link is not None else HttpResponse(500, {}, b"")
    async with WireServer(answers(answer.status, answer.body)) as server:
        client = ProviderClient(cases.dialect, transport, cases.account_at(server.url), HOOK)
        request = await client.locate_file(IncomingMedia("image/jpeg", link, media_id="1"))

    assert (request.url, len(server.seen)) == (link, int(cases.answer_with_link is not None))
