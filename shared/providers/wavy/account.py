"""A Wavy account in a request: its headers; and the names of a sender. Owns no message.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Authentication".
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from shared.providers.account import CACHED_SENDERS, Account
from shared.providers.wire import parse_number


def find_account_key(account: Account) -> str:
    """The user name: nothing else names an account."""
    return account.get_secret("username")


def list_names(account: Account) -> tuple[str, ...]:
    """Events name the number with its `+`; a configured address may lack it."""
    number = parse_number(account.address)
    return (account.address,) if number is None else (number, number[1:])


def build_headers(account: Account) -> Mapping[str, str]:
    """Of every request to Wavy."""
    return _build_headers(account.get_secret("username"), account.get_secret("authentication_token"))


@lru_cache(CACHED_SENDERS)
def _build_headers(username: str, token: str) -> Mapping[str, str]:
    headers = {"UserName": username, "AuthenticationToken": token, "Content-Type": "application/json"}
    return MappingProxyType(headers)
