"""What Twilio knows of a number: whether it is online, its quality and limit, where it sends what contacts write.

Owns no schedule. A messaging service has no number of its own, so of one nothing is asked.
Source: https://www.twilio.com/docs/whatsapp/api/senders; the values of `properties` (HIGH, "10K Customers/24hr") are
examples of twilio-oai's messaging_v2, and no list of them is public. Unverified against the live service.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BeforeValidator

from shared.ground.errors import OutcomeUnknown
from shared.ground.http import HttpRequest, HttpResponse, retry_after_s
from shared.providers.base import Account, News
from shared.providers.events import SenderReported
from shared.providers.reading import Part, Token, mapping, mappings
from shared.providers.twilio.sending import MESSAGING_SERVICE, headers_of, verdict
from shared.providers.twilio.wire import WHATSAPP, from_json

PAGE_SIZE: Final = 500  # an account has tens of numbers
ONLINE, OFFLINE = "ONLINE", "OFFLINE"  # and `ONLINE:UPDATING`
QUALITIES: Final[Mapping[str, str]] = MappingProxyType({"HIGH": "green", "MEDIUM": "yellow", "LOW": "red"})
NO_LIMIT: Final = 0
_LIMIT = re.compile(r"(\d{1,6})(K?)\b", re.ASCII)


class Properties(Part):
    quality_rating: Token = ""
    messaging_limit: Token = ""


class Webhook(Part):
    callback_url: Token = ""


class Reason(Part):
    code: Token = ""


class Number(Part):
    """A WhatsApp sender."""

    sender_id: Token = ""
    status: Token = ""
    webhook: Annotated[Webhook, BeforeValidator(mapping)] = Webhook()
    properties: Annotated[Properties, BeforeValidator(mapping)] = Properties()
    offline_reasons: Annotated[tuple[Reason, ...], BeforeValidator(mappings)] = ()

    @property
    def is_online(self) -> bool:
        return self.status.partition(":")[0] == ONLINE

    @property
    def quality(self) -> str | None:
        return QUALITIES.get(self.properties.quality_rating)

    @property
    def why_offline(self) -> str:
        return ", ".join(reason.code[:20] for reason in self.offline_reasons if reason.code.isalnum())


class Numbers(Part):
    senders: Annotated[tuple[Number, ...], BeforeValidator(mappings)] = ()


def request(account: Account) -> HttpRequest | None:
    """All numbers of the account; None for a messaging service."""
    if account.address.startswith(MESSAGING_SERVICE):
        return None
    url = f"{account.urls['messaging_base'].rstrip('/')}/v2/Channels/Senders?Channel=whatsapp&PageSize={PAGE_SIZE}"
    return HttpRequest("GET", url, headers_of(account), b"")


def number(account: Account, response: HttpResponse) -> Number | None:
    """The account's own among them. *Raises*: a leaf of SendError."""
    if not response.is_success:
        raise verdict(response).error(retry_after_s(response))
    found = from_json(Numbers, response.body)
    if found is None:
        raise OutcomeUnknown(f"http-{response.status}", "the list of numbers cannot be read")
    return next((one for one in found.senders if one.sender_id == f"{WHATSAPP}{account.address}"), None)


def limit(text: str) -> int | None:
    """Unique contacts a day; 0 is without a limit, None when it is not said.

    >>> limit("10K Customers/24hr"), limit("250 Customers/24hr"), limit("Unlimited"), limit("Unavailable")
    (10000, 250, 0, None)
    """
    if text.upper().startswith("UNLIMITED"):
        return NO_LIMIT
    told = _LIMIT.match(text)
    return None if told is None else int(told[1]) * (1_000 if told[2] else 1) or None


def news(account: Account, _since: datetime | None, now: datetime) -> News | None:
    """How the number stands, since no webhook tells. None for a messaging service."""
    asked = request(account)
    return None if asked is None else _asking(account, asked, now)


def _asking(account: Account, asked: HttpRequest, now: datetime) -> News:
    found = number(account, (yield asked))
    return () if found is None else _told(found, now)


def _told(found: Number, now: datetime) -> Sequence[SenderReported]:
    """Of whatever is between the two (being verified, reviewed) the sends will tell."""
    usable = True if found.is_online else False if found.status == OFFLINE else None
    reason = "" if usable is not False else f"offline {found.why_offline}".strip()
    daily = limit(found.properties.messaging_limit)
    return (SenderReported(now, None, usable, None, daily, found.quality, reason),)


# ── for a person ────────────────────────────────────────────────────────────────────────────────────────────────────


def complaints(account: Account, found: Number | None) -> Sequence[str]:
    """What is wrong, and what to do; nothing is a success."""
    if found is None:
        return ["The account has no WhatsApp sender of this number: correct the sender's address."]
    return [*_of_standing(found), *_of_webhook(account, found.webhook.callback_url)]


def _of_standing(found: Number) -> Sequence[str]:
    said = []
    if not found.is_online:
        why = f" ({found.why_offline})" if found.why_offline else ""
        said.append(f"The number is {found.status.lower()[:40] or 'not online'}{why}: see it in Twilio's Console.")
    if found.quality == "red":
        said.append(
            "Its quality is low: contacts block it or report it. Send less, and only to those who asked for it."
        )
    return said


def _of_webhook(account: Account, url: str) -> Sequence[str]:
    """Its host is the installation's own business."""
    if not url:
        return ["What contacts write is told to nobody: set the number's webhook in Twilio's Console."]
    path = f"/webhooks/twilio/{account.sender}"
    if path not in url:
        return [f"What contacts write goes somewhere else: the number's webhook should end in {path}."]
    return []


def details(found: Number) -> str:
    daily = limit(found.properties.messaging_limit)
    said = [
        f"quality {found.quality}" if found.quality else "",
        "" if daily is None else f"{daily} new contacts a day" if daily else "new contacts a day without a limit",
    ]
    return ", ".join(filter(None, said)) or "nothing else is told"
