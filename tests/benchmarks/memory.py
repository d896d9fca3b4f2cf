"""How much of the store's memory a contact takes, from admission to the last status; consent is counted apart as well.

Everything happens in this process, step by step, on a store of its own: what is measured is the ledger's form.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from config.loading import load_settings
from shared.campaigns.model import Campaign
from shared.ground.clock import utc_now
from shared.ground.domain_events import DomainEvent
from shared.ground.ids import CampaignId, ContactId, EntryId, LeaseId, Nonce, SenderId
from shared.ledger.model import Kind, Lease, Mark, Settlement
from shared.ledger.store import Ledger
from tests.benchmarks import campaigns
from tests.benchmarks.configuration import configuration
from tests.benchmarks.figures import Figure
from tests.benchmarks.plan import Plan
from workers.machine.embedded import BROKER_DATABASE, STATE_DATABASE, EmbeddedServer
from workers.wiring.installation import Installation, installation

LEASED = 1_000  # jobs at a time
LEASE_FOR = timedelta(minutes=10)
WORKER = Nonce("worker:a")
NOBODY = ContactId("aaaaaaaaaaaaaaaa")  # looked up only where somebody has refused
PROVIDER = "http://127.0.0.1:20002"  # never called
CAMPAIGN_STEPS = ("admitted", "planned", "accepted", "delivered", "read")

Steps = dict[str, int]
"""Step → bytes in use after it, in order."""


async def measure(plan: Plan) -> list[Figure]:
    contacts = plan.sizes.rows
    each = per_contact(await _measure(contacts), contacts)
    whole = each["consent"] + max(each[step] for step in CAMPAIGN_STEPS)
    plan.say(f"store: {whole:.0f} bytes a contact")
    steps = {f"after {step}" if step != "consent" else step: us for step, us in each.items()}
    return [Figure("store, a contact", [whole], "bytes", steps)]


def per_contact(steps: Steps, contacts: int) -> dict[str, float]:
    """Bytes a contact: its consent, and the campaign after each step."""
    empty, consent = steps["empty"], steps["consent"]
    figures = {"consent": round((consent - empty) / contacts, 1)}
    return figures | {step: round((steps[step] - consent) / contacts, 1) for step in CAMPAIGN_STEPS}


# ── the steps ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def _measure(contacts: int) -> Steps:
    with tempfile.TemporaryDirectory(prefix="oriel-bench-") as name, EmbeddedServer(Path(name) / "state") as server:
        config = Path(name) / "oriel.toml"
        config.write_text(configuration(PROVIDER), encoding="utf-8")
        stores = {"ORIEL_STATE__URL": server.url(STATE_DATABASE), "ORIEL_BROKER__URL": server.url(BROKER_DATABASE)}
        async with installation(load_settings(config, Path(name), stores), NoHints(), NoHints()) as inside:
            return await _steps(inside, contacts)


async def _steps(inside: Installation, contacts: int) -> Steps:
    steps: Steps = {"empty": await _used(inside)}
    await campaigns.agree(inside, contacts)
    steps["consent"] = await _used(inside)
    campaign = await campaigns.admitted(inside, contacts)
    steps["admitted"] = await _used(inside)
    await campaigns.start(inside, campaign)
    await inside.outbound.splitting.split(campaign.id)
    steps["planned"] = await _used(inside)
    await _send_all(inside.stores.ledger, campaign)
    steps["accepted"] = await _used(inside)
    for kind in (Kind.DELIVERED, Kind.READ):
        await _settle_all(inside.stores.ledger, campaign, range(contacts), kind)
        steps[kind.value] = await _used(inside)
    return steps


async def _used(inside: Installation) -> int:
    return int((await inside.ground.redis.info("memory"))["used_memory"])


async def _send_all(ledger: Ledger, campaign: Campaign) -> None:
    while (lease := await ledger.take_lease(campaign.id, LEASED, LEASED, LEASE_FOR)) is not None:
        await ledger.open_lease(campaign.id, lease.id, WORKER, LEASE_FOR)
        marks = (Mark(campaign.id, lease.id, WORKER, ordinal, NOBODY) for ordinal in lease.ordinals)
        await asyncio.gather(*(ledger.mark(mark) for mark in marks))
        await _settle_all(ledger, campaign, lease.ordinals, Kind.ACCEPTED, lease)
        await ledger.close_lease(campaign.id, lease.id, WORKER, lease.ordinals, {})


async def _settle_all(
    ledger: Ledger, campaign: Campaign, ordinals: Sequence[int], kind: Kind, lease: Lease | None = None
) -> None:
    """With a message id as long as a provider's."""
    for group in _groups(ordinals):
        settlements = (
            Settlement(campaign.id, ordinal, 1, kind, utc_now(), lease.id if lease else None, f"SM{ordinal:032x}")
            for ordinal in group
        )
        await asyncio.gather(*(ledger.settle(settlement) for settlement in settlements))


def _groups(ordinals: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ordinals), LEASED):
        yield ordinals[first : first + LEASED]


class NoHints:
    """Everything happens here, in order."""

    async def split(self, campaign: CampaignId) -> None: ...

    async def release(self, sender: SenderId) -> None: ...

    async def send(self, campaign: CampaignId, lease: LeaseId) -> None: ...

    async def dispatch(self, contact: ContactId, sender: SenderId) -> None: ...

    async def apply(self, event_class: str, entries: Sequence[EntryId]) -> None: ...

    async def publish(self, events: Sequence[DomainEvent]) -> None: ...
