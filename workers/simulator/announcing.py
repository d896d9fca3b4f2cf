"""News of templates and numbers on their way to the client, and the question that comes before all of it. Owns no wire."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from yarl import URL

from workers.simulator.courier import Chain
from workers.simulator.inbound import NobodyThere
from workers.simulator.journal import HandshakeRecord, NewsRecord
from workers.simulator.memory import Memory
from workers.simulator.news import News, TemplateNews
from workers.simulator.poster import TOTAL_S
from workers.simulator.provider import Callback, Dialect, Newsroom
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US, NowUs, PostTally

STARTING_S, PAUSE_S = 60.0, 0.2


@dataclass(frozen=True, slots=True)
class Announcement:
    """There is one, at once, and nobody forges it."""

    after_s: float = 0.0
    forged: bool = False


@dataclass(slots=True, kw_only=True)
class NewsChain(Chain[Announcement]):
    """One piece of news. *Effects* (happen): a template is from now on what is told of it."""

    said: News
    newsroom: Newsroom
    script: Script
    memory: Memory
    at_us: int

    @property
    def kind(self) -> str:
        return self.said.what

    def happen(self, _at_us: int) -> None:
        if isinstance(self.said, TemplateNews) and (status := self.newsroom.status_after(self.said)):
            self.memory.approvals[self.said.name, self.said.language] = status

    def callback(self, _at_us: int, /) -> Callback:
        return self.newsroom.told(self.said, self.script, self.target.url, self.at_us)

    def record(self, at: float, http_status: int | None) -> NewsRecord:
        said = self.said
        return NewsRecord(at, self.dialect.name, said.about, said.what, http_status, self.attempt)


def news_chain(script: Script, dialect: Dialect, said: News, memory: Memory, tally: PostTally, at_us: int) -> NewsChain:
    """*Raises*: NobodyThere, for a provider that tells none, a template that is not there, or nowhere to tell it."""
    if dialect.news is None:
        raise NobodyThere(f"{dialect.name} tells no news")
    if isinstance(said, TemplateNews) and not _is_there(script, said):
        raise NobodyThere(f"there is no template {said.name} in {said.language}")
    url = next(_urls(script, dialect, said.account), None)
    if url is None:
        raise NobodyThere(f"the script has no webhook of {dialect.name}")
    return NewsChain(
        dialect=dialect,
        target=dialect.target(url),
        steps=(Announcement(),),
        tally=tally,
        said=said,
        newsroom=dialect.news,
        script=script,
        memory=memory,
        at_us=at_us,
    )


def _is_there(script: Script, said: TemplateNews) -> bool:
    return script.templates is None or script.template(said.name, said.language) is not None


async def ask(script: Script, dialect: Dialect, now_us: NowUs) -> HandshakeRecord:
    """Make sure of the client's first webhook. *Raises*: NobodyThere."""
    url = next(_urls(script, dialect, None), None)
    if dialect.news is None or url is None:
        raise NobodyThere(f"{dialect.name} asks nobody, or the script has no webhook of it")
    challenge = str(secrets.randbelow(10**9))
    http_status, body = await _get(URL(dialect.target(url).url).extend_query(dialect.news.question(script, challenge)))
    passed = http_status == HTTPStatus.OK and body == challenge.encode()
    return HandshakeRecord(now_us() / SECOND_US, dialect.name, http_status, passed)


async def ask_at_start(script: Script, dialect: Dialect, now_us: NowUs) -> HandshakeRecord:
    """As soon as the client is there: it may be starting, too."""
    async with asyncio.timeout(STARTING_S):
        record = await ask(script, dialect, now_us)
        while record.http_status is None:
            await asyncio.sleep(PAUSE_S)
            record = await ask(script, dialect, now_us)
    return record


async def _get(url: URL) -> tuple[int | None, bytes]:
    timeout = aiohttp.ClientTimeout(TOTAL_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return None, b""


def _urls(script: Script, dialect: Dialect, account: str | None) -> Iterator[str]:
    """Where this may be told, the likeliest first."""
    for one in ("", *(script.accounts or ())) if account is None else (account,):
        for url in (script.message_url(dialect.name, one), script.status_url(dialect.name, one)):
            if url is not None:
                yield url
