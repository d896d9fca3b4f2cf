"""A Twilio account in a request: its addresses and headers; and the names of a sender. Owns no message.

Source: https://www.twilio.com/docs/usage/requests-to-twilio for the two ways to authenticate.
"""

import base64
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from shared.providers.account import CACHED_SENDERS, Account

MESSAGING_SERVICE: Final = "MG"  # how its id begins; such a sender has no number of its own


def find_account_key(account: Account) -> str:
    """The account's SID: rates are counted by (sub-)account."""
    return account.get_secret("account_sid")


def list_names(account: Account) -> tuple[str, ...]:
    """Its number, or its messaging service's id."""
    return (account.address,)


def build_account_url(account: Account) -> str:
    """Without an extension: the account itself is at `….json`."""
    return _build_account_url(account.urls["api_base"], account.get_secret("account_sid"))


@lru_cache(CACHED_SENDERS)
def _build_account_url(api_base: str, account_sid: str) -> str:
    return f"{api_base.rstrip('/')}/2010-04-01/Accounts/{quote(account_sid, safe='')}"


def build_headers(account: Account) -> Mapping[str, str]:
    """Of every request to Twilio."""
    return _build_headers(_choose_user(account))


def build_credentials(account: Account) -> Mapping[str, str]:
    """The header that opens the account, alone."""
    return {"Authorization": build_headers(account)["Authorization"]}


@lru_cache(CACHED_SENDERS)
def _build_headers(user_and_password: str) -> Mapping[str, str]:
    headers = {
        "Authorization": "Basic " + base64.b64encode(user_and_password.encode()).decode("ascii"),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    return MappingProxyType(headers)


def _choose_user(account: Account) -> str:
    """An API key where there is one: it can be revoked alone. Otherwise the account itself."""
    if account.secrets.get("api_key") and account.secrets.get("api_secret"):
        return f"{account.get_secret('api_key')}:{account.get_secret('api_secret')}"
    return f"{account.get_secret('account_sid')}:{account.get_secret('auth_token')}"
