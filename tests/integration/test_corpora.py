"""Published and recorded bodies, from a socket through the journal to events: each is taken, and means what a person reads.

The bodies lie beside the project, or where ORIEL_CORPORA says. What each says is in `corpora_cases`.
"""

import base64
import hashlib
import hmac
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.errors import Disposition, SenderUnusable, WebhookRejected
from shared.ground.http import HttpRequest, HttpResponse, HttpTimeouts, HttpTransport
from shared.ground.ids import EntryId, SenderId
from shared.ground.lua import text
from shared.ground.placeholders import PLACEHOLDER
from shared.inbound.journal.store import Entry, Journal
from shared.providers.account import Account
from shared.providers.client import ProviderClient
from shared.providers.events import EventClass, ProviderEvent, RawWebhook, StatusReported, Unrecognised
from shared.providers.messages import Choice, FreeMessage, Receipt, TemplateMessage
from shared.providers.registry import get_dialect
from tests.contract.providers import hey_cases, meta_cases, twilio_cases, wavy_cases
from tests.contract.providers.harness import NOON, REFERENCE, Expected
from tests.contract.providers.wireserver import WireServer, answers
from tests.factories import say
from tests.integration import corpora_cases
from tests.integration.corpora_cases import Listed, ending, told
from tests.integration.web.client import RecordingHints
from workers.spool import Spool
from workers.webhook.ingress import MAX_BODY_BYTES, Ingress, build_routes

CORPORA = Path(os.environ.get("ORIEL_CORPORA") or Path(__file__).parents[2].parent / "shared" / "corpora")
if not CORPORA.is_dir():
    reason = "the corpora do not lie beside this checkout, and ORIEL_CORPORA names no other place"
    pytest.skip(reason, allow_module_level=True)

PUBLIC = "https://hooks.example.com"
PATH_SECRET = "made-up-secret-path"
ACCOUNTS = {cases.ACCOUNT.provider: cases.ACCOUNT for cases in (hey_cases, meta_cases, twilio_cases, wavy_cases)}
TYPES = {"twilio": "application/x-www-form-urlencoded"}

# ── the bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Body:
    """One file that a provider posts, and what it says."""

    provider: str
    path: Path
    expected: Expected

    @property
    def raw(self) -> bytes:
        return self.path.read_bytes().strip()

    @property
    def is_form(self) -> bool:
        return self.path.suffix == ".form"


def found(table: Mapping[str, Any], folder: str) -> dict[Path, Any]:
    by_stem = {path.stem: path for path in sorted((CORPORA / folder).iterdir())}
    return {by_stem[stem]: expected for stem, expected in table.items()}


FOLDERS = {
    "hey/medio_odoo": corpora_cases.HEY,
    "meta/pywa": corpora_cases.META,
    "twilio/captured": corpora_cases.TWILIO,
    "wavy/sinch_docs_whatsapp": corpora_cases.WAVY,
}
BODIES = [
    Body(folder.partition("/")[0], path, expected)
    for folder, table in FOLDERS.items()
    for path, expected in found(table, folder).items()
]
BY_BODY = pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{body.provider}-{body.path.stem}")
SIGNED = [body for body in BODIES if get_dialect(body.provider).signs_webhooks]
RECEIPTS, LISTS = found(corpora_cases.RECEIPTS, "twilio/oai"), found(corpora_cases.LISTS, "twilio/oai")
DOCS = CORPORA / "wavy" / "sinch_docs_whatsapp"
VECTORS = CORPORA / "twilio" / "signature" / "vectors.json"
CONTENT_MADE = CORPORA / "twilio" / "oai" / "content_v1_v1_Content_post_201_create.json"
REQUEST_SENT = CORPORA / "wavy" / "legacy_send" / "hsm_request.json"
STATUS_CODES, EXTRA = DOCS / "status_codes.json", DOCS / "mo_extra_info_value.json"
TAKEN, REFUSED = DOCS / "send_response_200.json", DOCS / "send_response_401.json"


def test_no_body_is_left_unread() -> None:
    read = {body.path for body in BODIES} | RECEIPTS.keys() | LISTS.keys()
    read |= {VECTORS, CONTENT_MADE, REQUEST_SENT, STATUS_CODES, EXTRA, TAKEN, REFUSED}
    others = [path for path in CORPORA.glob("*/*/*") if path not in read]
    unread = [path for path in others if not any(re.fullmatch(one, path.stem) for one in corpora_cases.NEVER_ASKED)]

    assert not unread


# ── the door ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Door:
    """The webhook port with one sender of each provider, over real HTTP, as the providers call it."""

    def __init__(self, redis: Redis, directory: Path) -> None:
        self.redis, self.journal = redis, Journal(redis)
        self.clients = {SenderId(provider): client(account) for provider, account in ACCOUNTS.items()}
        ingress = Ingress(PUBLIC, self.clients, self.journal, RecordingHints(), Spool(directory, 1 << 20))
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.add_routes(build_routes(ingress))
        self.http = TestClient(TestServer(application))

    async def post(self, provider: str, body: bytes, secret: str | None = None) -> int:
        """secret: to sign with, where the provider signs; the account's own unless it is given."""
        path = path_of(provider)
        headers = {"Content-Type": TYPES.get(provider, "application/json"), **signature(provider, path, body, secret)}
        async with self.http.post(path, data=body, headers=headers) as response:
            return response.status

    async def kept(self) -> list[Entry]:
        """All that was taken since it was asked last."""
        ids = [EntryId(text(key)) for key in await self.redis.hkeys(keys.journal_bodies())]
        entries = await self.journal.read(ids)
        await self.journal.forget(ids)
        return entries

    def read(self, entry: Entry) -> Sequence[ProviderEvent]:
        """As the consumer does."""
        raw = RawWebhook(entry.url, entry.query, entry.headers, entry.body, entry.received_at)
        return self.clients[entry.sender].read_events(raw)

    async def heard(self) -> list[Expected]:
        """What was taken since it was asked last, understood."""
        return [told(event, entry.received_at) for entry in await self.kept() for event in self.read(entry)]


class NoTransport:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"ingress must not call a provider: {request.method}")


def client(account: Account) -> ProviderClient:
    """Whose webhooks nobody signs has a secret path."""
    spoken = get_dialect(account.provider)
    secrets = {} if spoken.signs_webhooks else {"webhook_secret": (PATH_SECRET,)}
    whole = replace(account, secrets={**account.secrets, **secrets})
    return ProviderClient(spoken, NoTransport(), whole, f"{PUBLIC}{path_of(account.provider)}")


def path_of(provider: str) -> str:
    is_signed = get_dialect(provider).signs_webhooks
    return f"/webhooks/{provider}/{provider}{'' if is_signed else f'/s/{PATH_SECRET}'}/status"


def signature(provider: str, path: str, body: bytes, secret: str | None) -> dict[str, str]:
    match provider:
        case "meta":
            secret = secret or ACCOUNTS[provider].get_secret("app_secret")
            return {"X-Hub-Signature-256": f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"}
        case "twilio":
            secret = secret or ACCOUNTS[provider].get_secret("auth_token")
            fields = sorted(set(parse_qsl(body.decode(), keep_blank_values=True)))
            text = f"{PUBLIC}{path}" + "".join(name + value for name, value in fields)
            digest = hmac.digest(secret.encode(), text.encode(), hashlib.sha1)
            return {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        case _:
            return {}


@pytest.fixture
async def door(redis: Redis, tmp_path: Path) -> AsyncIterator[Door]:
    opened = Door(redis, tmp_path)
    async with opened.http:
        yield opened


def taken(provider: str) -> int:
    return get_dialect(provider).capabilities.webhook_status


# ── what they mean ──────────────────────────────────────────────────────────────────────────────────────────────────


@BY_BODY
async def test_a_body_is_taken_and_means_what_it_says(door: Door, body: Body) -> None:
    assert await door.post(body.provider, body.raw) == taken(body.provider)
    assert await door.heard() == [body.expected]


@BY_BODY
async def test_statuses_wait_apart_from_what_may_be_a_person(door: Door, body: Body) -> None:
    await door.post(body.provider, body.raw)
    (entry,) = await door.kept()
    is_status = isinstance(door.read(entry)[0], StatusReported)
    assert entry.event_class == (EventClass.STATUS if is_status else EventClass.INBOUND)


@BY_BODY
async def test_told_twice_it_means_the_same(door: Door, body: Body) -> None:
    """To the instant: what a repetition changes must be nothing that an event's id or order stands on."""
    for _ in range(2):
        assert await door.post(body.provider, body.raw) == taken(body.provider)
    assert await door.heard() == [body.expected] * 2


@pytest.mark.parametrize("body", SIGNED, ids=lambda body: f"{body.provider}-{body.path.stem}")
async def test_signed_by_somebody_else_it_is_refused(door: Door, body: Body) -> None:
    assert await door.post(body.provider, body.raw, secret="nobodys-secret") == 403
    assert await door.kept() == []


@pytest.mark.parametrize(("provider", "part"), [("meta", "entry"), ("wavy", "data")])
async def test_all_in_one_body_they_mean_what_they_mean_alone(door: Door, provider: str, part: str) -> None:
    bodies = [body for body in BODIES if body.provider == provider]
    documents = [json.loads(body.raw) for body in bodies]
    whole = documents[0] | {part: [one for document in documents for one in document[part]]}
    assert await door.post(provider, json.dumps(whole).encode()) == taken(provider)
    assert await door.heard() == [body.expected for body in bodies]


@pytest.mark.parametrize("row", json.loads(STATUS_CODES.read_bytes()), ids=lambda row: row["status"])
async def test_a_published_code_is_the_state_that_it_is_called_by(door: Door, row: Mapping[str, Any]) -> None:
    status = {"id": "made-up-1", "sent": row["sent"] == 2, "sentStatusCode": row["sent"]}
    record = {**status, "deliveredStatusCode": row["delivered"], "destination": "14155550123"}
    await door.post("wavy", json.dumps({"total": 1, "data": [record]}).encode())
    (entry,) = await door.kept()
    (event,) = door.read(entry)
    assert isinstance(event, StatusReported)
    error = event.error
    state = (event.status, error and error.code, error and error.disposition)
    assert state == corpora_cases.WAVY_STATUSES[row["status"]]


async def test_what_a_customer_attached_changes_nothing(door: Door) -> None:
    """It comes as JSON in a string."""
    (text,) = [body for body in BODIES if body.path.stem == "mo_text"]
    document = json.loads(text.raw)
    document["data"][0]["extraInfo"] = EXTRA.read_text()
    await door.post("wavy", json.dumps(document).encode())
    assert await door.heard() == [text.expected]


def test_recorded_signatures_are_those_of_the_recorded_token() -> None:
    published = json.loads(VECTORS.read_bytes())
    ours = replace(ACCOUNTS["twilio"], secrets={"auth_token": (published["auth_token"],)})
    twilio = get_dialect("twilio")
    for vector in published["vectors"]:
        raw = recorded(vector)
        twilio.signing.authenticate(ours, raw)
        assert twilio.webhooks.read_events(raw) == (Unrecognised("other"),)  # they are of telephone calls
        with pytest.raises(WebhookRejected):
            twilio.signing.authenticate(ACCOUNTS["twilio"], raw)


def recorded(vector: Mapping[str, Any]) -> RawWebhook:
    body = urlencode([tuple(pair) for pair in vector["params"]]).encode()
    headers = {"content-type": TYPES["twilio"], "x-twilio-signature": vector["signature"]}
    return RawWebhook(vector["url"], urlsplit(vector["url"]).query, headers, body, NOON)


# ── mutilated ───────────────────────────────────────────────────────────────────────────────────────────────────────

ODD: tuple[Any, ...] = (None, 0, -1, 1e400, True, "", "x", "\0", [], [[]], {}, {"x": {}})
Step = str | int


def truncated(raw: bytes) -> Iterator[bytes]:
    for part in range(24):
        yield raw[: len(raw) * part // 24]
    yield from (raw[:1], raw[:-1], raw[:-2], raw[1:])


def places(value: Any, at: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Every field and every member, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield (*at, step)
        yield from places(one, (*at, step))


def changed(raw: bytes, at: tuple[Step, ...], change: Callable[[Any, Step], None]) -> bytes:
    document = json.loads(raw)
    parent = document
    for step in at[:-1]:
        parent = parent[step]
    change(parent, at[-1])
    return json.dumps(document).encode()


def drop(parent: Any, step: Step) -> None:
    del parent[step]


def put(parent: Any, step: Step, odd: object) -> None:
    parent[step] = odd


def without_a_field(body: Body) -> Iterator[bytes]:
    if not body.is_form:
        yield from (changed(body.raw, at, drop) for at in places(json.loads(body.raw)))
        return
    pairs = parse_qsl(body.raw.decode(), keep_blank_values=True)
    for place in range(len(pairs)):
        yield urlencode(pairs[:place] + pairs[place + 1 :]).encode()


def with_an_odd_field(body: Body) -> Iterator[bytes]:
    if not body.is_form:
        for at in places(json.loads(body.raw)):
            for odd in ODD:
                yield changed(body.raw, at, partial(put, odd=odd))
        return
    pairs = parse_qsl(body.raw.decode(), keep_blank_values=True)
    for place, (name, _) in enumerate(pairs):
        for odd in ("", "\0", "x", "-1", "1e400", "\ufffd" * 300, "whatsapp:", "SM"):
            yield urlencode([*pairs[:place], (name, odd), *pairs[place + 1 :]]).encode()


@BY_BODY
async def test_cut_short_it_is_no_fault_of_ours(door: Door, body: Body) -> None:
    cut = list(truncated(body.raw))
    assert {await door.post(body.provider, one) for one in cut} == {taken(body.provider)}
    entries = await door.kept()
    assert len(entries) == len(cut)
    assert all(is_understood(door.read(entry)) for entry in entries)


@BY_BODY
async def test_without_any_one_field_it_is_no_fault_of_ours(door: Door, body: Body) -> None:
    lacking = list(without_a_field(body))
    assert {await door.post(body.provider, one) for one in lacking} == {taken(body.provider)}
    entries = await door.kept()
    assert len(entries) == len(lacking)
    assert all(is_understood(door.read(entry)) for entry in entries)


@BY_BODY
def test_with_anything_in_any_field_it_is_read(body: Body) -> None:
    spoken = get_dialect(body.provider)
    for odd in with_an_odd_field(body):
        raw = RawWebhook(f"{PUBLIC}{path_of(body.provider)}", "", {}, odd, NOON)
        assert is_understood(spoken.webhooks.read_events(raw))
        assert isinstance(spoken.webhooks.classify(raw), EventClass)


def is_understood(events: Sequence[ProviderEvent]) -> bool:
    """Something is made of it, and if it is only that nothing can be."""
    return bool(events) and all(isinstance(event, ProviderEvent) for event in events)


# ── what is answered to us ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Asked:
    """Our client of a provider whose answers are recorded ones."""

    ours: ProviderClient
    provider: WireServer


@pytest.fixture
async def asking() -> AsyncIterator[Callable[..., Any]]:
    """Of a provider, what the files say: each with its status once, in order, and the last one again."""
    async with HttpTransport(HttpTimeouts()) as transport:
        opened: list[WireServer] = []

        async def open_one(provider: str, *said: tuple[int, Path], **secrets: str) -> Asked:
            server = await WireServer(*(answers(status, path.read_bytes(), JSON) for status, path in said)).__aenter__()
            opened.append(server)
            account = ACCOUNTS[provider]
            there = {name: (value,) for name, value in secrets.items()}
            moved = replace(account, urls=dict.fromkeys(account.urls, server.url), secrets={**account.secrets, **there})
            return Asked(ProviderClient(get_dialect(provider), transport, moved, PUBLIC), server)

        yield open_one
        for server in opened:
            await server.__aexit__()


JSON = {"Content-Type": "application/json"}
REMINDER = TemplateMessage("+14155550123", "reminder", "es", "HX" + "0" * 32, {"1": "Ana"})


def short(receipt: Receipt) -> Receipt:
    return Receipt(ending(receipt.provider_message_id), receipt.recipient and ending(receipt.recipient))


@pytest.mark.parametrize(("path", "expected"), RECEIPTS.items(), ids=lambda value: getattr(value, "stem", ""))
async def test_a_published_acceptance_is_a_receipt(asking: Callable[..., Any], path: Path, expected: Receipt) -> None:
    asked = await asking("twilio", (201, path))
    assert short(await asked.ours.send_template(REMINDER, REFERENCE)) == expected


async def test_a_published_content_is_what_choices_are_sent_by(asking: Callable[..., Any]) -> None:
    asked = await asking("twilio", (201, CONTENT_MADE), (201, next(iter(RECEIPTS))))
    question = FreeMessage("+14155550123", "Will you come?", choices=(Choice("y", "Yes"), Choice("n", "No")))
    await say(asked.ours, question, REFERENCE)
    made, sent = asked.provider.seen
    assert made.target == "/v1/Content"
    assert dict(parse_qsl(sent.body.decode()))["ContentSid"] == json.loads(CONTENT_MADE.read_bytes())["sid"]


@pytest.mark.parametrize(("path", "expected"), LISTS.items(), ids=lambda value: getattr(value, "stem", ""))
async def test_a_published_list_of_templates(
    asking: Callable[..., Any], path: Path, expected: Sequence[Listed]
) -> None:
    asked = await asking("twilio", (200, path))
    page = await asked.ours.list_templates(None)
    assert page.next is None
    assert [
        Listed(one.name, one.status, one.category, tuple(PLACEHOLDER.findall(one.body)), one.reason.split(" ")[0])
        for one in page.templates
    ] == list(expected)
    assert all(one.header is None for one in page.templates)  # to Twilio a file is a variable like any other


async def test_wavy_s_published_acceptance_is_a_receipt(asking: Callable[..., Any]) -> None:
    """Its number ends in a full stop."""
    asked = await asking("wavy", (200, TAKEN))
    assert short(await asked.ours.send_template(REMINDER, REFERENCE)) == Receipt("…be61edb5", "…1111")


async def test_wavy_s_published_refusal_stops_the_sender(asking: Callable[..., Any]) -> None:
    asked = await asking("wavy", (401, REFUSED))
    with pytest.raises(SenderUnusable) as refused:
        await asked.ours.send_template(REMINDER, REFERENCE)
    assert refused.value.disposition is Disposition.SENDER_UNUSABLE


async def test_a_recorded_request_is_the_one_that_we_send(asking: Callable[..., Any]) -> None:
    """But for two words that we add: the language, and that it is one person."""
    request = json.loads(REQUEST_SENT.read_bytes())
    (destination,), hsm = request["destinations"], request["message"]["hsm"]
    asked = await asking("wavy", (200, TAKEN), namespace=hsm["namespace"])
    parameters = {str(place): text for place, text in enumerate(hsm["parameters"], 1)}
    message = TemplateMessage(f"+{destination['destination']}", hsm["elementName"], "es", None, parameters)
    await asked.ours.send_template(message, destination["correlationId"])
    (sent,) = asked.provider.seen
    assert (sent.method, sent.target) == ("POST", "/v1/whatsapp/send")
    assert json.loads(sent.body) == {
        "destinations": [{**destination, "recipientType": "individual"}],
        "message": {"hsm": {**hsm, "languageCode": "es"}},
    }
