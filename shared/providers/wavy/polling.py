"""Wavy's own lists of contacts, polled so that a refusal there counts here. Owns no consent and no schedule.

Three steps: ask for the list, fetch the file that the answer names, read it (`lists`). The file lies on another host and is
fetched without credentials. Unverified against the live service.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API".
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from shared.ground.errors import Again, NotAccepted
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.codes import require_answer
from shared.providers.events import PreferenceReported, ProviderEvent, Unrecognised
from shared.providers.polling import OVERLAP, News
from shared.providers.wavy.account import build_headers
from shared.providers.wavy.codes import judge
from shared.providers.wavy.lists import MAX_BYTES, Entry, read_list
from shared.providers.wavy.wire import ListAnswer, parse_json

_HTTPS = re.compile(r"https://[!-~]+")


class ListType(StrEnum):
    OPT_OUT = "OPTOUT"
    OPT_IN = "OPTIN"
    BLACK = "BLACKLIST"
    WHITE = "WHITELIST"


def poll(account: Account, since: datetime | None, now: datetime) -> News | None:
    """Contacts that have refused since then, with a day to spare; at first all of them. None without the option
    `customer_id`.
    """
    request = build_list_request(account)
    return None if request is None else _poll(request, since, now)


def _poll(request: HttpRequest, since: datetime | None, now: datetime) -> News:
    """*Raises*: NotAccepted for a list that was cut off: a refusal may be missing."""
    file = read_list_answer((yield request))
    return () if file is None else _list_refusals(read_list((yield file), now), since)


def _list_refusals(entries: Iterable[Entry | None], since: datetime | None) -> Iterator[ProviderEvent]:
    """Read while it is iterated: a list may hold millions."""
    for entry in entries:
        if entry is None:
            yield Unrecognised("list:unread")
        elif since is None or entry[1] >= since - OVERLAP:
            yield PreferenceReported((entry[0],), None, entry[1], "all", wanted=False)


def build_list_request(account: Account, kind: ListType = ListType.OPT_OUT) -> HttpRequest | None:
    """None without the option `customer_id`. `sub_account_id` narrows the list down, where it is given."""
    customer = account.options.get("customer_id")
    if not customer:
        return None
    query = {"customerId": customer}
    if sub_account := account.options.get("sub_account_id"):
        query["subAccountId"] = sub_account
    url = f"{account.get_base()}/v1/list/{kind.value}?{urlencode(query)}"
    return HttpRequest("GET", url, build_headers(account), b"")


# Quirk(wavy) list-absent-when-empty: no `data` where nobody is listed (assumed of page "WhatsApp API", 2026-11)
def read_list_answer(response: HttpResponse) -> HttpRequest | None:
    """The request for the file that the answer names; None when nobody is on the list.

    *Raises*: a leaf of SendError, never OutcomeUnknown. Total on arbitrary responses.
    """
    require_answer(response, judge)
    answer = parse_json(ListAnswer, response.body)
    if answer is None or not answer.success:
        raise NotAccepted(f"http-{response.status}", "the list's answer cannot be read", Again.BACK_OFF)
    if not answer.data:
        return None
    if not _HTTPS.fullmatch(answer.data):
        raise NotAccepted("list-url", "the list's file has no https address", Again.BACK_OFF)
    return HttpRequest("GET", answer.data, {}, b"", max_bytes=MAX_BYTES, is_file=True)
