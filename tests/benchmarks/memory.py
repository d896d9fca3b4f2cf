"""How much of the store's memory a contact takes, from admission to the last status. The design allows 250 bytes.

Consent is counted apart: it belongs to the contact, and all campaigns share it.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from config.logs import configure_logging
from config.settings import LoggingSettings
from shared.campaigns.model import Campaign
from shared.ground.clock import utc_now
from shared.ground.domain_events import DomainEvent
from shared.ground.ids import CampaignId, ContactId, EntryId, LeaseId, Nonce, SenderId
from shared.ledger.model import Kind, Lease, Mark, Settlement
from shared.ledger.store import Ledger
from tests.benchmarks import campaigns
from tests.benchmarks.installation import configured
from tests.benchmarks.machine import machine
from workers.machine.embedded import BROKER_DATABASE, STATE_DATABASE, EmbeddedServer
from workers.wiring.installation import Installation, installation

ALLOWED = 250  # bytes a contact and campaign
LEASED = 1_000  # jobs at a time
LEASE_FOR = timedelta(minutes=10)
WORKER = Nonce("worker:a")
NOBODY = ContactId("aaaaaaaaaaaaaaaa")  # looked up only where somebody has refused
PROVIDER = "http://127.0.0.1:20002"  # never called

Steps = dict[str, int]
"""Step → bytes in use after it, in order."""

Contacts = Annotated[int, typer.Option(min=1_000, max=2_000_000, help="People in the campaign.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document, for machines.")]


def main(contacts: Contacts = 100_000, as_json: Json = False) -> None:
    """Measure one campaign, step by step. Exit status 1 when a contact takes more than the design allows."""
    configure_logging("bench", LoggingSettings(level="warning", format="console"))
    figures = per_contact(uvloop.run(_measure(contacts)), contacts)
    if as_json:
        sys.stdout.write(json.dumps({"machine": machine(), "contacts": contacts, "bytes": figures}, indent=2) + "\n")
    else:
        _show(contacts, figures)
    raise typer.Exit(1 if max(figures[step] for step in CAMPAIGN_STEPS) > ALLOWED else 0)


def per_contact(steps: Steps, contacts: int) -> dict[str, float]:
    """Bytes a contact: its consent, and the campaign after each step."""
    empty, consent = steps["empty"], steps["consent"]
    figures = {"consent": (consent - empty) / contacts}
    return figures | {step: round((steps[step] - consent) / contacts, 1) for step in CAMPAIGN_STEPS}


# ── the steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

CAMPAIGN_STEPS = ("admitted", "planned", "accepted", "delivered", "read")


async def _measure(contacts: int) -> Steps:
    with tempfile.TemporaryDirectory(prefix="oriel-bench-") as folder, EmbeddedServer(Path(folder) / "state") as server:
        stores = {"ORIEL_STATE__URL": server.url(STATE_DATABASE), "ORIEL_BROKER__URL": server.url(BROKER_DATABASE)}
        async with installation(configured(Path(folder), PROVIDER, stores), NoHints(), NoHints()) as inside:
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


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _show(contacts: int, figures: dict[str, float]) -> None:
    table = Table(title=f"Bytes a contact, of {contacts:,}", title_justify="left")
    table.add_column("after")
    table.add_column("bytes", justify="right")
    for step, figure in figures.items():
        table.add_row("consent (once a contact)" if step == "consent" else step, f"{figure:.1f}")
    table.add_row("the design allows", f"{ALLOWED}", style="dim")
    Console().print(table)


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
