"""`Idempotency-Key`: the same POST, however often it comes, is done once and answered once.

Owns the kept answers (`{t:<tenant>}:idempotency:<key>`, a day) and the mark of a request that is being served (a minute,
renewed while it lasts, so that a crash frees the key). What a request does is not known here; use cases that make
something derive its name from the key, so that even a crash between deed and answer makes nothing twice.

Answers of 5xx are not kept: nothing was decided, and asking again is the cure. Nor are those of 409: they say "not now",
and what stood in the way may be gone.
Source: draft-ietf-httpapi-idempotency-key-header.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import TenantId, new_token
from shared.ground.lua import OUTAGE, Scripts, text
from workers.web.problems import InProgress, Invalid, KeyReused

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_FOR = timedelta(hours=24)
MARKED_FOR = timedelta(seconds=60)
RENEWED_EVERY_S = 20.0  # two of three renewals may be lost
KEPT_HEADERS = ("Location",)
FIRST_SERVER_ERROR = 500

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def key_of(request: web.Request) -> str | None:
    """*Raises*: Invalid for one that is empty, long, or not printable."""
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid(
            "idempotency-key-invalid", f"The header {HEADER} holds 1 to 200 printable ASCII characters, without spaces."
        )
    return key


def fingerprint(request: web.Request, body_digest: str) -> str:
    """The identity of a request: method, path with query, and body."""
    words = f"{request.method} {request.raw_path}\0{body_digest}"
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given before."""

    fingerprint: str
    status: int
    media_type: str
    headers: dict[str, str]
    body: str

    def answer(self, asked: str) -> web.Response:
        """*Raises*: KeyReused when it was another request's."""
        if asked != self.fingerprint:
            raise KeyReused(
                "idempotency-key-reused",
                f"This {HEADER} was used for another request: give each its own, and repeat a request unchanged.",
            )
        headers = {**self.headers, REPLAYED: "true"}
        return web.Response(status=self.status, text=self.body, content_type=self.media_type, headers=headers)


class Held:
    """The right to serve a request, as long as the mark stands."""

    def __init__(self, scripts: Scripts, key: str, mark: str) -> None:
        self._scripts = scripts
        self._key = key
        self._mark = mark
        self._is_over = False

    async def keep(self, asked: str, response: web.Response) -> None:
        """*Effects*: the answer, for a day, if it decided something. A store that is away costs only the memory."""
        if response.status >= FIRST_SERVER_ERROR or response.status == HTTPStatus.CONFLICT:
            return
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        answer = json.dumps(
            {
                "fingerprint": asked,
                "status": response.status,
                "media_type": response.content_type,
                "headers": headers,
                "body": response.text or "",
            }
        )
        with suppress(*OUTAGE):
            await self._swap(answer, KEPT_FOR)
            self._is_over = True

    async def renew_until_cancelled(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            with suppress(*OUTAGE):
                await self._swap(self._mark, MARKED_FOR)

    async def release(self) -> None:
        """Unless an answer was kept, the key is free again."""
        if not self._is_over:
            with suppress(*OUTAGE):  # it expires by itself
                await self._swap("", timedelta(0))

    async def _swap(self, value: str, for_: timedelta) -> None:
        ms = int(for_.total_seconds() * 1000)
        await self._scripts.run("swap", [self._key], [self._mark, value, ms], durable=False)


class Idempotency:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "workers.web.scripts", ("swap",))

    @asynccontextmanager
    async def once(self, tenant: TenantId, key: str) -> AsyncIterator[Held | Kept]:
        """The answer given before, or the right to serve. *Raises*: InProgress; BackendUnavailable."""
        name = keys.idempotency(tenant, key)
        mark = json.dumps({"by": new_token("m")})
        present = await self._present(name, mark)
        if isinstance(present, Kept):
            yield present
            return
        held = Held(self._scripts, name, mark)
        renewing = asyncio.create_task(held.renew_until_cancelled())
        try:
            yield held
        finally:
            renewing.cancel()
            await held.release()

    async def _present(self, name: str, mark: str) -> Kept | None:
        try:
            # With NX and GET at once, a call that was repeated because its answer was lost finds its own mark.
            found = await self._redis.set(name, mark, nx=True, get=True, px=MARKED_FOR)
        except OUTAGE as error:
            raise BackendUnavailable(f"the state store did not answer ({type(error).__name__})") from error
        if found is None or text(found) == mark:
            return None
        fields = json.loads(text(found))
        if "by" in fields:
            raise InProgress("idempotency-in-progress", "This very request is being served: ask again in a moment.")
        return Kept(**fields)
