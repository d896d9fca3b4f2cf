"""The Client API's report of sessions: statuses of messages that no webhook confirmed. Owns no HTTP and no clock.

    build_login → read_token → build_report_request → read_page → build_next_request → read_page → … until `next` is None

A token is good for about a day; each poll asks for a new one.
Of a session's chat the entries count that went out with an `idMessageHey`: their presence shows that the message was
accepted, and their `channelStatus` its progress.
Read in three public users of the API. The zone of `begin` and `end` is not known, so a poll asks for a day more on either
side. Unverified against the live service.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode

from shared.ground.errors import SenderUnusable
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.events import StatusReported
from shared.providers.hey.account import has_client_api
from shared.providers.hey.codes import judge
from shared.providers.hey.statuses import read_status
from shared.providers.hey.wire import Login, Report
from shared.providers.polling import OVERLAP, News
from shared.providers.wire import parse_json

MAX_PAGES: Final = 1_000  # of one poll: a report that never ends is a fault of its own
PAGE_SIZE: Final = 500  # sessions; Hey gives no more
_TIME: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """statuses: of messages that went out with a reference, in the page's order. next: for `build_next_request`."""

    statuses: Sequence[StatusReported]
    next: str | None


def poll(account: Account, since: datetime | None, now: datetime) -> News | None:
    """Statuses of messages that left since then, with a day to spare on either side. None without a user name."""
    return _poll(account, (since or now) - OVERLAP, now) if has_client_api(account) else None


def _poll(account: Account, begin: datetime, now: datetime) -> News:
    token = read_token((yield build_login(account)))
    statuses: list[StatusReported] = []
    request = build_report_request(account, token, begin, now + OVERLAP)
    for _ in range(MAX_PAGES):
        page = read_page((yield request), now)
        statuses += page.statuses
        if page.next is None:
            break
        request = build_next_request(account, token, page.next)
    return statuses


# ── login ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def build_login(account: Account) -> HttpRequest:
    body = {"name": account.get_secret("username"), "password": account.get_secret("password")}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return HttpRequest("POST", f"{account.get_base('client_base')}/api/login", headers, json.dumps(body).encode())


# Quirk(hey) refusal-with-200: `success` in the body says whether a login is one (client code, 2026-11)
def read_token(response: HttpResponse) -> str:
    """*Raises*: a leaf of SendError. Total on arbitrary responses."""
    require_success(response, judge)
    login = parse_json(Login, response.body) or Login()
    if login.success is False:
        raise SenderUnusable(f"http-{response.status}", "the user name or the password was refused")
    if not login.token or not login.token.isascii() or not login.token.isprintable():
        raise make_doubt(response, "success without a token")
    return login.token


# ── report ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def build_report_request(
    account: Account, token: str, begin: datetime, end: datetime, contact: str | None = None
) -> HttpRequest:
    """The first page of the sessions between two instants, of everybody or of one contact's address."""
    query = {"begin": _format(begin), "end": _format(end), "pageSize": str(PAGE_SIZE)}
    if contact is not None:
        query["contact"] = contact.removeprefix("+")
    path = f"session?{urlencode(query, quote_via=quote)}"
    return _build_request(account, token, path)


def build_next_request(account: Account, token: str, following: str) -> HttpRequest:
    """following: `next` of the page before."""
    return _build_request(account, token, quote(following, safe=""))


def _build_request(account: Account, token: str, path: str) -> HttpRequest:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return HttpRequest("GET", f"{account.get_base('client_base')}/api/report/{path}", headers, b"")


# Quirk(hey) last-page-is-empty: a next page is named until one has length 0 (client code, 2026-11)
def read_page(response: HttpResponse, read_at: datetime) -> ReportPage:
    """read_at: stands for the time of an entry without one. *Raises*: a leaf of SendError. Total on arbitrary responses."""
    require_success(response, judge)
    report = parse_json(Report, response.body)
    if report is None:
        raise make_doubt(response, "the report cannot be read")
    statuses = [
        read_status(entry, session.source.client_id, read_at)
        for session in report.data
        for entry in session.source.chat
        if entry.id_message_hey and entry.incoming is not True
    ]
    has_more = report.scroll.length.strip() not in {"", "0"}
    following = report.scroll.id or None if has_more else None
    return ReportPage([status for status in statuses if status is not None], following)


def _format(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_TIME)
