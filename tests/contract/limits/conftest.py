"""One suite, three implementations."""

import pytest

from tests.contract.limits.limiters import Limiter, OracleLimiter, ScriptLimiter


@pytest.fixture(params=["oracle", "fakeredis", "valkey"])
def limiter(request: pytest.FixtureRequest) -> Limiter:
    if request.param == "oracle":
        return OracleLimiter()
    return ScriptLimiter(request.getfixturevalue("fake_store" if request.param == "fakeredis" else "valkey_store"))
