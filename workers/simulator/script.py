"""The script: one frozen JSON document that sets the simulator's behaviour. Every field is optional.

Owns its shape and defaults; the parts are in `habits`, `fault_rules` and `template_catalogue`. Owns no behaviour.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from shared.ground.errors import ConfigurationError
from workers.simulator.fault_rules import Fault
from workers.simulator.habits import Contacts
from workers.simulator.schema import Address, Probability, Span, StrictModel, Url, read_document
from workers.simulator.template_catalogue import CatalogueEntry, Template, make_template


class Callbacks(StrictModel):
    """Accidents of the webhooks.

    duplicate: probability that a status or a contact's message is sent twice.
    reorder: probability that a message's statuses come backwards.
    early: probability that the first status comes before the response to the send.
    late_ms: added before the first status.
    bad_signature: probability that a forged copy precedes a status or a contact's message.
    batch: the most statuses, or contacts' messages, in one body, if the provider combines them.
    """

    enabled: bool = True
    duplicate: Probability = 0.0
    reorder: Probability = 0.0
    early: Probability = 0.0
    late_ms: Span = (0, 0)
    bad_signature: Probability = 0.0
    batch: Annotated[int, Field(ge=1, le=1_000)] = 1


class Webhooks(StrictModel):
    """The client's URLs for statuses and for contacts' messages, if requests name none."""

    status: Url | None = None
    message: Url | None = None


class Meta(StrictModel):
    """An app of Meta's and the business account of all its numbers.

    app_secret: signs every webhook.  verify_token: sent in the handshake, which happens at start if `handshake` is set.
    user_ids: contacts without a bsuid in the script get one.
    held: templates whose messages Meta first holds for a quality assessment.
    preparing: templates that are not ready for the Marketing Messages API yet.
    marketing_by_messages: whether `messages` takes marketing templates, too.
    """

    app_secret: Annotated[str, Field(min_length=1, repr=False)] = "made-up-app-secret"  # noqa: S105 (made up)
    verify_token: Annotated[str, Field(min_length=1, repr=False)] = "made-up-verify-token"  # noqa: S105 (made up)
    waba_id: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] = "100000000000001"
    handshake: bool = False
    user_ids: bool = True
    held: frozenset[str] = frozenset()
    preparing: frozenset[str] = frozenset()
    marketing_by_messages: bool = True


class Twilio(StrictModel):
    """shared_key: the secret of a SharedKey that signs every webhook instead of the account's token, with SHA-256."""

    shared_key: str | None = Field(None, min_length=1, repr=False)


class SharedKey(str):
    """A signing secret that is a SharedKey of Twilio's: its webhooks say so in a header."""

    __slots__ = ()


NO_WEBHOOKS = Webhooks()


class Script(StrictModel):
    """The simulator's behaviour.

    accounts: account → token, for all providers; None accepts every token. Hey's Client API has accounts of its own. An
    API key of Twilio's (`SK…` → its secret) may act for every account.
    templates: id → template, or its variables alone; None accepts every id, and has no list of them. Providers that know
    templates by name take the id as the name, unless the template has a name of its own.
    rate_limit_per_second: the most acceptances of one sender in any second. retry_after_s: sent with a refusal beyond it.
    not_on_whatsapp: numbers whose messages are accepted and end undelivered.
    services: stand-in for a number (a messaging service's id; an account, if requests name no sender) → that number.
    enforce_windows: a free-form message fails outside the `window_seconds` after the contact's last message.
    advanced_opt_out: the provider itself obeys a contact's STOP.
    webhooks: by provider, or by account.  token_seconds: the life of a login's token.
    inbound_url: the URL for contacts' messages if `webhooks` has none; None: the callback URL of the message that they
    answer, without its query.
    """

    seed: int = 0
    latency_ms: Span = (0, 0)
    rate_limit_per_second: PositiveInt | None = None
    retry_after_s: NonNegativeInt | None = None
    accounts: dict[str, str] | None = Field(default=None, repr=False)
    templates: dict[str, CatalogueEntry] | None = None
    services: dict[str, Address] = Field(default_factory=dict)
    contacts: Contacts = Contacts()
    not_on_whatsapp: frozenset[Address] = frozenset()
    faults: tuple[Fault, ...] = ()
    callbacks: Callbacks = Callbacks()
    webhooks: dict[str, Webhooks] = Field(default_factory=dict, repr=False)
    meta: Meta = Meta()
    twilio: Twilio = Twilio()
    token_seconds: PositiveFloat = 86_400
    inbound_url: Url | None = None
    enforce_windows: bool = True
    window_seconds: PositiveFloat = 86_400
    advanced_opt_out: bool = False

    @cached_property
    def catalogue(self) -> Mapping[str, Template]:
        """Every template by id; empty also if every id is accepted."""
        return {sid: make_template(entry) for sid, entry in (self.templates or {}).items()}

    def find_template(self, name: str, language: str) -> Template | None:
        """The template by name and language. An entry of variables alone fits any language."""
        return self._by_name.get((name, language)) or self._by_name.get((name, None))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str | None], Template]:
        return {
            (template.name or key, template.language if isinstance(entry, Template) else None): template
            for (key, entry), template in zip((self.templates or {}).items(), self.catalogue.values(), strict=True)
        }

    def is_authorized(self, account: str, token: str) -> bool:
        """A script without accounts accepts every token but an empty one."""
        return bool(token) if self.accounts is None else self.accounts.get(account) == token

    def find_secret(self, provider: str, account: str) -> str:
        """The key that signs an account's webhooks: its token, or a SharedKey of Twilio's; for Meta, the app's secret."""
        if provider == "meta":
            return self.meta.app_secret
        return (self.find_shared_key() if provider == "twilio" else None) or (self.accounts or {}).get(account, "")

    def find_shared_key(self) -> SharedKey | None:
        return None if self.twilio.shared_key is None else SharedKey(self.twilio.shared_key)

    def find_status_url(self, provider: str, account: str) -> str | None:
        return self._find_webhooks(provider, account).status

    def find_message_url(self, provider: str, account: str) -> str | None:
        return self._find_webhooks(provider, account).message or self.inbound_url

    def _find_webhooks(self, provider: str, account: str) -> Webhooks:
        return self.webhooks.get(account) or self.webhooks.get(provider) or NO_WEBHOOKS


def read_script(text: str | bytes) -> Script:
    """*Raises*: ConfigurationError, one line for each mistake, with its place in the document."""
    return read_document(Script, text, "script")


def load_script(path: Path | None) -> Script:
    """The script in a file, or the defaults. *Raises*: ConfigurationError."""
    if path is None:
        return Script()
    try:
        return read_script(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"script {path}: {error.strerror}") from None
