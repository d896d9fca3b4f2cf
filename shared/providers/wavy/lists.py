"""Wavy's own lists of contacts, read so that who refused there is refused here. Owns no consent and no schedule.

Three steps: ask for the list, fetch the file that the answer names, read it. The file lies on another host and is fetched
without credentials. How its columns are divided and its times written is in no document: comma, semicolon and tab are
taken, and ISO or day/month/year. Unverified against the live service.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API":
columns source and createdAt, the time in America/Sao_Paulo.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from shared.ground.errors import Again, NotAccepted
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, News
from shared.providers.events import PreferenceReported, ProviderEvent, Unrecognised
from shared.providers.wavy.sending import before_sending, headers_of, verdict
from shared.providers.wavy.wire import ListAnswer, address, from_json

MOST_BYTES: Final = 64 << 20  # two million rows
ZONE: Final = ZoneInfo("America/Sao_Paulo")
A_DAY: Final = timedelta(days=1)
ADDRESS, AT = "source", "createdat"
DAY_FIRST: Final = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_HTTPS = re.compile(r"https://[!-~]+")
_LONGEST_CELL: Final = 100  # a number or a time; what is longer is neither


class ListType(StrEnum):
    OPT_OUT = "OPTOUT"
    OPT_IN = "OPTIN"
    BLACK = "BLACKLIST"
    WHITE = "WHITELIST"


@dataclass(frozen=True, slots=True)
class Listed:
    """entries: address and since when.  unread: rows that name nobody.  is_whole: False when the transport cut the file off
    (it takes one MiB, some 30,000 rows): then somebody is missing.
    """

    entries: Sequence[tuple[str, datetime]]
    unread: int = 0
    is_whole: bool = True


def news(account: Account, since: datetime | None, now: datetime) -> News | None:
    """Who has refused since then, with a day to spare; at first everybody. None without the option `customer_id`."""
    request = list_request(account)
    return None if request is None else _conversation(request, since, now)


def _conversation(request: HttpRequest, since: datetime | None, now: datetime) -> News:
    file = file_request((yield request))
    if file is None:
        return ()
    found = listed((yield file), now)
    fresh = [(who, at) for who, at in found.entries if since is None or at >= since - A_DAY]
    told: list[ProviderEvent] = [PreferenceReported((who,), None, at, "all", wanted=False) for who, at in fresh]
    told += [Unrecognised("list:unread")] * found.unread
    if not found.is_whole:
        raise NotAccepted("list-too-long", f"the list is longer than {MOST_BYTES >> 20} MiB: somebody on it is missing")
    return told


def list_request(account: Account, kind: ListType = ListType.OPT_OUT) -> HttpRequest | None:
    """None without the option `customer_id`. `sub_account_id` narrows the list down, where it is given."""
    customer = account.options.get("customer_id")
    if not customer:
        return None
    query = {"customerId": customer}
    if sub_account := account.options.get("sub_account_id"):
        query["subAccountId"] = sub_account
    url = f"{account.urls['api_base'].rstrip('/')}/v1/list/{kind.value}?{urlencode(query)}"
    return HttpRequest("GET", url, headers_of(account), b"")


def file_request(response: HttpResponse) -> HttpRequest | None:
    """What fetches the list that the answer to `list_request` names; None when nobody is on it.

    *Raises*: a leaf of SendError, never OutcomeUnknown. Total on arbitrary responses.
    """
    if not response.is_success:
        raise before_sending(verdict(response)).error(retry_after_s(response))
    answer = from_json(ListAnswer, response.body)
    if answer is None or not answer.success:
        raise NotAccepted(f"http-{response.status}", "the list's answer cannot be read", Again.BACK_OFF)
    if not answer.data:
        return None
    if not _HTTPS.fullmatch(answer.data):
        raise NotAccepted("list-url", "the list's file has no https address", Again.BACK_OFF)
    return HttpRequest("GET", answer.data, {}, b"", most_bytes=MOST_BYTES)


def listed(response: HttpResponse, asked_at: datetime) -> Listed:
    """The file's rows. asked_at: stands for a time that cannot be read, since who refused has refused.

    *Raises*: a leaf of SendError, never OutcomeUnknown. Total on arbitrary responses.
    """
    if not response.is_success:
        raise before_sending(verdict(response)).error(retry_after_s(response))
    is_whole = len(response.body) < MOST_BYTES
    lines = response.body.decode("utf-8-sig", "replace").replace("\0", "").splitlines()
    if not is_whole:
        lines = lines[:-1]  # half a number is somebody else's
    return _read(lines, asked_at, is_whole=is_whole)


def _read(lines: Sequence[str], asked_at: datetime, *, is_whole: bool) -> Listed:
    """A first line without `source` is a row like the others: number, then time."""
    rows = [[cell.strip() for cell in row] for row in _rows(lines)]
    names = [name.lower().replace("_", "") for name in rows[0]] if rows else []
    has_names = ADDRESS in names
    number_at = names.index(ADDRESS) if has_names else 0
    time_at = names.index(AT) if AT in names else number_at + 1
    entries, unread = [], 0
    for row in rows[1:] if has_names else rows:
        found = address(row[number_at]) if number_at < len(row) else None
        if found is None:
            unread += 1
        else:
            entries.append((found, _instant(row[time_at] if time_at < len(row) else "", asked_at)))
    return Listed(entries, unread, is_whole)


def _rows(lines: Sequence[str]) -> Iterable[list[str]]:
    """Cells that may be quoted and that hold no line break; blank lines are none."""
    first = lines[0] if lines else ""
    divider = max((",", ";", "\t"), key=first.count)
    for line in lines:
        if line.strip():
            yield next(csv.reader([line[: 4 * _LONGEST_CELL]], delimiter=divider), [])


def _instant(text: str, otherwise: datetime) -> datetime:
    """In Wavy's zone, where it names none.

    >>> _instant("2019-02-12 10:30:00", datetime.now(UTC)).isoformat()
    '2019-02-12T12:30:00+00:00'
    >>> _instant("12/07/2019 10:30", datetime.now(UTC)).isoformat()
    '2019-07-12T13:30:00+00:00'
    """
    with suppress(ValueError, OverflowError):
        found = _parsed(text)
        at = found.replace(tzinfo=ZONE) if found.tzinfo is None else found
        return min(at.astimezone(UTC), otherwise)
    return otherwise


def _parsed(text: str) -> datetime:
    """*Raises*: ValueError."""
    for form in DAY_FIRST:
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 (the zone is the caller's matter)
    return datetime.fromisoformat(text)
