"""A Hey account in a request: its addresses and headers; and the names of a sender. Owns no message.

Source: as `sending` for the Direct API, as `polling` for the Client API.
"""

from shared.providers.account import Account


def find_account_key(account: Account) -> str:
    """The platform: the number's id behind the channel."""
    return account.get_secret("platform_id")


def list_names(account: Account) -> tuple[str, ...]:
    """`data.platformId` names the number."""
    return (account.get_secret("platform_id"), account.address)


def has_client_api(account: Account) -> bool:
    """Whether the account may ask for reports."""
    return bool(account.secrets.get("username") and account.secrets.get("password"))


def find_base(account: Account) -> str:
    """The Direct API: uContact's domain, with its scheme or without; an api_base that was configured precedes it."""
    base = account.urls.get("api_base") or account.get_secret("domain")
    return (base if "://" in base else f"https://{base}").rstrip("/")


def build_headers(account: Account) -> dict[str, str]:
    """Of every request to the Direct API."""
    return {
        "partner-token": account.get_secret("partner_token"),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
