"""The Client API's report of sessions: what became of sends that nobody confirmed. Owns no HTTP and no clock.

    login_request → token → report_request → page → next_request → page → … until `next` is None

A token is good for about a day, and one is asked for at each reading.
Of a session's chat those entries count that went out with an `idMessageHey`: their being
there says that the message was accepted, and their `channelStatus` what became of it.
Read in three public users of the API; the zone of `begin` and `end` is not known: ask with a day to spare on either side.
Unverified against the live service.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from shared.ground.errors import OutcomeUnknown, SenderUnusable
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, News
from shared.providers.events import StatusReported
from shared.providers.hey.codes import by_http_status
from shared.providers.hey.webhooks import reported
from shared.providers.hey.wire import Login, Report
from shared.providers.reading import from_json

A_DAY: Final = timedelta(days=1)
MOST_PAGES: Final = 1_000  # of one reading: a report that never ends is a fault of its own
PAGE_SIZE: Final = 500  # sessions; more are not given
_TIME: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """statuses: of messages that went out with a reference, in the page's order. next: what the next page is asked by."""

    statuses: Sequence[StatusReported]
    next: str | None


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def news(account: Account, since: datetime | None, now: datetime) -> News | None:
    """Statuses of messages that left since then, with a day to spare on either side. None without a user name."""
    return _conversation(account, (since or now) - A_DAY, now) if may_log_in(account) else None


def _conversation(account: Account, begin: datetime, now: datetime) -> News:
    bearer = token((yield login_request(account)))
    found: list[StatusReported] = []
    request = report_request(account, bearer, begin, now + A_DAY)
    for _ in range(MOST_PAGES):
        read = page((yield request), now)
        found += read.statuses
        if read.next is None:
            break
        request = next_request(account, bearer, read.next)
    return found


def may_log_in(account: Account) -> bool:
    return bool(account.secrets.get("username") and account.secrets.get("password"))


def login_request(account: Account) -> HttpRequest:
    body = {"name": account.secret("username"), "password": account.secret("password")}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return HttpRequest("POST", f"{_base(account)}/api/login", headers, json.dumps(body).encode())


def token(response: HttpResponse) -> str:
    """*Raises*: a leaf of SendError. Total on arbitrary responses."""
    _check(response)
    login = from_json(Login, response.body) or Login()
    if login.success is False:
        raise SenderUnusable(f"http-{response.status}", "the user name or the password was refused")
    if not login.token or not login.token.isascii() or not login.token.isprintable():
        raise OutcomeUnknown(f"http-{response.status}", "success without a token")
    return login.token


# ── asked ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def report_request(
    account: Account, bearer: str, begin: datetime, end: datetime, contact: str | None = None
) -> HttpRequest:
    """The first page of the sessions between two instants, of everybody or of one contact's address."""
    asked = {"begin": _time(begin), "end": _time(end), "pageSize": str(PAGE_SIZE)}
    if contact is not None:
        asked["contact"] = contact.removeprefix("+")
    url = f"{_base(account)}/api/report/session?{urlencode(asked, quote_via=quote)}"
    return HttpRequest("GET", url, _headers(bearer), b"")


def next_request(account: Account, bearer: str, following: str) -> HttpRequest:
    """following: `next` of the page before."""
    return HttpRequest("GET", f"{_base(account)}/api/report/{quote(following, safe='')}", _headers(bearer), b"")


def page(response: HttpResponse, read_at: datetime) -> ReportPage:
    """read_at: the time of what has none of its own. *Raises*: a leaf of SendError. Total on arbitrary responses."""
    _check(response)
    report = from_json(Report, response.body)
    if report is None:
        raise OutcomeUnknown(f"http-{response.status}", "the report cannot be read")
    found = [
        reported(entry, session.source.client_id, read_at)
        for session in report.data
        for entry in session.source.chat
        if entry.id_message_hey and entry.incoming is not True
    ]
    has_more = report.scroll.length.strip() not in {"", "0"}
    return ReportPage([one for one in found if one is not None], report.scroll.id or None if has_more else None)


def _check(response: HttpResponse) -> None:
    if not response.is_success:
        raise by_http_status(response.status).error(retry_after_s(response))


def _base(account: Account) -> str:
    return account.urls["client_base"].rstrip("/")


def _headers(bearer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}", "Accept": "application/json"}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME)
