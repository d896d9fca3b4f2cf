"""What the fault tests stand on: a world of one's own, and a seed that is printed and can be given again."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.world import SEED_VARIABLE, Plan, World


@pytest.fixture
def seed() -> int:
    """Another one each time, unless ORIEL_CHAOS_SEED says which."""
    given = os.environ.get(SEED_VARIABLE)
    return int(given) if given else random.SystemRandom().randrange(1_000_000)


@pytest.fixture
def world(tmp_path: Path, seed: int) -> Callable[..., World]:
    """Its arguments are the plan; the test enters what it answers."""
    return lambda **plan: World(tmp_path, Plan(**plan), seed)
