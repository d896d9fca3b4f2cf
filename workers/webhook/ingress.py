"""One webhook from socket to journal, in the order sender → secret path → size → signature → disk → response.

No bytes whatever cause a 5xx. The consumer interprets the body later.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from itertools import islice

from aiohttp import web
from structlog.stdlib import BoundLogger, get_logger

from config.accounts import WEBHOOK_SECRET
from shared.ground import telemetry
from shared.ground.clock import utc_now
from shared.ground.coalesce import Coalescer
from shared.ground.errors import WebhookRejected
from shared.ground.hints import Hints
from shared.ground.ids import EntryId, SenderId, new_token
from shared.ground.lua import OUTAGE
from shared.inbound.journal.store import Entry, Journal
from shared.providers.client import ProviderClient
from shared.providers.events import EventClass, RawWebhook
from workers.spool import Spool, SpoolFull

MAX_BODY_BYTES = 3 << 20  # Meta's batches of 1,000 updates stay under 3 MB
BODY_S = 10.0  # a slow body blocks its own connection only
STORE_S = 1.0  # after that the store counts as away and the disk takes the body; a provider waits 15 s
HINTED_TOGETHER = 200  # entries in one hint, so that a burst is one message
READ_TOGETHER = (
    500  # spooled entries: all of a full spool would be 256 MB in memory, and minutes without a sign of life
)
KEPT_HEADERS = ("content-type", "i-twilio-idempotency-token")

log: BoundLogger = get_logger(__name__)


class Ingress:
    """public_url: the base of the URLs that providers call and sign.  clients: by sender."""

    def __init__(
        self,
        public_url: str,
        clients: Mapping[SenderId, ProviderClient],
        journal: Journal,
        hints: Hints,
        spool: Spool,
    ) -> None:
        self._public_url = public_url
        self._clients = clients
        self._journal = journal
        self._hints = hints
        self._spool = spool
        self._providers = {client.dialect.name for client in clients.values()}
        self._unhinted: Coalescer[Entry, None] = Coalescer(self._hint_group, max_items=HINTED_TOGETHER)
        self._hinting: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """The provider's response, after the body survives the crash of any one process."""
        return await self._answer(request, self._receive)

    async def shake_hands(self, request: web.Request) -> web.Response:
        """The provider checks our URL by a GET. Only some providers do."""
        return await self._answer(request, self._answer_handshake)

    async def _answer(
        self, request: web.Request, act: Callable[[web.Request, str], Awaitable[web.Response]]
    ) -> web.Response:
        provider = request.match_info["provider"]
        began = time.perf_counter()
        label = provider if provider in self._providers else "unknown"
        try:
            response, result = await act(request, provider), "accepted"
        except web.HTTPException as refusal:
            response, result = web.Response(status=refusal.status, text=refusal.text), f"http-{refusal.status}"
        except WebhookRejected as rejected:
            response, result = web.Response(status=HTTPStatus.FORBIDDEN), f"rejected-{rejected.reason}"
        telemetry.WEBHOOKS.labels(label, result).inc()
        telemetry.WEBHOOK_SECONDS.labels(label).observe(time.perf_counter() - began)
        return response

    async def _receive(self, request: web.Request, provider: str) -> web.Response:
        sender = SenderId(request.match_info["sender"])
        client = self._find_client(sender, provider)
        _check_secret_path(client, request.match_info.get("secret"))
        webhook = RawWebhook(
            f"{self._public_url}{request.raw_path}",
            request.raw_path.partition("?")[2],
            {name.lower(): value for name, value in request.headers.items()},
            await _read_body(request),
            utc_now(),
        )
        client.authenticate(webhook)
        await self._keep(_build_entry(sender, client, webhook))
        return web.Response(status=client.dialect.capabilities.webhook_status)

    async def _answer_handshake(self, request: web.Request, provider: str) -> web.Response:
        client = self._find_client(SenderId(request.match_info["sender"]), provider)
        _check_secret_path(client, request.match_info.get("secret"))
        return web.Response(text=client.answer_handshake(request.query))

    def _find_client(self, sender: SenderId, provider: str) -> ProviderClient:
        client = self._clients.get(sender)
        if client is None or client.dialect.name != provider:
            raise web.HTTPNotFound(text="There is no such sender at this provider.")
        return client

    async def _keep(self, entry: Entry) -> None:
        """In the journal, or on disk while the store is away. *Raises*: HTTPServiceUnavailable if both fail."""
        try:
            async with asyncio.timeout(STORE_S):
                await self._journal.append(entry)
            self._hint(entry)
        except OUTAGE:  # includes TimeoutError: a store that hangs is away
            await self._spool_entry(entry)

    async def _spool_entry(self, entry: Entry) -> None:
        try:
            await asyncio.to_thread(self._spool.put, entry)
        except (SpoolFull, OSError) as error:
            log.warning("webhook_not_kept", kind=type(error).__name__)
            raise web.HTTPServiceUnavailable(text="Try again later.") from None

    async def replay(self, on_step: Callable[[], None] = lambda: None) -> int:
        """Move spooled entries to the journal; their number. on_step: called after each slice that is read from the disk,
        and after each entry.

        *Raises*: BackendUnavailable while the store is still away.
        """
        replayed, entries = 0, self._spool.read_entries()
        while some := await asyncio.to_thread(lambda: list(islice(entries, READ_TOGETHER))):
            on_step()
            for entry in some:
                await self._journal.append(entry)
                await asyncio.to_thread(self._spool.remove, entry)
                self._hint(entry)
                on_step()
            replayed += len(some)
        return replayed

    def _hint(self, entry: Entry) -> None:
        """Does not wait for the hint: the body is safe, and the janitor repeats hints of entries that are not applied."""
        task = asyncio.create_task(self._unhinted.submit(entry))
        self._hinting.add(task)
        task.add_done_callback(self._hinting.discard)

    async def _hint_group(self, entries: Sequence[Entry]) -> Sequence[None]:
        for event_class in EventClass:
            ids = [entry.id for entry in entries if entry.event_class == event_class]
            if ids:
                await self._hints.apply(event_class.value, ids)
        return [None] * len(entries)


def _check_secret_path(client: ProviderClient, path_secret: str | None) -> None:
    """A configured secret path must be in the URL; without one, the URL must have none."""
    expected = client.account.secrets.get(WEBHOOK_SECRET, ())
    if not expected and path_secret is None:
        return
    matches = [hmac.compare_digest(secret.encode(), (path_secret or "").encode()) for secret in expected]
    if not any(matches):
        raise WebhookRejected("wrong-path")


async def _read_body(request: web.Request) -> bytes:
    if request.content_length is not None and request.content_length > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length)
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()  # the application's client_max_size bounds a body of unknown length
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ConnectionError, ValueError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="The body could not be read.") from None


def _build_entry(sender: SenderId, client: ProviderClient, webhook: RawWebhook) -> Entry:
    headers = {name: webhook.headers[name] for name in KEPT_HEADERS if name in webhook.headers}
    return Entry(
        EntryId(new_token("e")),
        client.dialect.name,
        sender,
        webhook.url,
        webhook.query,
        headers,
        webhook.received_at,
        client.classify(webhook).value,
        webhook.body,
    )


def build_routes(ingress: Ingress) -> list[web.RouteDef]:
    """Either URL takes statuses and contacts' messages: the body decides."""
    base = "/webhooks/{provider}/{sender}"
    paths = [base + end for end in ("", "/status", "/s/{secret}", "/s/{secret}/status")]
    return [web.post(path, ingress.handle) for path in paths] + [
        web.get(path, ingress.shake_hands, allow_head=False) for path in paths
    ]
