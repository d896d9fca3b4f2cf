"""TCP ports for our own servers: free ones chosen, configured ones checked. Owns no server."""

import random
import socket
from collections.abc import Iterator

from config.settings import Listen
from shared.ground.errors import ConfigurationError

# Below the range that Linux takes for outgoing connections (32768 up): a port from up there may be in use by somebody's
# connection at the very moment when a restarted process wants it back.
LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 200


def free_port(host: str = "127.0.0.1", taken: frozenset[int] = frozenset()) -> int:
    """A port nobody listens on. taken: ports promised to others. *Raises*: ConfigurationError when there is none."""
    for port in _candidates():
        if port not in taken and is_free(Listen(host, port)):
            return port
    raise ConfigurationError(f"no free port on {host} between {LOWEST} and {HIGHEST}")


def _candidates() -> Iterator[int]:
    chance = random.SystemRandom()
    for _ in range(ATTEMPTS):
        yield chance.randrange(LOWEST, HIGHEST)


def is_free(listen: Listen) -> bool:
    """Binds it as our servers would, and lets go. *Raises*: ConfigurationError when the host is not this machine's."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except socket.gaierror:
            raise ConfigurationError(f"{listen.host} is no address of this machine to listen on") from None
        except OSError:
            return False
    return True


def settled(listen: Listen, setting: str, taken: frozenset[int] = frozenset()) -> Listen:
    """The address with its port decided. setting: for the message, `[api] listen`. *Raises*: ConfigurationError."""
    if listen.port == 0:
        return Listen(listen.host, free_port(listen.host, taken))
    if listen.port in taken or not is_free(listen):
        raise ConfigurationError(
            f"{setting} = {str(listen)!r}: the port is taken (or not allowed); choose another, or 0 for any free one"
        )
    return listen
