"""Files that contacts sent, for agents: from the provider to them, with nothing in between that keeps or runs them."""

from dataclasses import replace

import pytest
from aiohttp import ClientPayloadError

from shared.ground.ids import SenderId
from shared.providers.events import Content, ContentKind, IncomingMedia
from tests.contract.providers.wireserver import Act, WireServer, answers, closed_port, hangs_up, then, writes
from tests.integration.web.client import ACME_KEY, AGENTS_KEY, DIALER_KEY, OTHER_KEY, READER_KEY, Caller, number

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
AS_PNG = answers(200, PICTURE, {"Content-Type": "image/png"})


@pytest.fixture
def configured(opened):
    """A sender's provider is where a test says."""

    def configured(url: str, sender: str = "clinic") -> None:
        client = opened.senders.clients[SenderId(sender)]
        account = replace(client.account, urls=dict.fromkeys(client.account.urls, url))
        opened.senders.clients[SenderId(sender)] = replace(client, account=account)

    return configured


@pytest.fixture
def sends(api, writes):
    """A contact sends a file: where the thread says that it is."""

    async def sends(url: str | None, mime_type: str = "image/png", filename: str | None = None, **fields) -> str:
        media = IncomingMedia(mime_type, url, filename=filename, **fields)
        await writes(7, content=Content(ContentKind.IMAGE, "my card", media=(media,)))
        (one,) = (await api.get("/v1/interactions")).body["items"]
        thread = (await api.get(one["links"]["self"])).body["thread"]
        return str(thread[-1]["media"][0]["href"])

    return sends


async def fetched(client, path: str, key: str = ACME_KEY):
    response = await client.get(path, headers={"Authorization": f"Bearer {key}"})
    return response, await response.read()


async def test_an_agent_sees_what_was_sent(client, configured, sends):
    async with WireServer(AS_PNG) as provider:
        configured(provider.url)
        href = await sends(f"{provider.url}/Media/ME1")
        response, body = await fetched(client, href, AGENTS_KEY)

    assert (response.status, body) == (200, PICTURE)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Length"] == str(len(PICTURE))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private"
    message = href.split("/")[-2]
    assert response.headers["Content-Disposition"] == f'attachment; filename="{message}-0.png"'
    assert provider.seen[0].headers["authorization"].startswith("Basic ")
    assert number(7).lstrip("+") not in href


async def test_a_document_keeps_its_name(client, configured, sends):
    async with WireServer(answers(200, b"%PDF", {"Content-Type": "application/pdf"})) as provider:
        configured(provider.url)
        response, _ = await fetched(client, await sends(provider.url, filename="../año.pdf"))

    assert response.headers["Content-Disposition"] == (
        "attachment; filename=\"a_o.pdf\"; filename*=UTF-8''a%C3%B1o.pdf"
    )


@pytest.mark.parametrize(
    ("told", "mime_type", "expected"),
    [
        ("text/html", "image/png", "text/html"),
        ("audio/ogg; codecs=opus", "audio/ogg", "audio/ogg; codecs=opus"),
        ("binary/octet-stream", "audio/ogg", "audio/ogg"),
        (None, "audio/ogg", "audio/ogg"),
        (None, "no type\r\nX-Mine: 1", "application/octet-stream"),
    ],
)
async def test_a_type_is_the_providers_word_else_the_webhooks(client, configured, sends, told, mime_type, expected):
    async with WireServer(answers(200, b"x", {} if told is None else {"Content-Type": told})) as provider:
        configured(provider.url)
        response, _ = await fetched(client, await sends(provider.url, mime_type))

    assert response.headers["Content-Type"] == expected
    assert response.headers["Content-Disposition"].startswith("attachment;")


async def test_readers_may_and_dialers_may_not(client, configured, sends):
    async with WireServer(AS_PNG) as provider:
        configured(provider.url)
        href = await sends(provider.url)

        assert (await fetched(client, href, READER_KEY))[0].status == 200
        assert (await Caller(client, DIALER_KEY).get(href)).code == "scope-missing"


async def test_another_tenants_are_not_there(client, sends):
    answer = await Caller(client, OTHER_KEY).get(await sends("http://127.0.0.1:1/"))

    assert (answer.status, answer.code) == (404, "interaction-not-found")


async def test_only_what_was_said_there_is(api, sends, writes):
    href = await sends("http://127.0.0.1:1/")
    interaction, _, rest = href.partition("/media/")
    message = rest.partition("/")[0]
    await writes(7, "and a text")
    text = (await api.get(interaction)).body["thread"][-1]["message"]

    for path, code in (
        (f"{interaction}/media/{message}/1", "media-not-found"),
        (f"{interaction}/media/{message}/-1", "media-not-found"),
        (f"{interaction}/media/{message}/x", "media-not-found"),
        (f"{interaction}/media/{text}/0", "media-not-found"),
        (f"{interaction}/media/nothing/0", "message-not-found"),
        (f"/v1/interactions/i{'a' * 32}/media/{message}/0", "interaction-not-found"),
    ):
        answer = await api.get(path)
        assert (answer.status, answer.code) == (404, code)


async def test_a_sender_that_was_taken_out_of_the_configuration(api, opened, sends):
    href = await sends("http://127.0.0.1:1/")
    del opened.senders.clients[SenderId("clinic")]

    assert (await api.get(href)).code == "sender-not-found"


# ── when it does not come ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("act", "status", "code", "says"),
    [
        (answers(404), 410, "media-gone", "ask the contact"),
        (answers(410), 410, "media-gone", "ask the contact"),
        (answers(401), 502, "provider-refused", "sender check"),
        (answers(403), 502, "provider-refused", "http-403"),
        (answers(400), 502, "provider-refused", "http-400"),
        (answers(302, headers={"Location": "http://169.254.169.254/"}), 502, "provider-refused", "not-public"),
        (answers(429), 503, "provider-unavailable", "again"),
        (answers(500), 503, "provider-unavailable", "http-500"),
        (hangs_up, 503, "provider-unavailable", "reset"),
    ],
)
async def test_it_is_said_why(api, configured, sends, act: Act, status: int, code: str, says: str):
    async with WireServer(act) as provider:
        configured(provider.url)
        answer = await api.get(await sends(f"{provider.url}/14155550123"))

    assert (answer.status, answer.code) == (status, code)
    assert says in answer.body["detail"]
    assert "14155550123" not in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_a_provider_that_is_away(api, configured, sends):
    url = f"http://127.0.0.1:{closed_port()}"
    configured(url)
    answer = await api.get(await sends(url))

    assert (answer.status, answer.code) == (503, "provider-unavailable")


async def test_a_link_into_this_machine_is_not_followed(api, sends):
    async with WireServer(AS_PNG) as inside:
        answer = await api.get(await sends(inside.url))

    assert (answer.status, answer.code, inside.connections) == (502, "provider-refused", 0)


async def test_a_file_without_a_link(api, sends):
    answer = await api.get(await sends(None, media_id="t-1"))

    assert (answer.status, answer.code) == (502, "provider-refused")
    assert "no-link" in answer.body["detail"]


async def test_half_a_file_is_none(client, configured, sends):
    cut = then(writes(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 500\r\n\r\nhalf"), hangs_up)
    async with WireServer(cut) as provider:
        configured(provider.url)
        href = await sends(provider.url)
        response = await client.get(href, headers={"Authorization": f"Bearer {ACME_KEY}"})
        with pytest.raises(ClientPayloadError):
            await response.read()
