"""The picture while the demo runs: progress, the provider's counters, the processes. Owns the drawing, not the figures."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from workers.cli import progress
from workers.machine.supervisor import Supervisor

Document = Mapping[str, Any]


def draw(campaign: Document, provider: Document, supervisor: Supervisor, seconds: float) -> RenderableType:
    """provider: the simulator's summary.  seconds: the running time."""
    return Group(
        progress.draw(campaign, seconds),
        Text(_format_provider(provider), style="bright_black"),
        Text.assemble(*_draw_processes(supervisor)),
    )


def format_line(campaign: Document, provider: Document, supervisor: Supervisor) -> str:
    down = [name for name, pid in supervisor.pids.items() if pid is None]
    line = f"{progress.format_line(campaign)}; {_format_provider(provider)}"
    return line + (f"; down: {', '.join(down)}" if down else "")


def _format_provider(summary: Document) -> str:
    callbacks = summary["callbacks"]
    return (
        f"provider: {summary['accepted']} accepted, {summary['throttled']} throttled, {summary['duplicates']} twice, "
        f"{callbacks['sent']} statuses and {summary['inbound']['answered']} answers sent, {summary['pending']} to come"
    )


def _draw_processes(supervisor: Supervisor) -> list[tuple[str, str]]:
    restarts = supervisor.restarts
    parts = []
    for name, pid in supervisor.pids.items():
        again = f" ({restarts[name]} restarts)" if restarts.get(name) else ""
        parts.append((f"{'●' if pid else '○'} {name}{again}  ", "green" if pid else "red"))
    return parts
