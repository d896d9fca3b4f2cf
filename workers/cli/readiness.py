"""What processes say of themselves at /readyz, for `oriel doctor` and `oriel up`. Owns asking, not judging."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

ASK_SECONDS = 5.0  # a process gives its own checks 3 s


@dataclass(frozen=True, slots=True)
class Told:
    """problems, warnings: part → sentence with the remedy.  time_zones: the edition that the process reads."""

    problems: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)
    time_zones: str = ""


async def ask_all(urls: Mapping[str, str]) -> dict[str, Told]:
    """Process → its word. urls: process → URL of its server. A process that does not answer has that as its problem."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ASK_SECONDS)) as session:
        answers = await asyncio.gather(*(_ask(session, f"{url}/readyz") for url in urls.values()))
    return dict(zip(urls, answers, strict=True))


def join_warnings(told: Iterable[Told]) -> list[str]:
    """Each sentence once, in the order of the processes: what is true of the store is said by all of them."""
    return list(dict.fromkeys(text for one in told for text in one.warnings.values()))


async def _ask(session: aiohttp.ClientSession, url: str) -> Told:
    try:
        async with session.get(url) as response:
            status, text = response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Told({"process": f"does not answer at {url} ({type(error).__name__}): see its log"})
    try:
        body = json.loads(text)
        problems, warnings = dict(body.get("not_ready", {})), dict(body.get("warnings", {}))
    except (ValueError, AttributeError, TypeError):
        return Told({"process": f"the server at {url} is not Oriel's"})
    if status != HTTPStatus.OK and not problems:
        problems = {"process": f"not ready ({status})"}
    return Told(problems, warnings, str(body.get("time_zones", "")))
