"""A Meta account in a request: its addresses and headers; and the names of a sender. Owns no message.

Options of the sender: `api_version`, of the Graph API (default v25.0); `marketing_endpoint`, by which marketing templates
are sent (default marketing_messages).

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/ (access tokens, numbers, throughput).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode

from shared.ground.http import HttpRequest
from shared.providers.account import CACHED_SENDERS, Account

API_VERSION: Final = "v25.0"
_VERSION: Final = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")


def find_account_key(account: Account) -> str:
    """The number's id: throughput (80 a second) and pair rates are counted by number, and numbers of one account do
    not slow each other down. The bounds of an app or an account (codes 4 and 80007) are far above that.
    """
    return account.get_secret("phone_number_id")


def list_names(account: Account) -> tuple[str, ...]:
    """Its id, in messages and statuses; the number itself, in news of its quality; its account, in other news."""
    return (account.get_secret("phone_number_id"), account.address, account.get_secret("waba_id"))


def is_version_valid(account: Account) -> bool:
    return _VERSION.fullmatch(_find_version(account)) is not None


def _find_version(account: Account) -> str:
    return account.options.get("api_version", API_VERSION)


def build_base(account: Account) -> str:
    """The Graph API in the version that is configured."""
    return _build_base(account.urls["api_base"], _find_version(account))


@lru_cache(CACHED_SENDERS)
def _build_base(api_base: str, version: str) -> str:
    return f"{api_base.rstrip('/')}/{quote(version, safe='')}"


def build_headers(account: Account) -> Mapping[str, str]:
    """Of every request to the Graph API."""
    return _build_headers(account.get_secret("access_token"))


def build_credentials(account: Account) -> Mapping[str, str]:
    """The header that opens the account, alone."""
    return {"Authorization": build_headers(account)["Authorization"]}


@lru_cache(CACHED_SENDERS)
def _build_headers(token: str) -> Mapping[str, str]:
    return MappingProxyType({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})


def build_query(account: Account, owner: str, edge: str = "", **query: str) -> HttpRequest:
    """A question about `owner`, the credential that names a number or an account; edge: a list that belongs to it."""
    path = quote(account.get_secret(owner), safe="") + edge
    encoded = f"?{urlencode(query, safe=',')}" if query else ""
    return HttpRequest("GET", f"{build_base(account)}/{path}{encoded}", build_headers(account), b"")
