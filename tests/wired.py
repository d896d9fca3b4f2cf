"""The use cases wired to one store, and a provider that does what a test tells it: real protocols, no network.

`Wired` is a small composition root. Requests reach `ScriptedTransport`, which keeps them and answers by address.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict, Unpack

from redis.asyncio import Redis

from config.loading import Settings
from config.settings import SenderSettings, SendingSettings, TenantSettings
from shared.campaigns.model import Campaign
from shared.conversations import content_json
from shared.conversations.outbox.model import MessageRecord
from shared.conversations.replying import Order
from shared.ground.clock import from_ms, to_ms
from shared.ground.domain_events import DomainEvent
from shared.ground.downloads import Download, Origin
from shared.ground.errors import BY_DISPOSITION, Again, BackendUnavailable, Disposition, NotAccepted, SendError
from shared.ground.http import LATE, HttpRequest, HttpResponse
from shared.ground.ids import (
    CampaignId,
    ContactId,
    EntryId,
    InteractionId,
    LeaseId,
    Nonce,
    Reference,
    SenderId,
    UploadId,
)
from shared.ground.lua import Durability
from shared.inbound.journal.store import Entry
from shared.ledger.model import Lease
from shared.ledger.pages import JobRow, pack
from shared.ledger.states import Move
from shared.people.contacts.store import Identity
from shared.providers.account import Account
from shared.providers.capabilities import Capabilities, Feature
from shared.providers.checks import Finding, Probe
from shared.providers.client import ProviderClient
from shared.providers.codes import CodeTable
from shared.providers.dialect import Dialect
from shared.providers.events import (
    Author,
    Content,
    ContentKind,
    ControlChanged,
    DeliveryStatus,
    EventClass,
    Keyword,
    MessageReceived,
    NoteReported,
    ProviderEvent,
    RawWebhook,
    StatusReported,
    Unrecognised,
)
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage
from shared.senders.limits.store import RateLimits, SlotReplies, SlotReply, SlotRequest
from shared.templates.registry import TemplateRegistry
from tests.factories import SECRET, SENDER, TENANT, campaign, rows, template
from tests.invariants import Snapshot, check_campaign
from workers.wiring.ground import Ground
from workers.wiring.installation import wire
from workers.wiring.senders import wire_senders
from workers.wiring.stores import wire_stores

W1, W2 = Nonce("worker-1:a"), Nonce("worker-2:b")
OWN_WORDS = ("Fuera de acá", "ikkje meir")
CONFIRMATIONS = {"en": "No more from us.", "es": "No más mensajes.", "other": "Bye."}
SETTINGS = Settings(
    data_dir=Path("nowhere"),
    sending=SendingSettings(jobs_per_message=20, in_flight=8),
    tenants=(TenantSettings(id=TENANT, opt_out_confirmations=CONFIRMATIONS, opt_out_words=OWN_WORDS),),
    senders=(
        SenderSettings(id=SENDER, tenant=TENANT, provider="scripted", address="+14155550100", rate_per_second=100),
    ),
)
TIMING, RETENTION = SETTINGS.timing, SETTINGS.retention
WINDOW, MARGIN = timedelta(seconds=TIMING.session_seconds), timedelta(seconds=TIMING.safety_margin_seconds)
UNOPENED, OPENED = timedelta(seconds=TIMING.parcel_unopened_seconds), timedelta(seconds=TIMING.lease_seconds)
REMEMBERED, KEPT = RETENTION.events, RETENTION.interactions
LOOSE = {  # beyond what a table allows: a slow machine must not decide a test
    "sending": {"slot_tolerance_ms": 60_000, "bulk_horizon_ms": 0},
    "timing": {"mark_freshness_seconds": 60},
}


# ── the provider ────────────────────────────────────────────────────────────────────────────────────────────────────


class ScriptedWire:
    """JSON both ways: the plainest wire that carries everything. One object is every part of its dialect."""

    def find_account_key(self, account: Account) -> str:
        return f"scripted:{account.tenant}"

    def list_names(self, account: Account) -> tuple[str, ...]:
        return (account.address,)

    def build_free(
        self,
        account: Account,
        message: FreeMessage,
        reference: str,
        webhook_url: str,
        prepared: str | None,  # noqa: ARG002
    ) -> HttpRequest:
        body = {"to": message.to, "text": message.text, "reference": reference, "webhook": webhook_url}
        return HttpRequest("POST", f"{account.urls['api_base']}/messages", {}, json.dumps(body).encode())

    def build_template(
        self, account: Account, message: TemplateMessage, reference: str, webhook_url: str
    ) -> HttpRequest:
        body = {"to": message.to, "template": message.name, "language": message.language} | {
            "parameters": dict(message.parameters), "reference": reference, "webhook": webhook_url,
        }  # fmt: skip
        if message.valid_for is not None:
            body["valid_for_s"] = f"{message.valid_for.total_seconds():g}"
        return HttpRequest("POST", f"{account.urls['api_base']}/messages", {}, json.dumps(body).encode())

    def read_receipt(self, response: HttpResponse) -> Receipt:
        body = json.loads(response.body)
        if "id" in body:
            return Receipt(body["id"], body.get("recipient"), tuple(body.get("aliases", ())))
        raise refusal(**body)

    def build_probes(self, _account: Account) -> Sequence[Probe]:
        return ()

    def read_finding(self, _account: Account, _probe: str, _response: HttpResponse) -> Finding:
        raise AssertionError("nothing can be asked")

    def classify(self, webhook: RawWebhook) -> EventClass:
        return EventClass.STATUS if webhook.body else EventClass.INBOUND

    def read_events(self, webhook: RawWebhook) -> Sequence[ProviderEvent]:
        return [self._read_event(one) for one in json.loads(webhook.body)]

    def _read_event(self, one: dict[str, Any]) -> ProviderEvent:
        if "holder" in one:
            stated = one.get("stated", one["at"])
            return ControlChanged(
                tuple(one["from"]), None, from_ms(one["at"]), one["holder"], one.get("text", ""),
                None if stated is None else from_ms(stated),
            )  # fmt: skip
        if "by" in one:
            heard = self._read_message(one)
            return NoteReported(
                heard.provider_message_id, heard.addresses, heard.to, heard.at, heard.content, Author(one["by"])
            )
        if "from" in one:
            return self._read_message(one)
        if "status" not in one:
            return Unrecognised("something-else")
        error = refusal(**one["error"]) if one.get("error") else None
        at = from_ms(one["at"])
        status, addresses = DeliveryStatus(one["status"]), tuple(one.get("addresses", ()))
        return StatusReported(status, one["id"], one.get("reference"), at, error, addresses)

    @staticmethod
    def _read_message(one: dict[str, Any]) -> MessageReceived:
        """`{"from": [addresses], "id", "at", "text"}`, and fields of Content and MessageReceived by their names. With `by`
        it is a note, with `holder` a change of control. `content`: the whole of it, as `content_json` writes it.
        """
        kind = ContentKind(one.get("kind", "text"))
        content = Content(kind, one.get("text", ""), one.get("payload"), changes=one.get("changes"))
        if "content" in one:
            content = content_json.from_json(one["content"])
        return MessageReceived(
            one["id"], tuple(one["from"]), one.get("to"), from_ms(one["at"]), content, one.get("reply_to"),
            one.get("reference"), one.get("name"), Keyword(one["handled"]) if "handled" in one else None,
            in_standby=one.get("standby", False),
        )  # fmt: skip


def scripted(wire: ScriptedWire) -> Dialect:
    capabilities = Capabilities(
        (), (), {"api_base": "http://127.0.0.1"}, names_answered=True, features=frozenset({Feature.TEXT})
    )
    codes = CodeTable({}, {})
    return Dialect(
        name="scripted", capabilities=capabilities, codes=codes, account=wire, sending=wire, checks=wire, webhooks=wire
    )


SCRIPTED = scripted(ScriptedWire())


class ErrorFields(TypedDict, total=False):
    throttles: bool
    retry_after_s: float | None
    closes_window: bool
    scope: str
    wait_s: float
    may_concern_all: bool
    words: str


def refusal(disposition: str, code: str = "1", again: str = "never", **fields: Unpack[ErrorFields]) -> SendError:
    """An error by value."""
    return BY_DISPOSITION[Disposition(disposition)](code, f"gloss of {code}", Again(again), **fields)


def refuses(
    disposition: Disposition, code: str = "1", again: Again = Again.NEVER, **fields: Unpack[ErrorFields]
) -> HttpResponse:
    body = {"disposition": disposition, "code": code, "again": again, **fields}
    return HttpResponse(400, {}, json.dumps(body).encode())


@dataclass
class ScriptedTransport:
    """answers: by address; a response, an error to raise, or nothing for an acceptance. on_wire: opened to let go.

    late: by address, how many connections are there too late.
    """

    answers: dict[str, HttpResponse | Exception] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    late: dict[str, int] = field(default_factory=dict)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, request: HttpRequest) -> HttpResponse:
        body = json.loads(request.body)
        if request.send_by is not None and self.late.get(body["to"], 0):
            self.late[body["to"]] -= 1
            raise NotAccepted(LATE, "too late")
        self.sent.append(body)
        if body["to"] in self.held:
            await self.let_go.wait()
        answer = self.answers.get(body["to"])
        if isinstance(answer, Exception):
            raise answer
        return answer or HttpResponse(201, {}, json.dumps({"id": f"SM{len(self.sent)}"}).encode())

    def addresses(self) -> list[str]:
        return [body["to"] for body in self.sent]


# ── the limiter and the broker ──────────────────────────────────────────────────────────────────────────────────────


class ScriptedSlots:
    """Slots are a microsecond apart, from now, unless a test has something else to say: next answers, by owner."""

    def __init__(self) -> None:
        self.answers: dict[str, list[SlotReply]] = defaultdict(list)
        self.asked: list[list[SlotRequest]] = []
        self.limits: list[RateLimits] = []
        self.takes_s = 0.0
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def reserve(self, limits: RateLimits, requests: list[SlotRequest]) -> SlotReplies:
        self.asked.append(list(requests))
        self.limits.append(limits)
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        await self.open.wait()
        if self.error is not None:
            raise self.error
        answers = [
            self.answers[one.owner].pop(0) if self.answers[one.owner] else SlotReply(wait_us=index)
            for index, one in enumerate(requests)
        ]
        return SlotReplies(tuple(answers), limits.horizon_ms * 1000 + 1, time.monotonic_ns() // 1000)


@dataclass
class KeptHints:
    """What a process would have told another."""

    splits: list[CampaignId] = field(default_factory=list)
    releases: list[SenderId] = field(default_factory=list)
    parcels: list[tuple[CampaignId, LeaseId]] = field(default_factory=list)
    entries: list[EntryId] = field(default_factory=list)
    outboxes: list[tuple[ContactId, SenderId]] = field(default_factory=list)

    async def split(self, campaign: CampaignId) -> None:
        self.splits.append(campaign)

    async def release(self, sender: SenderId) -> None:
        self.releases.append(sender)

    async def send(self, campaign: CampaignId, lease: LeaseId) -> None:
        self.parcels.append((campaign, lease))

    async def dispatch(self, contact: ContactId, sender: SenderId) -> None:
        self.outboxes.append((contact, sender))

    async def apply(self, event_class: str, entries: Sequence[EntryId]) -> None:
        assert event_class in set(EventClass)
        self.entries += entries


@dataclass
class KeptEvents:
    """What the dialer would have heard. is_away: the broker takes nothing."""

    told: list[DomainEvent] = field(default_factory=list)
    is_away: bool = False

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        if self.is_away:
            raise BackendUnavailable("the broker is away")
        self.told += events

    def types(self) -> list[str]:
        return [event.type.value for event in self.told]


class NoFiles:
    """No contact of these tests sends a file."""

    def open(self, request: HttpRequest, own: frozenset[Origin]) -> AbstractAsyncContextManager[Download]:  # noqa: ARG002
        raise AssertionError(request.url)


# ── all of it ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Wired:
    """One process of each kind over one store, wired as in production: `wired.outbound.sending`."""

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self.redis, self.now = redis, now
        self.transport, self.slots = ScriptedTransport(), ScriptedSlots()
        self.hints, self.events = KeptHints(), KeptEvents()
        account = Account("scripted", TENANT, SENDER, "+14155550100", {"api_base": "http://127.0.0.1"}, {})
        client = ProviderClient(SCRIPTED, self.transport, account, "http://127.0.0.1/status")
        self.clients = {SENDER: client}
        self.templates = TemplateRegistry(
            [template(), template(language="es", provider_id="HXes"), template(sender=SenderId("desk"))]
        )
        self.restart()

    def restart(self, rate: float = 100.0, **tables: Mapping[str, float]) -> None:
        """Other processes, over the same store. rate: of the sender, per second. tables: changes of settings."""
        ground = Ground(_settings(rate, tables), self.redis, Durability(), SECRET, self.hints, self.events, self.now)
        self.stores = wire_stores(ground)
        self.senders = wire_senders(ground, self.clients, self.slots)
        wired = wire(ground, self.stores, self.senders, self.templates, NoFiles())
        self.people, self.conversations, self.outbound = wired.people, wired.conversations, wired.outbound
        self.inbound, self.reports, self.upkeep = wired.inbound, wired.reports, wired.upkeep

    # ── a campaign's way ────────────────────────────────────────────────────────────────────────────────────────────

    async def create(self, made: Campaign | None = None) -> Campaign:
        made = made or campaign()
        await self.stores.ledger.create(made.id, self.now())
        await self.stores.campaigns.create(made)
        return made

    async def upload(self, of: Campaign, base: Sequence[JobRow], upload: UploadId, page_rows: int = 128) -> None:
        """A whole file, staged and complete; rows are lines from 2, under a header."""
        await self.stores.uploads.begin(of.id, upload)
        for start in range(0, len(base), page_rows):
            page = base[start : start + page_rows]
            await self.stores.uploads.stage(of.id, upload, pack(page), range(start + 2, start + 2 + len(page)))
        await self.stores.uploads.complete(of.id, upload, {})

    async def start(self, of: Campaign) -> None:
        await self.stores.campaigns.activate(of, self.now())
        if of.rules.deadline_at is not None:
            await self.stores.ledger.limit(of.id, of.rules.deadline_at)
        await self.stores.ledger.control(of.id, Move.START, "somebody")

    async def running(
        self, jobs: int = 3, made: Campaign | None = None, base: Sequence[JobRow] | None = None
    ) -> Campaign:
        """A running campaign, split."""
        of = await self.create(made)
        await self.upload(of, base if base is not None else rows(jobs), UploadId("ufirst"))
        await self.start(of)
        assert await self.outbound.splitting.split(of.id)
        return of

    async def leased(self, of: Campaign, wanted: int = 100) -> Lease:
        lease = await self.stores.ledger.take_lease(of.id, wanted, 4_000, UNOPENED)
        assert lease is not None
        return lease

    async def send(self, of: Campaign, wanted: int = 100, nonce: Nonce = W1) -> None:
        """One parcel, through this process."""
        lease = await self.leased(of, wanted)
        assert await self.outbound.sending.send_parcel(of.id, lease.id, nonce) == of.sender

    async def hear(self, number: int, *events: dict[str, object]) -> EntryId:
        """A webhook comes in."""
        entry = Entry(
            EntryId(f"e{number}"), "scripted", SENDER, "http://127.0.0.1/status", "", {}, self.now(), "status",
            json.dumps(events).encode(),
        )  # fmt: skip
        await self.stores.journal.append(entry)
        return entry.id

    def status(
        self,
        of: Campaign,
        ordinal: int,
        status: DeliveryStatus,
        attempt: int = 1,
        error: dict[str, object] | None = None,
    ) -> dict[str, object]:
        reference = Reference(of.id, ordinal, attempt).sign(SECRET)
        return {"status": status, "id": f"SM{ordinal}", "reference": reference, "at": to_ms(self.now()), "error": error}

    async def reply(
        self,
        contact: Identity,
        text: str,
        by: str = "ana",
        interaction: InteractionId | None = None,
        once: str | None = None,
    ) -> MessageRecord:
        order = Order(TENANT, SENDER, contact, by, None, interaction, once)
        return await self.conversations.replying.reply(order, FreeMessage("", text))

    @staticmethod
    def accepts(message_id: str, recipient: str | None = None, aliases: Sequence[str] = ()) -> HttpResponse:
        body = {"id": message_id, "recipient": recipient, "aliases": list(aliases)}
        return HttpResponse(201, {}, json.dumps(body).encode())

    # ── what is there ───────────────────────────────────────────────────────────────────────────────────────────────

    async def letters(self, of: Campaign) -> str:
        """Checked, and then as one string."""
        return "".join((await self.check(of)).jobs.values())

    async def check(self, of: Campaign) -> Snapshot:
        return await check_campaign(self.redis, of.id)


def _settings(rate: float, tables: Mapping[str, Mapping[str, float]]) -> Settings:
    """With LOOSE, and these changes over it. Unchecked: a lease of 1 s is nothing that a table allows."""
    changed = {
        name: getattr(SETTINGS, name).model_copy(update={**LOOSE.get(name, {}), **tables.get(name, {})})
        for name in LOOSE.keys() | tables.keys()
    }
    senders = tuple(one.model_copy(update={"rate_per_second": rate}) for one in SETTINGS.senders)
    return SETTINGS.model_copy(update={**changed, "senders": senders})
