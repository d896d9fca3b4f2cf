"""Each wall holds: a forbidden import, added to a copy of the source, breaks the contract that forbids it.

The contracts are in `pyproject.toml`. A contract that nothing can break would be a drawing of a wall.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).parent / "lint-imports"
FLOORS, CIRCLES, PROVIDERS = "The floors of the domain", "No circles", "No provider knows another"
HTTP, REDIS, FRAMEWORK = "One door to HTTP", "Only stores speak Redis", "The domain knows no framework"
PROCESSES = "Processes stand on configuration, configuration on the domain"
RULES = "Rules are told, and ask nobody"
OUTSIDERS = "The command line speaks HTTP, and the simulator is somebody else"


class Breakage(NamedTuple):
    """An import that somebody may add in good faith."""

    contract: str
    file: str
    line: str


BREAKAGES = [
    Breakage(HTTP, "shared/outbound/braking.py", "import aiohttp"),
    Breakage(HTTP, "shared/templates/filling.py", "import aiohttp"),
    Breakage(REDIS, "shared/outbound/sending.py", "import redis"),
    Breakage(REDIS, "workers/sender.py", "import redis"),
    Breakage(PROVIDERS, "shared/providers/twilio/codes.py", "import shared.providers.wavy.codes"),
    Breakage(CIRCLES, "shared/ledger/states.py", "import shared.ledger.store"),
    Breakage(CIRCLES, "workers/celery_process.py", "import workers.sender"),
    Breakage(CIRCLES, "config/sources.py", "import config.loading"),
    Breakage(OUTSIDERS, "workers/simulator/journal.py", "import workers.web.values"),
    Breakage(OUTSIDERS, "workers/simulator/journal.py", "import shared.ledger.store"),
    Breakage(OUTSIDERS, "workers/cli/client.py", "import shared.people.sessions.store"),
    Breakage(OUTSIDERS, "workers/cli/client.py", "import workers.web.values"),
    Breakage(OUTSIDERS, "workers/cli/client.py", "import workers.wiring.stores"),
    Breakage(OUTSIDERS, "workers/simulator/twilio/codes.py", "import shared.providers.twilio.codes"),
    Breakage(FRAMEWORK, "shared/outbound/releasing.py", "import celery"),
    Breakage(FRAMEWORK, "shared/ground/hints.py", "import kombu"),
    Breakage(PROCESSES, "shared/ground/phone.py", "import config.settings"),
    Breakage(PROCESSES, "config/queues.py", "import workers.machine.ports"),
    Breakage(RULES, "shared/rules/window.py", "import shared.people.sessions.store"),
    Breakage(FLOORS, "shared/rules/judge.py", "import shared.outbound.braking"),
    Breakage(FLOORS, "shared/people/consenting.py", "import shared.rules.judge"),
    Breakage(FLOORS, "shared/people/consenting.py", "import shared.outbound.braking"),
    Breakage(FLOORS, "shared/conversations/replying.py", "import shared.outbound.braking"),
    Breakage(FLOORS, "shared/ledger/store.py", "import shared.campaigns.store"),
    Breakage(FLOORS, "shared/ground/ids.py", "import shared.ledger.states"),
]


def copied(to: Path) -> Path:
    for part in ("config", "shared", "workers"):
        shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def judged(root: Path) -> tuple[int, str]:
    """(exit status, what import-linter prints) of the source under `root`."""
    ran = subprocess.run([LINTER, "--no-cache"], cwd=root, capture_output=True, text=True, timeout=100, check=False)
    return ran.returncode, " ".join(ran.stdout.split()) + ran.stderr


def test_the_source_as_it_is_breaks_nothing(tmp_path: Path) -> None:
    status, said = judged(copied(tmp_path))
    assert (status, "0 broken" in said) == (0, True), said


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: f"{breakage.file}: {breakage.line}")
def test_a_forbidden_import_is_noticed(tmp_path: Path, breakage: Breakage) -> None:
    with (copied(tmp_path) / breakage.file).open("a", encoding="utf-8") as source:
        source.write(f"\n{breakage.line}\n")
    status, said = judged(tmp_path)
    assert (status, f"{breakage.contract} BROKEN" in said) == (1, True), said


def test_a_wing_without_a_floor_is_noticed(tmp_path: Path) -> None:
    wing = copied(tmp_path) / "shared" / "attic"
    wing.mkdir()
    (wing / "__init__.py").write_text('"""Nobody said where it stands."""\n', encoding="utf-8")
    status, said = judged(tmp_path)
    assert (status, f"{FLOORS} BROKEN" in said) == (1, True), said
