"""What one sees while the demo runs: the funnel, the provider's side, the processes. Owns the picture, not the figures."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from workers.cli import funnel
from workers.machine.supervisor import Supervisor

Document = Mapping[str, Any]


def picture(campaign: Document, provider: Document, supervisor: Supervisor, seconds: float) -> RenderableType:
    return Group(
        funnel.picture(campaign, seconds),
        Text(_provider(provider), style="bright_black"),
        Text.assemble(*_processes(supervisor)),
    )


def line(campaign: Document, provider: Document, supervisor: Supervisor) -> str:
    down = [name for name, pid in supervisor.pids.items() if pid is None]
    return f"{funnel.line(campaign)}; {_provider(provider)}" + (f"; down: {', '.join(down)}" if down else "")


def _provider(summary: Document) -> str:
    callbacks = summary["callbacks"]
    return (
        f"provider: {summary['accepted']} accepted, {summary['throttled']} throttled, {summary['duplicates']} twice, "
        f"{callbacks['sent']} statuses and {summary['inbound']['answered']} answers told, {summary['pending']} to come"
    )


def _processes(supervisor: Supervisor) -> list[tuple[str, str]]:
    restarts = supervisor.restarts
    parts = []
    for name, pid in supervisor.pids.items():
        again = f" ({restarts[name]} restarts)" if restarts.get(name) else ""
        parts.append((f"{'●' if pid else '○'} {name}{again}  ", "green" if pid else "red"))
    return parts
