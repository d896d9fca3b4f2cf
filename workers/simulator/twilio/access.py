"""Who asks Twilio, and whether it may: HTTP Basic with the account's token or an API key. Owns no accounts."""

import base64
from functools import lru_cache

from workers.simulator.provider import Arrival
from workers.simulator.script import Script


def credentials(arrival: Arrival) -> tuple[str | None, str]:
    """User and password; no user where there are none."""
    return _decoded(arrival.headers.get("Authorization", ""))


def is_let_in(script: Script, account: str, user: str | None, token: str) -> bool:
    """Whether this user may act for the account. A script that knows no accounts believes everybody."""
    if user is None or script.accounts is None:
        return user is not None
    return user == account and script.accounts.get(account) == token


@lru_cache(maxsize=1_024)  # a client sends the same header thousands of times a second
def _decoded(header: str) -> tuple[str | None, str]:
    kind, _, encoded = header.partition(" ")
    try:
        user, separator, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8
        return None, ""
    return (user, token) if kind.lower() == "basic" and separator else (None, "")
