"""Twilio's authentication: HTTP Basic with the account's token or an API key. Owns no accounts."""

import base64
from functools import lru_cache

from workers.simulator.http_values import HttpRequest
from workers.simulator.script import Script

API_KEY_PREFIX = "SK"


def read_credentials(request: HttpRequest) -> tuple[str | None, str]:
    """User and password; the user is None if there are none."""
    return _decode(request.headers.get("Authorization", ""))


def is_authorized(script: Script, account: str, user: str | None, token: str) -> bool:
    """Whether this user may act for the account. A script without accounts accepts every user."""
    if user is None or script.accounts is None:
        return user is not None
    if script.accounts.get(user) != token:
        return False
    return user == account or (user.startswith(API_KEY_PREFIX) and account in script.accounts)


def is_request_authorized(request: HttpRequest, script: Script, account: str) -> bool:
    return is_authorized(script, account, *read_credentials(request))


def authenticate_account(request: HttpRequest, script: Script) -> str | None:
    """The account of a path that names none; None if the credentials are wrong."""
    user, token = read_credentials(request)
    if user is None or not is_authorized(script, user, user, token):
        return None
    return _find_account(script, user)


def _find_account(script: Script, user: str) -> str:
    """An API key acts for the script's first account."""
    if not user.startswith(API_KEY_PREFIX):
        return user
    return next((account for account in script.accounts or {} if not account.startswith(API_KEY_PREFIX)), user)


@lru_cache(maxsize=1_024)  # a client sends the same header thousands of times a second
def _decode(header: str) -> tuple[str | None, str]:
    kind, _, encoded = header.partition(" ")
    try:
        user, separator, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8
        return None, ""
    return (user, token) if kind.lower() == "basic" and separator else (None, "")
