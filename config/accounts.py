"""Configured senders and keys, resolved: credentials checked, base URLs applied, secrets read.

Owns the rules of `[[senders]]` and `api_keys`; the provider owns the meaning of its credentials.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from config.settings import ApiKeySettings, SenderSettings, TenantSettings
from config.sources import SecretReader
from shared.ground.errors import ConfigurationError
from shared.ground.ids import TenantId
from shared.providers.account import Account
from shared.providers.dialect import Dialect
from shared.providers.registry import DIALECTS

WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 (a name)
ALWAYS_ALLOWED = (WEBHOOK_SECRET,)  # credentials of every provider: the secret part of the webhook's path
_SECRET_WORDS = ("token", "secret", "password", "key")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """secrets: each of them is accepted; there are several while a key is being rotated.  scopes: None for all."""

    name: str
    tenant: TenantId
    secrets: tuple[str, ...] = field(repr=False)
    scopes: frozenset[str] | None = None


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def resolve_secrets(sources: tuple[SecretStr, ...], reader: SecretReader, owner: str) -> tuple[SecretStr, ...]:
    """The values behind `env:`, `file:` or plain sources. *Raises*: ConfigurationError that names `owner` and the
    source.
    """
    return tuple(SecretStr(reader.read(source.get_secret_value(), owner)) for source in sources)


def resolve_tenant(tenant: TenantSettings, reader: SecretReader) -> TenantSettings:
    keys = [_resolve_key(tenant, key, index, reader) for index, key in enumerate(tenant.api_keys, 1)]
    return tenant.model_copy(update={"api_keys": tuple(keys)})


def _resolve_key(tenant: TenantSettings, key: ApiKeySettings, index: int, reader: SecretReader) -> ApiKeySettings:
    name = key.name or _name_of(key.secret[0].get_secret_value()) or f"key-{index}"
    values = resolve_secrets(key.secret, reader, f"tenant {tenant.id}, API key {name}")
    return key.model_copy(update={"name": name, "secret": values})


def _name_of(source: str) -> str | None:
    kind, colon, name = source.partition(":")
    return name.rpartition("/")[2] if colon and kind in {"env", "file"} else None


def resolve_sender(sender: SenderSettings, reader: SecretReader) -> SenderSettings:
    credentials = {
        name: resolve_secrets(sources, reader, f"sender {sender.id}, {name}")
        for name, sources in sender.credentials.items()
    }
    return sender.model_copy(update={"credentials": credentials})


def api_keys(tenant: TenantSettings) -> Iterator[ApiKey]:
    for key in tenant.api_keys:
        values = tuple(secret.get_secret_value() for secret in key.secret)
        scopes = None if key.scopes is None else frozenset(key.scopes)
        yield ApiKey(key.name or "", tenant.tenant_id, values, scopes)


# ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def resolve_account(sender: SenderSettings) -> Account:
    """The account of a sender whose secrets are resolved. *Raises*: ConfigurationError."""
    dialect = _dialect(sender)
    _check_credentials(sender, dialect)
    secrets = {name: tuple(value.get_secret_value() for value in values) for name, values in sender.credentials.items()}
    plain = {name: values[0] for name, values in secrets.items() if not is_secret(name)}
    return Account(
        provider=sender.provider,
        tenant=sender.tenant_id,
        sender=sender.sender_id,
        address=sender.address,
        urls=_urls(sender, dialect),
        secrets=secrets,
        options={**plain, **sender.options},
    )


def _dialect(sender: SenderSettings) -> Dialect:
    dialect = DIALECTS.get(sender.provider)
    if dialect is None:
        allowed = ", ".join(sorted(DIALECTS))
        raise ConfigurationError(f"sender {sender.id}: there is no provider {sender.provider} (allowed: {allowed})")
    return dialect


def is_secret(name: str) -> bool:
    return any(word in name for word in _SECRET_WORDS)


def _check_credentials(sender: SenderSettings, dialect: Dialect) -> None:
    required = dialect.capabilities.required_credentials
    optional = dialect.capabilities.optional_credentials
    missing = [name for name in required if name not in sender.credentials]
    if missing:
        raise ConfigurationError(
            f"sender {sender.id}: {sender.provider} also needs the credentials {', '.join(missing)}"
        )
    allowed = (*required, *optional, *ALWAYS_ALLOWED)
    unknown = [name for name in sender.credentials if name not in allowed]
    if unknown:
        raise ConfigurationError(
            f"sender {sender.id}: {sender.provider} knows no credentials {', '.join(unknown)} "
            f"(allowed: {', '.join(dict.fromkeys(allowed))})"
        )


def _urls(sender: SenderSettings, dialect: Dialect) -> Mapping[str, str]:
    """The provider's URLs. `api_base` replaces each default; a URL under its own name replaces both."""
    defaults = dialect.capabilities.default_urls
    unknown = sorted(sender.urls.keys() - defaults.keys() - {"api_base"})
    if unknown:
        allowed = ", ".join(sorted(defaults.keys() | {"api_base"}))
        raise ConfigurationError(
            f"sender {sender.id}: {sender.provider} has no URL {', '.join(unknown)} (allowed: {allowed})"
        )
    moved = {name: sender.urls.get("api_base", url) for name, url in defaults.items()}
    urls = {**moved, **sender.urls}
    if "api_base" not in urls:
        raise ConfigurationError(f"sender {sender.id}: {sender.provider} has no address of its own: set api_base")
    return urls


def is_webhook_proven(account: Account) -> bool:
    """Whether a webhook can be verified: by a signature, or by a secret part of the path."""
    return DIALECTS[account.provider].signs_webhooks or WEBHOOK_SECRET in account.secrets


def webhook_path(account: Account) -> str:
    """The path of the provider's webhooks, with its secret part if there is one. Messages come there as well as
    statuses.
    """
    secret = f"/s/{account.get_secret(WEBHOOK_SECRET)}" if WEBHOOK_SECRET in account.secrets else ""
    return f"/webhooks/{account.provider}/{account.sender}{secret}/status"


def shown_webhook_url(account: Account, url: str) -> str:
    """The URL that a person gives to the provider, with the secret's name where the secret stands. url: the real one."""
    base = url.removesuffix("/status")
    if WEBHOOK_SECRET not in account.secrets:
        return base
    return f"{base.removesuffix(account.get_secret(WEBHOOK_SECRET))}<{WEBHOOK_SECRET}>"


# ── reachability ────────────────────────────────────────────────────────────────────────────────────────────────────


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
        return address.is_loopback or address.is_unspecified
    except ValueError:
        return False
