"""Contacts who write: signed webhooks as Twilio would post them, repeated until somebody has taken them.

Owns the form and its signature, written apart from our own dialect; who writes what is each test's own.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from shared.ground.ids import ContactId, SenderId, TenantId, contact_id
from shared.ground.keys import secret
from shared.ground.phone import canonicalize
from shared.people.consent.model import has_refused
from shared.people.consent.store import ConsentStore
from tests.world import ACCOUNT, TENANT, TOKEN, World, sender_address

SENDER = SenderId("clinic")
FORM = "application/x-www-form-urlencoded"
AGAIN_S, GIVEN_UP_S = 0.1, 60.0
TAKEN = 204


@dataclass(frozen=True)
class Said:
    """One message of one contact. number: makes its id, so that the same message is the same."""

    number: int
    contact: str
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def sid(self) -> str:
        return f"SM{self.number:032x}"


@dataclass(frozen=True)
class Taken:
    """answered_at: epoch seconds of the success. tries: how often it was posted."""

    said: Said
    answered_at: float
    tries: int


def form(said: Said, account: str, to: str) -> dict[str, str]:
    return {
        "MessageSid": said.sid, "SmsSid": said.sid, "SmsMessageSid": said.sid, "AccountSid": account,
        "From": f"whatsapp:{said.contact}", "To": f"whatsapp:{to}", "WaId": said.contact.lstrip("+"),
        "Body": said.text, "NumMedia": "0", "SmsStatus": "received", "ApiVersion": "2010-04-01",
        "ProfileName": "", **dict(said.fields),
    }  # fmt: skip


def signature(url: str, fields: Mapping[str, str], token: str) -> str:
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True)
class People:
    """url: of the sender's webhook, as it is signed. to: the sender's number."""

    http: aiohttp.ClientSession
    url: str
    account: str
    token: str
    to: str

    async def post(self, said: Said) -> int | None:
        """The status, or None when nobody answered."""
        fields = form(said, self.account, self.to)
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature(self.url, fields, self.token)}
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.post(self.url, data=urlencode(fields), headers=headers) as answer:
                return answer.status
        return None

    async def write(self, said: Said) -> Taken:
        """As the provider does: again, until somebody has taken it."""
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            if await self.post(said) == TAKEN:
                return Taken(said, time.time(), tries)
            assert time.monotonic() - began < GIVEN_UP_S, "nobody took the webhook"
            await asyncio.sleep(AGAIN_S)


# ── in a world of processes ─────────────────────────────────────────────────────────────────────────────────────────


def people(w: World) -> People:
    url = f"{w.supervisor.endpoints.webhook}/webhooks/twilio/{SENDER}"
    return People(w.http, url, ACCOUNT, TOKEN, sender_address(0))


async def _secret_of(w: World) -> bytes:
    kept = await w.redis.get(secret())
    assert isinstance(kept, bytes)
    return kept


async def contact(w: World, address: str) -> ContactId:
    return contact_id(await _secret_of(w), TenantId(TENANT), canonicalize(address))


async def refused(w: World, address: str) -> bool:
    (records,) = await ConsentStore(w.redis).of([await contact(w, address)])
    return has_refused(records, "utility")
