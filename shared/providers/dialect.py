"""A dialect: the table of the parts by which one provider's wire is spoken. Owns no wire; each provider's package does.

A dialect is pure: message → request, response → receipt or error, raw webhook → events, signature check. No I/O,
storage, retries or logging. `client.ProviderClient` adds the one transport and an account.

A part is a module of the provider's package. The module of the same name here says in a Protocol what it promises.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.providers.account import Accounts
from shared.providers.capabilities import Capabilities
from shared.providers.checks import Checks
from shared.providers.codes import CodeTable
from shared.providers.files import OPEN_LINKS, Files
from shared.providers.polling import Polling
from shared.providers.preparing import Preparing
from shared.providers.reconciling import Reconciling
from shared.providers.sending import Sending
from shared.providers.signing import UNSIGNED, Signing
from shared.providers.templates import Templates
from shared.providers.webhooks import Webhooks


def keep(text: str) -> str:
    """The one spelling that a message id has at most providers."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The table that a provider package exposes as `DIALECT`.

    templates, preparing, polling, reconciling: None where the provider has no such thing.
    normalise_id: one spelling for all that the provider has for one message's id.
    """

    name: str
    capabilities: Capabilities
    codes: CodeTable
    account: Accounts = field(repr=False)
    sending: Sending = field(repr=False)
    webhooks: Webhooks = field(repr=False)
    checks: Checks = field(repr=False)
    signing: Signing = field(default=UNSIGNED, repr=False)
    files: Files = field(default=OPEN_LINKS, repr=False)
    templates: Templates | None = field(default=None, repr=False)
    preparing: Preparing | None = field(default=None, repr=False)
    polling: Polling | None = field(default=None, repr=False)
    reconciling: Reconciling | None = field(default=None, repr=False)
    normalise_id: Callable[[str], str] = field(default=keep, repr=False)

    def is_same_message(self, one: str, other: str) -> bool:
        """Whether two of the provider's ids name one message."""
        return self.normalise_id(one) == self.normalise_id(other)

    @property
    def signs_webhooks(self) -> bool:
        return self.signing is not UNSIGNED
