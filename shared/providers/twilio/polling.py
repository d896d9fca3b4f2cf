"""The state of a Twilio number, for which no webhook exists: online or not, quality, limit. Owns no schedule.

A messaging service has no number of its own, so nothing is asked about one.
Source: https://www.twilio.com/docs/whatsapp/api/senders; the values of `properties` (HIGH, "10K Customers/24hr") are
examples of twilio-oai's messaging_v2, and no list of them is public. Unverified against the live service.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.events import NO_LIMIT, SenderReported
from shared.providers.polling import News
from shared.providers.twilio.account import MESSAGING_SERVICE, build_headers
from shared.providers.twilio.codes import judge
from shared.providers.twilio.wire import PAGE_SIZE, WHATSAPP, NumberResource, Numbers
from shared.providers.wire import parse_json

ONLINE, OFFLINE = "ONLINE", "OFFLINE"  # and `ONLINE:UPDATING`
QUALITIES: Final[Mapping[str, str]] = MappingProxyType({"HIGH": "green", "MEDIUM": "yellow", "LOW": "red"})
_LIMIT = re.compile(r"(\d{1,6})(K?)\b", re.ASCII)


def poll(account: Account, _since: datetime | None, now: datetime) -> News | None:
    """The number as it is now. None for a messaging service."""
    request = build_numbers_request(account)
    return None if request is None else _poll(account, request, now)


def _poll(account: Account, request: HttpRequest, now: datetime) -> News:
    number = find_number(account, (yield request))
    return () if number is None else (_report(number, now),)


def _report(number: NumberResource, now: datetime) -> SenderReported:
    """A state between the two (being verified, being reviewed) leaves `usable` open: the next sends show it."""
    usable = True if is_online(number) else False if number.status == OFFLINE else None
    reason = "" if usable is not False else f"offline {list_reasons(number)}".strip()
    return SenderReported(now, None, usable, None, parse_limit(number), find_quality(number), reason)


# ── the number ──────────────────────────────────────────────────────────────────────────────────────────────────────


def build_numbers_request(account: Account) -> HttpRequest | None:
    """All numbers of the account; None for a messaging service."""
    if account.address.startswith(MESSAGING_SERVICE):
        return None
    url = f"{account.get_base('messaging_base')}/v2/Channels/Senders?Channel=whatsapp&PageSize={PAGE_SIZE}"
    return HttpRequest("GET", url, build_headers(account), b"")


def find_number(account: Account, response: HttpResponse) -> NumberResource | None:
    """The account's own among them. *Raises*: a leaf of SendError."""
    require_success(response, judge)
    numbers = parse_json(Numbers, response.body)
    if numbers is None:
        raise make_doubt(response, "the list of numbers cannot be read")
    sender_id = f"{WHATSAPP}{account.address}"
    return next((number for number in numbers.senders if number.sender_id == sender_id), None)


# Quirk(twilio) online-with-a-suffix: `ONLINE:UPDATING` is online (twilio-oai messaging_v2, 2026-11)
def is_online(number: NumberResource) -> bool:
    return number.status.partition(":")[0] == ONLINE


def find_quality(number: NumberResource) -> str | None:
    """green, yellow or red; None where Twilio gives none."""
    return QUALITIES.get(number.properties.quality_rating)


def list_reasons(number: NumberResource) -> str:
    """Codes of the reasons for which it is offline, with commas."""
    return ", ".join(reason.code[:20] for reason in number.offline_reasons if reason.code.isalnum())


# Quirk(twilio) limit-is-a-sentence: "10K Customers/24hr" (twilio-oai messaging_v2, 2026-11)
def parse_limit(number: NumberResource) -> int | None:
    """Unique contacts a day; 0 is without a limit, None where Twilio gives none.

    >>> from shared.providers.twilio.wire import Properties
    >>> texts = ("10K Customers/24hr", "250 Customers/24hr", "Unlimited", "Unavailable")
    >>> [parse_limit(NumberResource(properties=Properties(messaging_limit=text))) for text in texts]
    [10000, 250, 0, None]
    """
    text = number.properties.messaging_limit
    if text.upper().startswith("UNLIMITED"):
        return NO_LIMIT
    found = _LIMIT.match(text)
    return None if found is None else int(found[1]) * (1_000 if found[2] else 1) or None
