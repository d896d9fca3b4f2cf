"""What the benchmarks' provider tells of its messages, if it was asked to: sent, then delivered, signed as Twilio signs.

Source: https://www.twilio.com/docs/usage/security (HMAC-SHA1 over the URL and the sorted fields).
"""

import asyncio
import base64
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

import aiohttp

from tests.benchmarks.message import ACCOUNT_SID, TOKEN

WORDS = ("sent", "delivered")
CONNECTIONS = 16


class Statuses:
    """Tells each message's statuses one after another, over a few connections. A webhook that fails is not repeated."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._work()) for _ in range(CONNECTIONS)]

    def tell(self, sid: str, body: bytes) -> None:
        self._waiting.put_nowait((sid, body))

    def close(self) -> None:
        """What was not told yet is forgotten."""
        for task in self._tasks:
            task.cancel()

    async def _work(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                sid, body = await self._waiting.get()
                fields = {name: values[0] for name, values in parse_qs(body.decode("ascii")).items()}
                for word in WORDS:
                    await _post(http, fields["StatusCallback"].partition("#")[0], _status(sid, word, fields))


async def _post(http: aiohttp.ClientSession, url: str, fields: Mapping[str, str]) -> None:
    try:
        async with http.post(url, data=fields, headers={"X-Twilio-Signature": sign(url, fields)}) as answer:
            await answer.read()
    except aiohttp.ClientError as error:
        print(f"a status was not taken: {type(error).__name__}")


def _status(sid: str, word: str, fields: Mapping[str, str]) -> dict[str, str]:
    return {
        "MessageSid": sid, "SmsSid": sid, "MessageStatus": word, "SmsStatus": word, "AccountSid": ACCOUNT_SID,
        "From": fields["From"], "To": fields["To"], "ApiVersion": "2010-04-01",
    }  # fmt: skip


def sign(url: str, fields: Mapping[str, str]) -> str:
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), "sha1")).decode("ascii")
