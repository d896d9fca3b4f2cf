"""Every case of this folder runs on fakeredis and on Valkey, and ends with the promises checked."""

from collections.abc import AsyncIterator

import pytest

from tests.scene import Scene
from tests.stores import Store


@pytest.fixture
async def scene(stores: Store) -> AsyncIterator[Scene]:
    made = Scene(stores)
    yield made
    await made.check()
