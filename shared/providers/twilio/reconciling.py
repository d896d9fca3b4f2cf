"""Twilio's list of messages to one address, from which a request without an answer may be proven accepted. Owns no match.

The list shows no status URL, so our reference is not in it. It is asked without a date: DateSent filters by `date_sent`,
which a message has only once it is sent, and the request's message may still wait.
Source: https://www.twilio.com/docs/messaging/api/message-resource (read multiple messages). A content's `body` is taken as
the rendered text where it is there; unverified against the live service.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode

from shared.ground.clock import MAX_CLOCK_SKEW
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.events import DeliveryStatus
from shared.providers.flows import RequestFlow
from shared.providers.reconciling import Listed, Listing, Sought
from shared.providers.twilio.account import MESSAGING_SERVICE, build_account_url, build_headers
from shared.providers.twilio.codes import CODES, judge
from shared.providers.twilio.statuses import DELIVERY
from shared.providers.twilio.wire import WHATSAPP, ListedMessage, Messages, parse_address
from shared.providers.wire import collect_addresses, parse_json

PAGE: Final = 100  # messages; a contact has a handful
MAX_PAGES: Final = 5


def list_messages(account: Account, sought: Sought) -> RequestFlow[Listing]:
    """The newest first, until one is older than the request."""
    found: list[Listed] = []
    is_complete = True
    request = _build_request(account, sought)
    for _ in range(MAX_PAGES):
        page = _read_page((yield request))
        for entry in page.messages:
            listed = _read_entry(account, entry)
            is_complete = is_complete and listed is not None
            found += [listed] if isinstance(listed, Listed) else []
        if not page.next_page_uri or any(one.created_at < sought.since - MAX_CLOCK_SKEW for one in found):
            return Listing(found, is_complete)
        request = _build_next(account, page.next_page_uri)
    return Listing(found, is_complete=False)


def _build_request(account: Account, sought: Sought) -> HttpRequest:
    """A messaging service chooses among numbers, which the list would have to be asked for one by one."""
    wanted = {"To": f"{WHATSAPP}{sought.to}"}
    if not account.address.startswith(MESSAGING_SERVICE):
        wanted["From"] = f"{WHATSAPP}{account.address}"
    url = f"{build_account_url(account)}/Messages.json?{urlencode({**wanted, 'PageSize': PAGE})}"
    return HttpRequest("GET", url, build_headers(account), b"")


def _build_next(account: Account, uri: str) -> HttpRequest:
    """Only its path counts: credentials go to the configured host alone."""
    path = "/" + uri.split("://", 1)[-1].partition("/")[2]
    return HttpRequest("GET", account.get_base("api_base") + path, build_headers(account), b"")


def _read_page(response: HttpResponse) -> Messages:
    """*Raises*: a leaf of SendError."""
    require_success(response, judge)
    page = parse_json(Messages, response.body)
    if page is None:
        raise make_doubt(response, "the list of messages cannot be read")
    return page


class _Foreign:
    """A message of another messaging service of the account's."""


_FOREIGN: Final = _Foreign()


def _read_entry(account: Account, entry: object) -> Listed | _Foreign | None:
    """None for an entry that cannot be read: it may be the one that is sought."""
    try:
        message = ListedMessage.model_validate(entry)
    except (ValueError, RecursionError):
        return None
    if account.address.startswith(MESSAGING_SERVICE) and message.messaging_service_sid != account.address:
        return _FOREIGN
    created_at = _read_time(message.date_created)
    return None if created_at is None else _read_message(message, created_at)


def _read_message(message: ListedMessage, created_at: datetime) -> Listed:
    """A message that still waits was accepted, whatever becomes of it."""
    status = DELIVERY.get(message.status, DeliveryStatus.SENT)
    has_failed = status is DeliveryStatus.FAILED
    code = None if message.error_code is None else str(message.error_code)
    return Listed(
        message.sid,
        created_at,
        status,
        max(created_at, _read_time(message.date_updated) or _read_time(message.date_sent) or created_at),
        message.body,
        error=CODES.explain_failure(code, message.error_message) if has_failed else None,
        addresses=collect_addresses(parse_address, message.to),
    )


def _read_time(text: str) -> datetime | None:
    """RFC 2822, as in `Mon, 29 Nov 2021 22:40:10 +0000`; None for anything else, and for a time without its zone."""
    try:
        at = parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError):
        return None
