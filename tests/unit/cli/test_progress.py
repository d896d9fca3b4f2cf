"""A campaign's progress in lines."""

import io

import pytest
from rich.console import Console

from workers.cli import progress

COUNTS = dict.fromkeys(("pending", "deferred", "leased", "sending", *progress.BARS), 0)


def campaign(**counts):
    whole = {**COUNTS, **counts}
    return {"name": "May", "state": "running", "counts": {**whole, "total": sum(whole.values())}}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (campaign(), "running: 0 of 0 done"),
        (campaign(pending=3, sending=1, read=2), "running: 2 of 6 done, read 2"),
        (campaign(read=1) | {"rate": 77.62}, "running: 1 of 1 done, read 1; 77.6/s"),
        (campaign(pending=1) | {"rate": 0.0, "eta": 12.4}, "running: 0 of 1 done; 0.0/s, about 12 s to go"),
        (campaign(read=1) | {"state": "finished", "rate": 3.0}, "finished: 1 of 1 done, read 1"),
        (campaign(pending=1) | {"state": "paused", "reason": "brake"}, "paused (brake): 0 of 1 done"),
        (campaign(pending=1) | {"limited_by": "cpu"}, "running: 0 of 1 done; limited by cpu"),
        (
            campaign(pending=1) | {"rate": 0.0, "limited_by": "worker", "hint": "No sender is running."},
            "running: 0 of 1 done; 0.0/s, limited by worker. No sender is running.",
        ),
        (campaign(read=3) | {"replied": 0, "opted_out": 0, "answers": {}}, "running: 3 of 3 done, read 3"),
        (campaign(read=3) | {"replied": 2, "opted_out": 0}, "running: 3 of 3 done, read 3; replied 2"),
        (
            campaign(read=3) | {"replied": 3, "opted_out": 1, "answers": {"yes": 2, "no\x1b": 1}, "rate": 5.0},
            "running: 3 of 3 done, read 3; 5.0/s; replied 3, opted out 1 (yes 2, no␛ 1)",
        ),
    ],
)
def test_a_line_says_how_far_it_is(document, text):
    assert progress.format_line(document) == text


def test_a_picture_shows_answers_only_when_there_are_any():
    def drawn(document):
        written = io.StringIO()
        Console(file=written, width=100).print(progress.draw(document))
        return [line.split()[0] for line in written.getvalue().splitlines()]

    answers = {"replied": 2, "opted_out": 1, "answers": {str(label): 1 for label in range(9)}}

    assert drawn(campaign(read=3) | answers)[-3:] == ["replied", "opted", "answers:"]
    assert "replied" not in drawn(campaign(read=3) | {"replied": 0, "opted_out": 0, "answers": {}})


@pytest.mark.parametrize(("count", "filled"), [(0, 0), (1, 1), (500, 20), (1000, 40)])
def test_a_bar_is_never_empty_for_somebody(count, filled):
    assert progress._draw_bar(count, 1000, "red").plain.count("█") == filled


def test_without_a_terminal_lines_come_when_they_change_and_not_too_often():
    written, now = io.StringIO(), [0.0]
    with progress.Watch(Console(file=written), lambda: now[0]) as watch:
        for at, said in [(0.0, "a"), (0.5, "b"), (2.0, "c"), (4.0, "c")]:
            now[0] = at
            watch.show("", said)
        watch.print_line("d")
        watch.print_line("d")

    assert written.getvalue().split() == ["a", "c", "d"]
