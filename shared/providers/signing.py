"""The part of a dialect that proves a webhook's sender. Owns no provider's rule of signing.

`UNSIGNED` serves a provider that signs nothing: the ingress checks a secret part of the webhook's path instead.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from shared.ground.errors import WebhookRejected
from shared.providers.account import Account
from shared.providers.events import RawWebhook


class Signing(Protocol):
    """Every function is pure."""

    def answer_handshake(self, account: Account, query: Mapping[str, str]) -> str:
        """The text that answers a GET by which the provider verifies our URL.

        *Raises*: WebhookRejected, also where the provider makes no handshake.
        """
        ...

    def authenticate(self, account: Account, webhook: RawWebhook) -> None:
        """*Raises*: WebhookRejected. In constant time; any configured secret is enough, so that secrets can be rotated."""
        ...


def reject_handshake(_account: Account, _query: Mapping[str, str]) -> str:
    """For a provider that makes no handshake. *Raises*: WebhookRejected."""
    raise WebhookRejected("no-handshake")


def require_match(given: str, expected: Iterable[str]) -> None:
    """*Raises*: WebhookRejected unless `given` is one of the expected texts, which are not computed where it is empty."""
    if not given:
        raise WebhookRejected("missing")
    if not is_match(given, expected):
        raise WebhookRejected("wrong")


def is_match(given: str, expected: Iterable[str]) -> bool:
    """Every text is compared, each in constant time: time must not tell which secret matched."""
    raw = given.encode("utf-8", "replace")
    return any([hmac.compare_digest(raw, text.encode("utf-8", "replace")) for text in expected])  # noqa: C419 (all of them)


class Unsigned:
    """A provider that neither signs nor verifies."""

    def answer_handshake(self, account: Account, query: Mapping[str, str]) -> str:
        return reject_handshake(account, query)

    def authenticate(self, _account: Account, _webhook: RawWebhook) -> None:
        """Nothing can be checked."""


UNSIGNED: Final = Unsigned()
