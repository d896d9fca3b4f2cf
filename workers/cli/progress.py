"""A campaign's progress: a picture that is redrawn on a terminal, or lines. Owns the drawing, and following to the end.

Each contact is in exactly one bar of a state: the API's counts are disjoint and add up to the total. Contacts who
answered have bars of their own below.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workers.cli.output import make_plain

Document = Mapping[str, Any]

WAITING = ("pending", "deferred", "leased", "sending")
BARS = {
    "accepted": "cyan",
    "delivered": "blue",
    "read": "green",
    "failed": "red",
    "suppressed": "yellow",
    "unconfirmed": "magenta",
    "cancelled": "bright_black",
    "expired": "bright_black",
}
ANSWERS = ("replied", "opted_out")
LABELS_SHOWN = 8
HIDDEN_AT_ZERO = ("cancelled", "expired")
BAR_CELLS = 40
POLL_SECONDS = 0.4
LINE_SECONDS = 2.0  # between two lines without a terminal

ENDED = ("finished", "cancelled", "paused")
"""States in which following ends: the campaign sends nothing more by itself. Late statuses may still change counts."""


def count_waiting(counts: Mapping[str, int]) -> int:
    """Contacts without any outcome yet."""
    return sum(counts.get(state, 0) for state in WAITING)


def format_line(campaign: Document) -> str:
    """*Shape*: `running: 40 of 97 done, accepted 3, delivered 20, read 17; 77.6/s`."""
    counts = campaign["counts"]
    total = counts["total"]
    parts = [f"{state} {counts[state]}" for state in BARS if counts.get(state)]
    done = f"{total - count_waiting(counts)} of {total} done"
    line = f"{_format_state(campaign)}: {', '.join([done, *parts])}{_format_rate(campaign)}{_format_answers(campaign)}"
    return f"{line}. {campaign['hint']}" if campaign.get("hint") else line


def draw(campaign: Document, seconds: float | None = None) -> RenderableType:
    """seconds: the running time, as the caller measured it."""
    counts = campaign["counts"]
    grid = Table.grid(padding=(0, 1))
    for state, colour in BARS.items():
        if counts.get(state, 0) or state not in HIDDEN_AT_ZERO:
            grid.add_row(state, _draw_bar(counts.get(state, 0), counts["total"], colour), str(counts.get(state, 0)))
    waiting = count_waiting(counts)
    grid.add_row("waiting", _draw_bar(waiting, counts["total"], "white"), str(waiting))
    for name in ANSWERS:
        if campaign.get(name):
            bar = _draw_bar(campaign[name], counts["total"], "green")
            grid.add_row(name.replace("_", " "), bar, str(campaign[name]))
    answers = [Text(f"answers: {_format_labels(campaign)}")] if campaign.get("answers") else []
    hint = [Text(campaign["hint"], style="magenta")] if campaign.get("hint") else []
    return Group(_draw_heading(campaign, seconds), grid, *answers, *hint)


def _draw_heading(campaign: Document, seconds: float | None) -> Text:
    elapsed = "" if seconds is None else f"  {seconds:.0f} s"
    progress = f"  {_format_state(campaign)}{_format_rate(campaign)}{elapsed}"
    return Text.assemble((str(campaign.get("name", "")), "bold"), progress)


def _draw_bar(count: int, total: int, colour: str) -> Text:
    cells = BAR_CELLS * count / total if total else 0.0
    filled = max(1, round(cells)) if count else 0
    return Text("█" * filled, style=colour) + Text("·" * (BAR_CELLS - filled), style="bright_black")


def _format_state(campaign: Document) -> str:
    reason = campaign.get("reason")
    return f"{campaign['state']} ({reason})" if reason else str(campaign["state"])


def _format_rate(campaign: Document) -> str:
    """Rate, remaining time and limiting factor, while it runs and as far as they are known."""
    rate, eta, limit = campaign.get("rate"), campaign.get("eta"), campaign.get("limited_by")
    if campaign["state"] != "running":
        return ""
    parts = [
        f"{rate:.1f}/s" if rate is not None else "",
        f"about {eta:.0f} s to go" if eta else "",
        f"limited by {limit}" if limit else "",
    ]
    shown = [part for part in parts if part]
    return f"; {', '.join(shown)}" if shown else ""


def _format_answers(campaign: Document) -> str:
    """Answers and opt-outs, if there are any. Their contacts are in the counts, too."""
    parts = [f"{name.replace('_', ' ')} {campaign[name]}" for name in ANSWERS if campaign.get(name)]
    labels = f" ({_format_labels(campaign)})" if campaign.get("answers") else ""
    return f"; {', '.join(parts)}{labels}" if parts else ""


def _format_labels(campaign: Document) -> str:
    """The most frequent labels first, as the API orders them. A label may be the title of a stranger's button."""
    answers = list(campaign["answers"].items())
    shown = [f"{make_plain(label)} {count}" for label, count in answers[:LABELS_SHOWN]]
    return ", ".join([*shown, *(["…"] if len(answers) > LABELS_SHOWN else [])])


# ── following ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def follow(fetch: Callable[[], Awaitable[Document]], screen: Console) -> Document:
    """Shows a campaign until it ends, and returns its last state. fetch: the campaign as it is now."""
    began = time.monotonic()
    with Watch(screen) as watch:
        while True:
            campaign = await fetch()
            watch.show(draw(campaign, time.monotonic() - began), format_line(campaign))
            if campaign["state"] in ENDED:
                watch.print_line(format_line(campaign))
                return campaign
            await asyncio.sleep(POLL_SECONDS)


class Watch:
    """A picture that is redrawn on a terminal; elsewhere lines, if they changed, and at most one in 2 s."""

    def __init__(
        self, screen: Console, monotonic: Callable[[], float] = time.monotonic, *, transient: bool = False
    ) -> None:
        """transient: the picture disappears at the end, for callers that draw it once more."""
        self._screen = screen
        self._monotonic = monotonic
        self._live = Live(console=screen, auto_refresh=False, transient=transient) if screen.is_terminal else None
        self._last_line = ""
        self._printed_at = -LINE_SECONDS

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, picture: RenderableType, line: str) -> None:
        if self._live is not None:
            self._live.update(picture, refresh=True)
        elif self._monotonic() - self._printed_at >= LINE_SECONDS:
            self.print_line(line)

    def print_line(self, line: str) -> None:
        """Without a terminal, and at once: however soon after the line before, unless that was the same."""
        if self._live is None and line != self._last_line:
            self._screen.print(line, markup=False)
            self._last_line, self._printed_at = line, self._monotonic()
