"""Provider ingress, from a socket to the journal: what is durable is answered with success, and nothing else is."""

import asyncio
import base64
import errno
import hashlib
import hmac
import io
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from twilio.request_validator import RequestValidator

from shared.ground.errors import BackendUnavailable
from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.ids import EntryId, SenderId
from shared.ground.lua import text
from shared.inbound.journal.store import Entry, Journal, entry_from_bytes
from shared.providers.account import Account
from shared.providers.client import ProviderClient
from shared.providers.registry import get_dialect
from tests.factories import SENDER, TENANT
from tests.stores import START
from workers import spool
from workers.spool import Spool
from workers.webhook import ingress
from workers.webhook.ingress import MAX_BODY_BYTES, Ingress, build_routes

PUBLIC = "https://hooks.example.com"
PATH = f"/webhooks/twilio/{SENDER}/status"
TOKENS = ("made-up-token-new", "made-up-token-old")
STATUS = {"MessageSid": "SM0123456789abcdef0123456789abcdef", "MessageStatus": "delivered", "SmsStatus": "delivered"}


class NoTransport:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"ingress must not call a provider: {request.method}")


class HeardHints:
    """What was hinted, by class."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, EntryId]] = []

    async def split(self, campaign: str) -> None: ...

    async def release(self, sender: str) -> None: ...

    async def send(self, campaign: str, lease: str) -> None: ...

    async def dispatch(self, contact: str, sender: str) -> None: ...

    async def apply(self, event_class: str, entries: Sequence[EntryId]) -> None:
        self.heard += [(event_class, entry) for entry in entries]


class FlakyJournal(Journal):
    """The journal on a store that can be taken away."""

    away = False

    async def append(self, entry: Entry) -> None:
        if self.away:
            raise BackendUnavailable("away")
        await super().append(entry)


def account(**secrets: tuple[str, ...]) -> Account:
    held = {"account_sid": ("AC0123456789abcdef0123456789abcdef",), "auth_token": TOKENS, **secrets}
    return Account("twilio", TENANT, SENDER, "+14155550100", {"api_base": "http://127.0.0.1:9"}, held)


class Port:
    """The webhook port over real HTTP."""

    def __init__(self, redis: Redis, directory: Path, account: Account, spool_bytes: int = 1 << 20) -> None:
        self.redis = redis
        self.journal = FlakyJournal(redis)
        self.hints = HeardHints()
        self.spool = Spool(directory, spool_bytes)
        client = ProviderClient(get_dialect("twilio"), NoTransport(), account, f"{PUBLIC}{PATH}")
        self.ingress = Ingress(PUBLIC, {SENDER: client}, self.journal, self.hints, self.spool)
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.add_routes(build_routes(self.ingress))
        self.http = TestClient(TestServer(application))

    async def post(self, fields: dict[str, str] = STATUS, path: str = PATH, token: str = TOKENS[0]) -> int:
        """A webhook as the provider signs it."""
        signature = {"X-Twilio-Signature": signed(path, fields, token)}
        return await self.post_raw(urlencode(fields).encode(), path, signature)

    async def post_raw(self, body: bytes, path: str = PATH, headers: dict[str, str] | None = None) -> int:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.http.post(path, data=body, headers=form | (headers or {})) as response:
            return response.status

    async def journaled(self) -> int:
        return await self.journal.size()


def signed(path: str, fields: dict[str, str], token: str) -> str:
    text = f"{PUBLIC}{path}" + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.fixture
async def port(redis: Redis, tmp_path: Path) -> AsyncIterator[Port]:
    opened = Port(redis, tmp_path, account())
    async with opened.http:
        yield opened


def counted(result: str, provider: str = "twilio") -> float:
    return REGISTRY.get_sample_value("oriel_webhooks_total", {"provider": provider, "result": result}) or 0.0


async def test_a_signed_status_is_in_the_journal_before_it_is_answered(port: Port) -> None:
    assert await port.post() == 204
    assert await port.journaled() == 1


async def test_the_entry_is_what_came_in(port: Port) -> None:
    await port.post(path=f"{PATH}?ref=c1.0.1.mac")
    ids = [EntryId(text(key)) for key in await port.redis.hkeys("{j}:bodies")]
    (entry,) = await port.journal.read(ids)
    assert (entry.sender, entry.provider, entry.event_class) == (SENDER, "twilio", "status")
    assert entry.url == f"{PUBLIC}{PATH}?ref=c1.0.1.mac"
    assert entry.body == urlencode(STATUS).encode()


@pytest.mark.parametrize("path", [f"/webhooks/twilio/{SENDER}", PATH])
async def test_either_url_takes_both_kinds(port: Port, path: str) -> None:
    assert await port.post(path=path) == 204
    assert await port.post({"MessageSid": "SM1", "SmsStatus": "received", "Body": "made up"}, path) == 204
    assert await port.journaled() == 2


@pytest.mark.parametrize("token", TOKENS)
async def test_every_token_of_a_rotation_opens(port: Port, token: str) -> None:
    assert await port.post(token=token) == 204


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        ({}, urlencode(STATUS).encode(), "missing"),
        ({"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, urlencode(STATUS).encode(), "wrong"),
        ({"X-Twilio-Signature": signed(PATH, STATUS, TOKENS[0])}, urlencode(STATUS).encode()[:-3], "wrong"),
        ({"X-Twilio-Signature": signed(PATH, STATUS, TOKENS[0])[:-2]}, urlencode(STATUS).encode(), "wrong"),
        ({"X-Twilio-Signature": signed(PATH, STATUS, "another-token")}, urlencode(STATUS).encode(), "wrong"),
    ],
)
async def test_a_forged_webhook_is_refused_counted_and_never_kept(
    port: Port, headers: dict[str, str], body: bytes, why: str
) -> None:
    before = counted(f"rejected-{why}")
    assert await port.post_raw(body, headers=headers) == 403
    assert counted(f"rejected-{why}") == before + 1
    assert await port.journaled() == 0
    assert port.spool.is_empty


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400), signature=st.text("ABCab+/=0123\x80 ", max_size=40))
async def test_any_bytes_whatever_are_never_a_fault_of_ours(port: Port, body: bytes, signature: str) -> None:
    printable = signature.encode("latin-1").decode("ascii", "ignore")
    status = await port.post_raw(body, headers={"X-Twilio-Signature": printable})
    assert status == 403
    assert await port.journaled() == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhooks/twilio/nobody/status", 404),
        (f"/webhooks/wavy/{SENDER}/status", 404),
        (f"/webhooks/twilio/{SENDER}/s/made-up/status", 403),
        ("/webhooks", 404),
    ],
)
async def test_a_path_that_is_nobodys(port: Port, path: str, status: int) -> None:
    assert await port.post(path=path) == status
    assert await port.journaled() == 0


async def test_a_secret_path_is_asked_for_where_one_is_configured(redis: Redis, tmp_path: Path) -> None:
    port = Port(redis, tmp_path, account(webhook_secret=("made-up-path", "made-up-older")))
    async with port.http:
        assert await port.post() == 403
        for secret, status in [("made-up-path", 204), ("made-up-older", 204), ("made-up-pat", 403)]:
            assert await port.post(path=f"/webhooks/twilio/{SENDER}/s/{secret}/status") == status


@pytest.mark.parametrize(
    ("keys", "status", "result"),
    [
        (("made-up-key",), 204, "accepted"),
        (("new", "made-up-key"), 204, "accepted"),
        ((), 403, "rejected-no-shared-key"),
    ],
    ids=["its key", "rotated", "no key"],
)
async def test_a_webhook_that_twilio_signs_by_a_shared_key_is_taken(
    redis: Redis, tmp_path: Path, keys: tuple[str, ...], status: int, result: str
) -> None:
    port = Port(redis, tmp_path, account(**({"shared_key": keys} if keys else {})))
    before = counted(result)
    async with port.http:
        signature = RequestValidator("made-up-key").compute_signature(f"{PUBLIC}{PATH}", STATUS, "HMAC_SHA256")
        headers = {
            "X-Twilio-Signature": signature,
            "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
        }
        assert await port.post_raw(urlencode(STATUS).encode(), headers=headers) == status
    assert counted(result) == before + 1


async def test_ten_megabytes_are_refused_without_being_read(port: Port) -> None:
    async with port.http.post(
        PATH, data=io.BytesIO(b"a" * (10 << 20)), headers={"X-Twilio-Signature": "x"}
    ) as response:
        assert response.status == 413


async def test_ten_megabytes_of_unknown_length_are_refused(port: Port) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"a" * 65_536

    async with port.http.post(PATH, data=endless(), headers={"X-Twilio-Signature": "x"}) as response:
        assert response.status == 413


async def test_the_broker_is_told_by_class_people_first(port: Port) -> None:
    await port.post()
    await port.post({"MessageSid": "SM1", "SmsStatus": "received", "Body": "made up"})
    async with asyncio.timeout(5):
        while len(port.hints.heard) < 2:
            await asyncio.sleep(0)
    assert sorted(event_class for event_class, _ in port.hints.heard) == ["inbound", "status"]


async def test_while_the_store_is_away_the_disk_takes_it_and_gives_it_back(port: Port) -> None:
    port.journal.away = True
    assert [await port.post() for _ in range(3)] == [204, 204, 204]
    assert await port.journaled() == 0
    port.journal.away = False
    assert await port.ingress.replay() == 3
    assert await port.journaled() == 3
    assert port.spool.is_empty


async def test_a_large_spool_is_given_back_in_slices_with_a_sign_of_life_after_each(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full spool is 256 MB: read at once, it would be in memory at once, and the process silent all the while."""
    monkeypatch.setattr(ingress, "READ_TOGETHER", 2)
    for number in range(5):
        port.spool.put(_entry(f"e{number}"))
    steps: list[tuple[int, int]] = []
    real, read = entry_from_bytes, 0

    def count(entry: EntryId, packed: bytes) -> Entry:
        nonlocal read
        read += 1
        return real(entry, packed)

    def note() -> None:
        steps.append((read, 5 - len(port.spool._list_files())))

    monkeypatch.setattr(spool, "entry_from_bytes", count)
    assert await port.ingress.replay(note) == 5
    assert steps == [(2, 0), (2, 1), (2, 2), (4, 2), (4, 3), (4, 4), (5, 4), (5, 5)]
    assert await port.journaled() == 5
    assert port.spool.is_empty


async def test_a_spool_survives_its_process(redis: Redis, tmp_path: Path) -> None:
    first = Port(redis, tmp_path, account())
    async with first.http:
        first.journal.away = True
        await first.post()
    (tmp_path / "half-written.part").write_bytes(b"{")
    second = Port(redis, tmp_path, account())
    async with second.http:
        assert await second.ingress.replay() == 1
    assert await second.journaled() == 1
    assert _kept_in(tmp_path) == []


@pytest.mark.parametrize(
    "written", [b"not an entry\n", b"", bytes(64), b'{"provider": "\xff"}\n', b"[]\n", b'{"provider']
)
async def test_a_damaged_entry_is_kept_aside_and_stops_nobody(port: Port, tmp_path: Path, written: bytes) -> None:
    (tmp_path / "broken.entry").write_bytes(written)
    port.journal.away = True
    await port.post()
    port.journal.away = False
    assert await port.ingress.replay() == 1
    assert (tmp_path / "broken.damaged").exists()


async def test_a_full_spool_says_come_again(redis: Redis, tmp_path: Path) -> None:
    port = Port(redis, tmp_path, account(), spool_bytes=700)
    async with port.http:
        port.journal.away = True
        statuses = [await port.post() for _ in range(4)]
    assert statuses[0] == 204
    assert statuses[-1] == 503


async def test_on_a_full_disk_a_webhook_is_told_to_come_again_and_nothing_is_left_behind(
    port: Port, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is nearly full takes half an entry without an error: half an entry answered with success is lost."""
    port.journal.away = True
    real, room = os.write, [40]

    def write(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(descriptor, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(spool, "os", SimpleNamespace(**{**vars(os), "write": write}))
    assert await port.post() == 503
    assert _kept_in(tmp_path) == [], "what is left of it would take room"
    room[0] = 10**6
    assert await port.post() == 204
    port.journal.away = False
    assert await port.ingress.replay() == 1
    assert await port.journaled() == 1


async def test_a_write_that_is_cut_short_is_written_to_its_end(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    port.journal.away = True
    real = os.write
    monkeypatch.setattr(spool, "os", SimpleNamespace(**{**vars(os), "write": lambda fd, data: real(fd, data[:7])}))
    assert await port.post() == 204
    port.journal.away = False
    assert await port.ingress.replay() == 1


async def test_a_spool_whose_folder_cannot_be_made_yet_is_made_when_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart on a full disk: the store may answer, so the process must serve."""
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", _no_space)
        made = Spool(tmp_path / "spool")
        with pytest.raises(OSError, match="No space left"):
            made.put(_entry("e1"))
    made.put(_entry("e1"))
    assert [entry.id for entry in made.read_entries()] == ["e1"]


def _kept_in(directory: Path) -> list[Path]:
    """Files of entries, whole or not."""
    return [path for path in directory.iterdir() if path.name != spool.TALLY]


def _no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _entry(name: str) -> Entry:
    return Entry(EntryId(name), "twilio", SENDER, PUBLIC, "", {}, START, "status", b"a=1")


async def test_an_unknown_sender_is_one_label_whatever_it_is_called(port: Port) -> None:
    before = counted("http-404", "unknown")
    await port.post(path=f"/webhooks/made-up-provider/{SenderId('x')}/status")
    assert counted("http-404", "unknown") == before + 1
