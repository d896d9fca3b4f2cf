"""What each provider that the simulator plays knows of our sender: its account, and where it is to be told what.

Owns the words of the simulator's script for it; the habits of the contacts are in config/demo. Credentials are made up, or
the user's own, which go no further than to the simulator.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.providers.account import Account
from shared.templates.model import Template

Part = Callable[[Account, str], dict[str, Any]]
"""An account and its webhook's URL → fields of a script."""


def _twilio(account: Account, webhook: str) -> dict[str, Any]:
    """Each request says itself where its statuses go."""
    sid = account.get_secret("account_sid")
    return {
        "accounts": {sid: account.get_secret("auth_token")},
        "services": {sid: account.address},
        "webhooks": {"twilio": {"message": webhook}},
    }


def _wavy(account: Account, webhook: str) -> dict[str, Any]:
    username = account.get_secret("username")
    return {
        "accounts": {username: account.get_secret("authentication_token")},
        "services": {username: account.address},
        **_told("wavy", webhook),
    }


def _hey(account: Account, webhook: str) -> dict[str, Any]:
    platform = account.get_secret("platform_id")
    has_reports = {"username", "password"} <= account.secrets.keys()
    users = {account.get_secret("username"): account.get_secret("password")} if has_reports else {}
    return {
        "accounts": {platform: account.get_secret("partner_token"), **users},
        "services": {platform: account.address},
        **_told("hey", webhook),
    }


def _meta(account: Account, webhook: str) -> dict[str, Any]:
    number = account.get_secret("phone_number_id")
    app = {name: account.get_secret(name) for name in ("app_secret", "verify_token", "waba_id")}
    return {
        "accounts": {number: account.get_secret("access_token")},
        "services": {number: account.address},
        "meta": {**app, "handshake": True},
        **_told("meta", webhook),
    }


def _told(provider: str, webhook: str) -> dict[str, Any]:
    """Everything in one place: either path takes both kinds."""
    return {"webhooks": {provider: {"status": webhook, "message": webhook}}}


PARTS: Final[Mapping[str, Part]] = {"twilio": _twilio, "wavy": _wavy, "hey": _hey, "meta": _meta}


def known_template(template: Template) -> dict[str, Any]:
    """The one template that the provider has approved, by the id that requests name it by."""
    told = {
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "body": template.body,
    }
    return {template.provider_id or template.name: told}
