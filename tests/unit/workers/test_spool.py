"""Several `webhook` processes on one data directory share a spool: its bound, its entries, and nothing of each other's."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.ground.ids import EntryId
from shared.inbound.journal.store import Entry
from tests.factories import SENDER
from tests.stores import START
from workers import spool
from workers.spool import Spool, SpoolFull

URL = "https://hooks.example.com"


def entry(name: str) -> Entry:
    return Entry(EntryId(name), "twilio", SENDER, URL, "", {}, START, "status", b"a=1")


SIZE = len(entry("e1").to_bytes())


def test_the_bound_holds_over_all_processes(tmp_path: Path) -> None:
    one, other = Spool(tmp_path, 3 * SIZE), Spool(tmp_path, 3 * SIZE)
    one.put(entry("e1"))
    other.put(entry("e2"))
    one.put(entry("e3"))
    for each in (one, other):
        with pytest.raises(SpoolFull):
            each.put(entry("e4"))
    other.remove(entry("e1"))
    one.put(entry("e4"))
    assert len(list(tmp_path.glob("*.entry"))) == 3


def test_many_threads_of_two_processes_fill_it_to_the_bound_and_not_beyond(tmp_path: Path) -> None:
    each = [Spool(tmp_path, 20 * SIZE + SIZE // 2) for _ in range(2)]

    def put(number: int) -> bool:
        try:
            each[number % 2].put(entry(f"e{number % 90 + 10}"))
        except SpoolFull:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(put, range(90))) == 20
    assert len(list(tmp_path.glob("*.entry"))) == 20


def test_whoever_gives_entries_back_empties_it_for_all(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    one.put(entry("e1"))
    assert not other.is_empty
    for found in other.read_entries():
        other.remove(found)
    assert one.is_empty
    assert other.is_empty


def test_two_that_give_back_the_same_entries_count_each_once(tmp_path: Path) -> None:
    """Both have read the entry, and one is faster."""
    one, other = Spool(tmp_path, 2 * SIZE), Spool(tmp_path, 2 * SIZE)
    for name in ("e1", "e2"):
        one.put(entry(name))
    mine = one.read_entries()
    first = next(mine)
    for found in list(other.read_entries()):
        other.remove(found)
    one.remove(first)
    assert list(mine) == [], "the other process has taken the rest"
    assert one.is_empty
    for name in ("e3", "e4"):
        one.put(entry(name))
    with pytest.raises(SpoolFull):
        other.put(entry("e5"))


def test_a_process_that_starts_removes_what_the_dead_left_half_written_and_nothing_of_the_living(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dead.part").write_bytes(b"{")
    one = Spool(tmp_path)
    real = os.fsync
    seen: list[bool] = []

    def fsync(descriptor: int) -> None:
        if not seen:
            seen.append(Spool(tmp_path).is_empty)
        real(descriptor)

    monkeypatch.setattr(spool, "os", SimpleNamespace(**{**vars(os), "fsync": fsync}))
    one.put(entry("e1"))
    assert seen == [False], "it counts from before its first byte"
    assert [found.id for found in one.read_entries()] == ["e1"]
    assert list(tmp_path.glob("*.part")) == []


def test_the_count_is_right_again_after_a_process_that_died_while_it_wrote(tmp_path: Path) -> None:
    one = Spool(tmp_path, 2 * SIZE)
    one.put(entry("e1"))
    for path in tmp_path.glob("*.entry"):
        path.unlink()  # by a process that died before it has counted
    assert list(one.read_entries()) == []
    assert one.is_empty
    for name in ("e2", "e3"):
        one.put(entry(name))


def test_a_restart_on_a_full_disk_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(spool, "os", SimpleNamespace(**{**vars(os), "open": no_space}))
        made = Spool(tmp_path)
        assert made.is_empty
        with pytest.raises(OSError, match="No space left"):
            made.put(entry("e1"))
    made.put(entry("e1"))
    assert not made.is_empty
