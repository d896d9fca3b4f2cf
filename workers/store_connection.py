"""A connection to the state store that packs its commands in C. Owns the packing, nothing else.

Source: redis-py 8.1, `redis/asyncio/connection.py`: only synchronous connections pack with hiredis. Packing a settlement
in Python takes as long as making its request to the provider; in C it takes a sixth.
"""

from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import Connection
from redis.connection import HiredisRespSerializer

_pack: Callable[..., list[bytes]] = HiredisRespSerializer().pack


class PackingConnection(Connection):
    """For `redis://`. Over TLS or a unix socket, redis-py's own connections are used."""

    def pack_command(self, *args: Any) -> list[bytes]:
        return _pack(*args)

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        return [b"".join([_pack(*command)[0] for command in commands])]
