"""Who asks Twilio, and whether it may: HTTP Basic with the account's token or an API key. Owns no accounts."""

import base64
from functools import lru_cache

from workers.simulator.provider import Arrival
from workers.simulator.script import Script

KEY = "SK"  # how an API key's id begins


def credentials(arrival: Arrival) -> tuple[str | None, str]:
    """User and password; no user where there are none."""
    return _decoded(arrival.headers.get("Authorization", ""))


def is_let_in(script: Script, account: str, user: str | None, token: str) -> bool:
    """Whether this user may act for the account. A script that knows no accounts believes everybody."""
    if user is None or script.accounts is None:
        return user is not None
    if script.accounts.get(user) != token:
        return False
    return user == account or (user.startswith(KEY) and account in script.accounts)


def account_of(script: Script, user: str) -> str:
    """Whom a user acts for where no path says so: a key, for the first account."""
    if not user.startswith(KEY):
        return user
    return next((account for account in script.accounts or {} if not account.startswith(KEY)), user)


def who_asks(arrival: Arrival, script: Script) -> str | None:
    """The account of a path that names none; None when the user may not come in."""
    user, token = credentials(arrival)
    if user is None or not is_let_in(script, user, user, token):
        return None
    return account_of(script, user)


def origin(arrival: Arrival) -> str:
    """Whichever of Twilio's hosts it is, it is the simulator, as the client has called it."""
    return f"http://{arrival.headers.get('Host', '')}"


@lru_cache(maxsize=1_024)  # a client sends the same header thousands of times a second
def _decoded(header: str) -> tuple[str | None, str]:
    kind, _, encoded = header.partition(" ")
    try:
        user, separator, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8
        return None, ""
    return (user, token) if kind.lower() == "basic" and separator else (None, "")
