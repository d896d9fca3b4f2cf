"""Small storms of new seeds: `make chaos` runs them with 20,000 contacts. A seed's harms are the same each time."""

from random import Random

import pytest

from tests.chaos.harms import choose
from tests.chaos.storm import Storm, run

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

CONTACTS, RATE, STORMS = 300, 150.0, 2


async def test_small_storms_break_no_promise(tmp_path, seed):
    storms = [Storm(seed + place, CONTACTS, RATE, place * CONTACTS) for place in range(STORMS)]
    verdicts = await run(storms, tmp_path)
    print(*verdicts, sep="\n")
    assert [verdict.fault for verdict in verdicts] == [""] * STORMS


def test_a_seed_repeats_its_harms():
    one, other = Storm(7, 20_000, 500), Storm(7, 20_000, 500)
    assert one.harms == other.harms
    assert one.harms != Storm(8, 20_000, 500).harms
    assert [harm.at for harm in one.harms] == sorted(harm.at for harm in one.harms)


def test_many_seeds_meet_every_kind_of_harm():
    met = {(harm.act, harm.target) for seed in range(200) for harm in choose(Random(seed), 10)}
    assert {act for act, _ in met} == {
        "kill", "stop", "reset", "close", "half_close", "lose", "stall", "restart", "purge",
    }  # fmt: skip
    assert {target for _, target in met} >= {"sender", "sender.2", "dialer", "consumer", "webhook", "janitor", "web"}
