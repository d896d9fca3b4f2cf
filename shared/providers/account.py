"""One sender's account at its provider: credentials, addresses, options. A dialect's `account` module reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from shared.ground.ids import SenderId, TenantId

CACHED_SENDERS: Final = 1_024  # headers and URLs are the same in every message of a sender: each is built once


@dataclass(frozen=True, slots=True)
class Account:
    """One sender's credentials at its provider, resolved (no `env:` any more). Never logged.

    secrets: each name holds one or more values, newest first; more than one while a secret is being rotated.
    options: the provider's non-secret settings (namespace, channel, …).
    urls: bases by name; `api_base` is always there.
    """

    provider: str
    tenant: TenantId
    sender: SenderId
    address: str
    urls: Mapping[str, str]
    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Of the sender alone: an installation has one account for each, so that what was built for one is found quickly.
        None of the mappings ever changes.
        """
        return hash(self.sender)

    def get_secret(self, name: str) -> str:
        """The newest value. *Raises*: KeyError, which `Capabilities.required_credentials` prevents at start."""
        return self.secrets[name][0]

    def get_base(self, name: str = "api_base") -> str:
        """A configured base URL, without a slash at its end. *Raises*: KeyError."""
        return self.urls[name].rstrip("/")


class Accounts(Protocol):
    """The part of a dialect that names accounts and senders."""

    def find_account_key(self, account: Account) -> str:
        """The provider's account that rate limits count against; not a secret, safe in a key and a metric."""
        ...

    def list_names(self, account: Account) -> tuple[str, ...]:
        """Names by which an event's `to` may call this sender."""
        ...
