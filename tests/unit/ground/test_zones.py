"""One edition of the time zones: the newest of the system's and the package's, also where there is one of them only."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tzdata

from shared.ground.zones import Edition, read_zone

ASKED = """
import json
from datetime import datetime
from zoneinfo import ZoneInfo
import workers.web.app
from shared.ground import zones
from shared.ground.clock import aware
offset = str(aware(datetime(2026, 12, 1, 9), "America/Montevideo").utcoffset())
own = str(datetime(2026, 12, 1, tzinfo=ZoneInfo("America/Montevideo")).utcoffset())
print(json.dumps([str(zones.EDITION), offset, own]))
"""
PACKAGE = f"{tzdata.IANA_VERSION} (tzdata package)"
MONTEVIDEO, UTC = "-1 day, 21:00:00", "0:00:00"


def ask(path: str) -> list[str]:
    """[edition, offset by our door, offset by Python's own] of a process whose system has its zones there."""
    environ = os.environ | {"PYTHONTZPATH": path, "PYTHONPATH": os.getcwd()}  # noqa: PTH109 (as the process has it)
    done = subprocess.run([sys.executable, "-c", ASKED], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: list[str] = json.loads(done.stdout.splitlines()[-1])
    return answer


def system(folder: Path, head: str, file: str = "tzdata.zi") -> str:
    """A system's database where Montevideo is in UTC, so that one sees which was read."""
    zones = Path(tzdata.__file__).parent / "zoneinfo"
    (folder / "America").mkdir()
    for name in ("UTC", "America/Montevideo"):
        shutil.copy(zones / "UTC", folder / name)
    if head:
        (folder / file).write_text(head, encoding="utf-8")
    return str(folder)


def test_without_the_systems_zones_everything_starts_on_the_packages():
    assert ask("") == [PACKAGE, MONTEVIDEO, MONTEVIDEO]


@pytest.mark.parametrize(
    ("head", "file"),
    [("# version 2025b\n", "tzdata.zi"), ("2025b\n", "+VERSION"), ("# nonsense", "tzdata.zi"), ("", "")],
)
def test_an_older_or_unnamed_edition_of_the_system_gives_way_to_the_package(tmp_path, head, file):
    assert ask(system(tmp_path, head, file)) == [PACKAGE, MONTEVIDEO, MONTEVIDEO]


def test_a_newer_edition_of_the_system_goes_first(tmp_path):
    assert ask(system(tmp_path, "# version 2999a\n")) == ["2999a (system)", UTC, UTC]


@pytest.mark.parametrize("name", ["America/Nowhere", "America", "", "../etc/passwd", "\0"])
def test_a_name_that_is_no_zone_is_refused_with_an_example(name):
    with pytest.raises(ValueError, match="such as America/Montevideo"):
        read_zone(name)


def test_an_edition_without_a_number_says_so():
    assert str(Edition("", "system")) == "of unknown edition (system)"


def test_nobody_reads_a_zone_past_this_door():
    """`ZoneInfo(…)` elsewhere could run before the edition is chosen."""
    folders = [Path(name) for name in ("config", "shared", "workers")]
    doors = [path.as_posix() for folder in folders for path in folder.rglob("*.py") if "ZoneInfo(" in path.read_text()]
    assert doors == ["shared/ground/zones.py"]
