"""The handshake: a provider checks a client's webhook URL by a GET with a challenge. Owns the request, not the query."""

import asyncio
import secrets
from http import HTTPStatus

import aiohttp
from yarl import URL

from workers.simulator.dialect import Dialect
from workers.simulator.http_client import TOTAL_S
from workers.simulator.journal import HandshakeRecord
from workers.simulator.news_webhooks import find_news_url
from workers.simulator.script import Script
from workers.simulator.sender_endpoints import NoDestination
from workers.simulator.traffic import SECOND_US, NowUs

STARTING_S, PAUSE_S = 60.0, 0.2


async def shake_hands(script: Script, dialect: Dialect, now_us: NowUs) -> HandshakeRecord:
    """Check the client's first webhook URL. *Raises*: NoDestination."""
    url = find_news_url(script, dialect, None)
    if dialect.news is None or url is None:
        raise NoDestination(f"{dialect.name} has no handshake, or the script has no webhook of it")
    challenge = str(secrets.randbelow(10**9))
    query = dialect.news.build_handshake_query(script, challenge)
    http_status, body = await _get(URL(dialect.parse_target(url).url).extend_query(query))
    passed = http_status == HTTPStatus.OK and body == challenge.encode()
    return HandshakeRecord(now_us() / SECOND_US, dialect.name, http_status, passed)


async def shake_hands_at_start(script: Script, dialect: Dialect, now_us: NowUs) -> HandshakeRecord:
    """Wait up to 60 s for a client that is still starting. *Raises*: NoDestination, TimeoutError."""
    async with asyncio.timeout(STARTING_S):
        record = await shake_hands(script, dialect, now_us)
        while record.http_status is None:
            await asyncio.sleep(PAUSE_S)
            record = await shake_hands(script, dialect, now_us)
    return record


async def _get(url: URL) -> tuple[int | None, bytes]:
    timeout = aiohttp.ClientTimeout(TOTAL_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return None, b""
