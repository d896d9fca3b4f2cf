"""The settings of one installation: a frozen tree, and the only reader of `oriel.toml` and of the environment.

Owns precedence (argument, environment, file, default) and the checks that need several tables; the tables are in
`settings`, reading the file and the environment is in `sources`.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import accounts
from config.accounts import ApiKey
from config.endpoints import DEFAULT_DATA_DIR, read_endpoints
from config.settings import (
    ApiSettings,
    BrakesSettings,
    BrokerSettings,
    InboundSettings,
    Listen,
    LoggingSettings,
    OpsSettings,
    ReconciliationSettings,
    RetentionSettings,
    Secrets,
    SenderSettings,
    SendingSettings,
    SimulatorSettings,
    StateSettings,
    SyncSettings,
    TemplateSettings,
    TenantSettings,
    TimingSettings,
    WebhookSettings,
)
from config.sources import NESTING, PREFIX, SecretReader, explain, merge, read_environment, read_toml
from shared.ground.errors import ConfigurationError
from shared.ground.ids import SenderId
from shared.people.locales import Locale, Locales
from shared.providers.account import Account

__all__ = ["ApiKey", "Listen", "LoggingSettings", "SenderSettings", "Settings", "TemplateSettings", "TenantSettings"]
__all__ += ["attach", "load_settings"]

CONFIG_VARIABLE = "ORIEL_CONFIG"
DATA_DIR_VARIABLE = "ORIEL_DATA_DIR"
DEFAULT_FILE = Path("oriel.toml")
DEFAULT_TENANT = "default"
NOT_IN_THE_FILE = {
    "data_dir": f"the data directory is given by --data-dir or {DATA_DIR_VARIABLE}, so that commands find it",
    "config_file": "a configuration file does not name itself",
}


class Settings(BaseSettings):
    """All differences between two installations. Secrets are resolved; nothing is read again."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter=NESTING,
    )

    data_dir: Path = Field(description="Folder of this installation's own files.")
    config_file: Path | None = Field(None, description="The file these settings came from.")
    secret: Secrets | None = Field(
        None,
        description="Signs our references and names contacts; the same for all processes of an installation, for ever. "
        "Absent: one is made and kept in the state store.",
    )
    state: StateSettings = StateSettings(url=None)
    broker: BrokerSettings = BrokerSettings(url=None)
    api: ApiSettings = ApiSettings()
    webhook: WebhookSettings = WebhookSettings()
    ops: OpsSettings = OpsSettings()
    sending: SendingSettings = SendingSettings()
    timing: TimingSettings = TimingSettings()
    inbound: InboundSettings = InboundSettings()
    brakes: BrakesSettings = BrakesSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    sync: SyncSettings = SyncSettings()
    retention: RetentionSettings = RetentionSettings()
    logging: LoggingSettings = LoggingSettings()
    simulator: SimulatorSettings = SimulatorSettings()
    tenants: tuple[TenantSettings, ...] = (TenantSettings(id=DEFAULT_TENANT),)
    senders: tuple[SenderSettings, ...] = ()
    templates: tuple[TemplateSettings, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the library's signature)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only: `load_settings` reads the environment, which is an argument."""
        return (init_settings,)

    @field_validator("tenants")
    @classmethod
    def _default_tenant(cls, tenants: tuple[TenantSettings, ...]) -> tuple[TenantSettings, ...]:
        return tenants or (TenantSettings(id=DEFAULT_TENANT),)

    @model_validator(mode="before")
    @classmethod
    def _fill_in_only_tenant(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Give every sender without a tenant the only one, if there is one tenant."""
        match given.get("tenants") or [{"id": DEFAULT_TENANT}], given.get("senders"):
            case [{"id": tenant}], list(senders):
                owned = [{"tenant": tenant, **sender} if isinstance(sender, dict) else sender for sender in senders]
                return {**given, "senders": owned}
            case _:
                return given

    @property
    def public_url(self) -> str:
        """The URL at which providers reach the webhook port, without a slash at the end."""
        return self.webhook.public_url or self.webhook.listen.url

    def accounts(self) -> Mapping[SenderId, Account]:
        """The account of every sender. *Raises*: ConfigurationError."""
        return {sender.sender_id: accounts.resolve_account(sender) for sender in self.senders}

    def webhook_url(self, account: Account) -> str:
        """The URL of this account's webhooks, to be configured at the provider."""
        return f"{self.public_url}{accounts.webhook_path(account)}"

    def locales(self) -> Locales:
        """Of every tenant, and of the senders that have a region of their own."""
        tenants = {tenant.tenant_id: Locale(tenant.region, tenant.timezone) for tenant in self.tenants}
        return Locales(tenants, {one.sender_id: one.region for one in self.senders if one.region is not None})

    def api_keys(self) -> tuple[ApiKey, ...]:
        return tuple(key for tenant in self.tenants for key in accounts.api_keys(tenant))

    def secret_values(self) -> frozenset[str]:
        """All secrets, for the redaction of logs."""
        keys = (value for key in self.api_keys() for value in key.secrets)
        credentials = (
            secret.get_secret_value()
            for sender in self.senders
            for name, values in sender.credentials.items()
            if accounts.is_secret(name)
            for secret in values
        )
        own = (self.secret or ()) + ((self.api.operator_key,) if self.api.operator_key else ())
        stores = (urlsplit(url).password for url in (self.state.url, self.broker.url) if url)
        passwords = (unquote(password) for password in stores if password)
        return frozenset((*keys, *credentials, *passwords, *(secret.get_secret_value() for secret in own)))


# ── loading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def load_settings(
    config: Path | None = None, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Read and check everything, secrets included.

    config: if None, ORIEL_CONFIG, else `oriel.toml` in the working directory if it exists, else defaults.
    data_dir: if None, ORIEL_DATA_DIR, else `.oriel`.
    *Raises*: ConfigurationError; its text names the key to change, and never holds a secret.
    """
    file = _config_file(config, environ)
    origin = str(file) if file else "the settings"
    from_file = read_toml(file) if file else {}
    _refuse(from_file, origin)
    given = merge(from_file, read_environment(Settings, environ))
    given["data_dir"] = _data_dir(data_dir, environ)
    given["config_file"] = file
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise ConfigurationError(explain(error, Settings, given, origin, environ)) from None
    return _check(_with_secrets(settings, environ), origin)


def _config_file(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = config or environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    try:
        return DEFAULT_FILE.absolute() if DEFAULT_FILE.exists() else None
    except OSError as error:
        raise ConfigurationError(f"{DEFAULT_FILE} in the working directory cannot be read: {error.strerror}") from None


def _data_dir(data_dir: Path | None, environ: Mapping[str, str]) -> Path:
    named = data_dir or environ.get(DATA_DIR_VARIABLE) or DEFAULT_DATA_DIR
    return Path(named).expanduser().absolute()


def _refuse(from_file: Mapping[str, object], origin: str) -> None:
    for key, reason in NOT_IN_THE_FILE.items():
        if key in from_file:
            raise ConfigurationError(f"{origin}: {key} is no key here: {reason}")
    private = next((key for key in from_file if key.startswith("_")), None)
    if private is not None:  # pydantic-settings would read some of these as its own switches
        raise ConfigurationError(f"{origin}: {private} is no key here")


def _with_secrets(settings: Settings, environ: Mapping[str, str]) -> Settings:
    folder = settings.config_file.parent if settings.config_file else Path.cwd()
    reader = SecretReader(environ, folder)
    return settings.model_copy(
        update={
            "secret": settings.secret and accounts.resolve_secrets(settings.secret, reader, "secret"),
            "tenants": tuple(accounts.resolve_tenant(tenant, reader) for tenant in settings.tenants),
            "senders": tuple(accounts.resolve_sender(sender, reader) for sender in settings.senders),
        }
    )


# ── checks of several tables ────────────────────────────────────────────────────────────────────────────────────────


def _check(settings: Settings, origin: str) -> Settings:
    problems = [*_find_duplicates(settings), *_find_dangling(settings)]
    if not problems:
        problems = list(_find_unusable(settings))
    if problems:
        raise ConfigurationError("\n".join(f"{origin}: {problem}" for problem in problems))
    return settings


def _find_duplicates(settings: Settings) -> Iterator[str]:
    yield from _find_repeated("tenant", (tenant.id for tenant in settings.tenants))
    yield from _find_repeated("sender", (sender.id for sender in settings.senders))
    yield from _find_repeated("template", (f"{one.sender} {one.name} {one.language}" for one in settings.templates))
    values = Counter(value for key in settings.api_keys() for value in key.secrets)
    for key in settings.api_keys():
        if any(values[value] > 1 for value in key.secrets):
            yield f"tenant {key.tenant}: the API key {key.name} has a value that another key has, too"


def _find_repeated(kind: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"the {kind} {name} is there {count} times"


def _find_dangling(settings: Settings) -> Iterator[str]:
    tenants = {tenant.id for tenant in settings.tenants}
    senders = {sender.id for sender in settings.senders}
    for sender in settings.senders:
        if sender.tenant not in tenants:
            yield f"sender {sender.id}: there is no tenant {sender.tenant} (allowed: {', '.join(sorted(tenants))})"
    for template in settings.templates:
        if template.sender not in senders:
            allowed = ", ".join(sorted(senders)) or "none is configured"
            yield f"template {template.name}: there is no sender {template.sender} (allowed: {allowed})"


def _find_unusable(settings: Settings) -> Iterator[str]:
    for sender in settings.senders:
        try:
            account = accounts.resolve_account(sender)
        except ConfigurationError as error:
            yield str(error)
            continue
        remote = not all(accounts.is_loopback(url) for url in account.urls.values())
        if "_" in (urlsplit(settings.public_url).hostname or ""):
            yield f"[webhook] public_url {settings.public_url}: providers refuse host names with an underscore"
        if remote and accounts.is_loopback(settings.public_url):
            yield (
                f"sender {sender.id}: {sender.provider} is not on this machine, and {settings.public_url} is: "
                "the provider cannot reach it: set [webhook] public_url"
            )
        if remote and not accounts.is_webhook_proven(account):
            yield (
                f"sender {sender.id}: {sender.provider} signs no webhooks, so anybody could answer for a contact: set "
                "webhook_secret among its credentials, and put it into the webhook's URL at the provider"
            )


# ── attaching ───────────────────────────────────────────────────────────────────────────────────────────────────────


def attach(settings: Settings) -> Settings:
    """These settings with missing URLs of the stores filled in from the endpoints file of the data directory. Starts
    nothing.

    *Raises*: ConfigurationError if a URL is missing and nothing runs in the data directory.
    """
    if settings.state.url and settings.broker.url:
        return settings
    running = read_endpoints(settings.data_dir)
    if running is None:
        missing = "state" if not settings.state.url else "broker"
        raise ConfigurationError(
            f"nothing is running here ({settings.data_dir}): start `oriel up`, or set [{missing}] url"
        )
    operator_key = settings.api.operator_key or SecretStr(running.operator_key)
    return settings.model_copy(
        update={
            "state": StateSettings(url=settings.state.url or running.state),
            "broker": BrokerSettings(url=settings.broker.url or running.broker),
            "webhook": settings.webhook.model_copy(update={"public_url": running.public_url}),
            "api": settings.api.model_copy(update={"operator_key": operator_key}),
        }
    )
