"""What counts as on disk: which servers' word is believed, and what an operator is told about the others."""

import pytest

from shared.ground.persistence import Proof, judge_persistence

GOOD = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}


def redis(version: str, **more: object) -> dict[str, object]:
    return {"redis_version": version, **more}


def valkey(version: str) -> dict[str, object]:
    return {"server_name": "valkey", "redis_version": "7.2.4", "valkey_version": version}


@pytest.mark.parametrize(
    ("info", "believed"),
    [
        (redis("7.2.0"), True),
        (redis("7.2.11"), True),
        (redis("7.4.0"), False),
        (redis("7.4.10"), False),
        (redis("8.0.0"), True),
        (redis("8.8.1"), True),
        (redis("255.255.255"), True),
        (valkey("9.0.0"), False),
        (valkey("9.1.2"), False),
        (valkey("10.0.0"), False),
        (redis("7.2.5", dragonfly_version="df-v1.30"), False),
        (redis("7.2.5", server_name="somebody-elses"), False),
        ({}, False),
    ],
)
def test_under_everysec_a_confirmation_is_believed_only_from_versions_known_to_be_true(info, believed):
    found = judge_persistence(GOOD, info)

    assert found.proof is (Proof.WAITAOF if believed else Proof.UNPROVEN)
    assert found.is_durable is believed
    assert found.durability.wait_aof
    assert "set `appendfsync always`" in str(found.warning)


@pytest.mark.parametrize("info", [redis("7.0.15"), valkey("9.1.2"), {}])
def test_with_always_every_server_is_believed_and_nothing_is_asked(info):
    found = judge_persistence(GOOD | {"appendfsync": "always"}, info)

    assert (found.proof, found.warning) == (Proof.ALWAYS, None)
    assert not found.durability.wait_aof


@pytest.mark.parametrize(
    ("change", "proof", "remedy"),
    [
        ({"appendonly": "no"}, Proof.NONE, "set `appendonly yes`"),
        ({"appendfsync": "no"}, Proof.UNPROVEN, "nothing is sent"),
        (
            {"appendfsync": "always", "no-appendfsync-on-rewrite": "yes"},
            Proof.UNPROVEN,
            "`no-appendfsync-on-rewrite no`",
        ),
        ({"appendfsync": "always", "maxmemory-policy": "allkeys-lru"}, Proof.ALWAYS, "set `noeviction`"),
    ],
)
def test_whatever_else_may_lose_a_mark_is_said_with_its_remedy(change, proof, remedy):
    found = judge_persistence(GOOD | change, redis("8.2.0"))

    assert found.proof is proof
    assert remedy in str(found.warning)


@pytest.mark.parametrize(
    ("info", "proof"),
    [
        (redis("8.2.0", aof_enabled=1), Proof.WAITAOF),
        (redis("7.0.15", aof_enabled=1), Proof.UNPROVEN),
        (redis("8.2.0", aof_enabled=0), Proof.NONE),
    ],
)
def test_a_managed_server_that_hides_its_configuration_is_judged_by_what_it_shows(info, proof):
    assert judge_persistence(None, info).proof is proof


def test_a_server_that_says_nothing_at_all_is_not_waited_for_and_the_operator_is_told():
    """An ACL user with `-@dangerous`: WAITAOF could be an error there, and nothing would be sent."""
    found = judge_persistence(None, {})
    assert (found.proof, found.durability.wait_aof) == (Proof.NONE, False)
    assert "+info" in str(found.warning)
