"""TCP ports for our own servers: free ones chosen, configured ones checked. Owns no server."""

import random
import socket
from collections.abc import Iterator

from config.settings import Listen
from shared.ground.errors import ConfigurationError

# Below the range that Linux takes for outgoing connections (32768 up): a foreign connection could hold a port of that
# range at the moment when a restarted process needs it again.
MIN_PORT, MAX_PORT = 20_000, 32_000
ATTEMPTS = 200


class Ports:
    """Settles several addresses and gives no port twice."""

    def __init__(self, embedded: int | None) -> None:
        """embedded: the embedded server's port."""
        self._taken = frozenset({embedded} if embedded else ())

    def settle(self, listen: Listen, setting: str) -> Listen:
        """The address with a port; 0 becomes a free one. setting: for the message, as `[api] listen`.

        *Raises*: ConfigurationError for a taken port.
        """
        settled = self._choose(listen, setting)
        self._taken |= {settled.port}
        return settled

    def settle_next(self, first: Listen, setting: str) -> Listen:
        """As `settle`, but counts up from a configured port that was given already."""
        port = first.port
        while port and port in self._taken:
            port += 1
        return self.settle(Listen(first.host, port), setting)

    def _choose(self, listen: Listen, setting: str) -> Listen:
        if listen.port == 0:
            return Listen(listen.host, find_free_port(listen.host, self._taken))
        if listen.port in self._taken or not is_free(listen):
            raise ConfigurationError(
                f"{setting} = {str(listen)!r}: the port is taken (or not allowed); choose another, or 0 for any free one"
            )
        return listen


def find_free_port(host: str = "127.0.0.1", taken: frozenset[int] = frozenset()) -> int:
    """A free port. taken: ports to leave out. *Raises*: ConfigurationError after 200 attempts."""
    for port in _draw_candidates():
        if port not in taken and is_free(Listen(host, port)):
            return port
    raise ConfigurationError(f"no free port on {host} between {MIN_PORT} and {MAX_PORT}")


def is_free(listen: Listen) -> bool:
    """Whether our servers could bind it now. *Raises*: ConfigurationError if the host is not this machine's."""
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


def _draw_candidates() -> Iterator[int]:
    source = random.SystemRandom()
    for _ in range(ATTEMPTS):
        yield source.randrange(MIN_PORT, MAX_PORT)
