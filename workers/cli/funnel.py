"""A campaign's progress, as a picture that moves or as lines. Owns how counts look, and following until the end.

Every contact is in exactly one bar of a state: the counts are the API's own, disjoint, and add up to the total. Who
answered is counted beside them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workers.cli.output import plain

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
ONLY_WHEN_THERE = ("cancelled", "expired")
BAR_CELLS = 40
POLL_SECONDS = 0.4
LINE_SECONDS = 2.0  # between two lines where nothing can be redrawn

ENDED = ("finished", "cancelled", "paused")
"""Where following ends: nothing more happens by itself. What the provider still tells arrives later."""


def waiting(counts: Mapping[str, int]) -> int:
    """Those of whom nothing is known yet."""
    return sum(counts.get(state, 0) for state in WAITING)


def line(campaign: Document) -> str:
    """*Shape*: `running: 40 of 97 done, accepted 3, delivered 20, read 17; 77.6/s`."""
    counts = campaign["counts"]
    total = counts["total"]
    parts = [f"{state} {counts[state]}" for state in BARS if counts.get(state)]
    done = f"{total - waiting(counts)} of {total} done"
    return f"{_state(campaign)}: {', '.join([done, *parts])}{_pace(campaign)}{_heard(campaign)}"


def picture(campaign: Document, seconds: float | None = None) -> RenderableType:
    """seconds: how long it has been running, as the caller measured."""
    counts = campaign["counts"]
    grid = Table.grid(padding=(0, 1))
    for state, colour in BARS.items():
        if counts.get(state, 0) or state not in ONLY_WHEN_THERE:
            grid.add_row(state, _bar(counts.get(state, 0), counts["total"], colour), str(counts.get(state, 0)))
    grid.add_row("waiting", _bar(waiting(counts), counts["total"], "white"), str(waiting(counts)))
    elapsed = "" if seconds is None else f"  {seconds:.0f} s"
    heading = Text.assemble((str(campaign.get("name", "")), "bold"), f"  {_state(campaign)}{_pace(campaign)}{elapsed}")
    for word in ANSWERS:
        if campaign.get(word):
            grid.add_row(word.replace("_", " "), _bar(campaign[word], counts["total"], "green"), str(campaign[word]))
    said = [Text(f"answers: {_labels(campaign)}")] if campaign.get("answers") else []
    hint = [Text(campaign["hint"], style="magenta")] if campaign.get("hint") else []
    return Group(heading, grid, *said, *hint)


def _bar(count: int, total: int, colour: str) -> Text:
    cells = BAR_CELLS * count / total if total else 0.0
    filled = max(1, round(cells)) if count else 0
    return Text("█" * filled, style=colour) + Text("·" * (BAR_CELLS - filled), style="bright_black")


def _state(campaign: Document) -> str:
    reason = campaign.get("reason")
    return f"{campaign['state']} ({reason})" if reason else str(campaign["state"])


def _pace(campaign: Document) -> str:
    """How fast, how long still, and what holds it back: as far as it is running, and known."""
    rate, eta, limit = campaign.get("rate"), campaign.get("eta"), campaign.get("limited_by")
    if campaign["state"] != "running":
        return ""
    parts = [
        f"{rate:.1f}/s" if rate is not None else "",
        f"about {eta:.0f} s to go" if eta else "",
        f"limited by {limit}" if limit else "",
    ]
    said = [part for part in parts if part]
    return f"; {', '.join(said)}" if said else ""


def _heard(campaign: Document) -> str:
    """What came back, where anything did: the contacts in it are in the counts, too."""
    parts = [f"{word.replace('_', ' ')} {campaign[word]}" for word in ANSWERS if campaign.get(word)]
    labels = f" ({_labels(campaign)})" if campaign.get("answers") else ""
    return f"; {', '.join(parts)}{labels}" if parts else ""


def _labels(campaign: Document) -> str:
    """The most frequent first, as the API says them; a button's title is its maker's."""
    answers = list(campaign["answers"].items())
    shown = [f"{plain(label)} {count}" for label, count in answers[:LABELS_SHOWN]]
    return ", ".join([*shown, *(["…"] if len(answers) > LABELS_SHOWN else [])])


# ── following ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def follow(look: Callable[[], Awaitable[Document]], screen: Console) -> Document:
    """Shows a campaign until it ends, and answers how. look: the campaign as it is now."""
    began = time.monotonic()
    with Watch(screen) as watch:
        while True:
            campaign = await look()
            watch.show(picture(campaign, time.monotonic() - began), line(campaign))
            if campaign["state"] in ENDED:
                watch.last_word(line(campaign))
                return campaign
            await asyncio.sleep(POLL_SECONDS)


class Watch:
    """A picture that is redrawn on a terminal; lines, when they change and not too often, everywhere else."""

    def __init__(
        self, screen: Console, monotonic: Callable[[], float] = time.monotonic, *, transient: bool = False
    ) -> None:
        """transient: the picture is gone at the end, for those who draw it once more."""
        self._screen = screen
        self._monotonic = monotonic
        self._live = Live(console=screen, auto_refresh=False, transient=transient) if screen.is_terminal else None
        self._said = ""
        self._said_at = -LINE_SECONDS

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, drawn: RenderableType, said: str) -> None:
        if self._live is not None:
            self._live.update(drawn, refresh=True)
        elif self._monotonic() - self._said_at >= LINE_SECONDS:
            self.last_word(said)

    def last_word(self, said: str) -> None:
        """However soon after the line before it, unless that said the same."""
        if self._live is None and said != self._said:
            self._screen.print(said, markup=False)
            self._said, self._said_at = said, self._monotonic()
