"""Our sender's account at each provider, as fields of the simulator's script: credentials, number, webhook URLs.

The contacts' habits are in config/demo. Credentials are made up, or the user's own; they leave this machine in no case.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shared.providers.account import Account
    from shared.templates.model import Template

ScriptFields = Callable[["Account", str], dict[str, Any]]
"""An account and its webhook's URL → fields of a script."""


def _describe_twilio(account: "Account", webhook: str) -> dict[str, Any]:
    """Each request names the URL for its statuses itself."""
    sid = account.get_secret("account_sid")
    return {
        "accounts": {sid: account.get_secret("auth_token")},
        "services": {sid: account.address},
        "webhooks": {"twilio": {"message": webhook}},
    }


def _describe_wavy(account: "Account", webhook: str) -> dict[str, Any]:
    username = account.get_secret("username")
    return {
        "accounts": {username: account.get_secret("authentication_token")},
        "services": {username: account.address},
        **_build_webhooks("wavy", webhook),
    }


def _describe_hey(account: "Account", webhook: str) -> dict[str, Any]:
    platform = account.get_secret("platform_id")
    has_reports = {"username", "password"} <= account.secrets.keys()
    users = {account.get_secret("username"): account.get_secret("password")} if has_reports else {}
    return {
        "accounts": {platform: account.get_secret("partner_token"), **users},
        "services": {platform: account.address},
        **_build_webhooks("hey", webhook),
    }


def _describe_meta(account: "Account", webhook: str) -> dict[str, Any]:
    number = account.get_secret("phone_number_id")
    app = {name: account.get_secret(name) for name in ("app_secret", "verify_token", "waba_id")}
    return {
        "accounts": {number: account.get_secret("access_token")},
        "services": {number: account.address},
        "meta": {**app, "handshake": True},
        **_build_webhooks("meta", webhook),
    }


def _build_webhooks(provider: str, webhook: str) -> dict[str, Any]:
    """One URL for statuses and for contacts' messages: either path takes both."""
    return {"webhooks": {provider: {"status": webhook, "message": webhook}}}


PROVIDERS: Final[Mapping[str, ScriptFields]] = {
    "twilio": _describe_twilio,
    "wavy": _describe_wavy,
    "hey": _describe_hey,
    "meta": _describe_meta,
}
"""Every provider that the demo can simulate."""


def describe_template(template: "Template") -> dict[str, Any]:
    """The one approved template, under the id by which requests name it."""
    fields = {
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "body": template.body,
    }
    return {template.provider_id or template.name: fields}
