"""The HTTP API from the caller's side: where it is, as whom it is asked, and what it answers.

Owns no words about campaigns; what an answer means is the command's. Starts nothing, repeats nothing.
"""

import json
import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp

from config.endpoints import read_endpoints
from shared.ground.errors import ConfigurationError, OrielError

URL_VARIABLE, KEY_VARIABLE = "ORIEL_API_URL", "ORIEL_API_KEY"
DEFAULT_DATA_DIR = Path(".oriel")
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0  # of silence: `start` looks at every contact's consent first
CHUNK_BYTES = 65_536
PAGE_ITEMS = 500
PROBLEM, SUCCESS = "application/problem+json", 2
OF_EVERY_PROBLEM = frozenset({"type", "title", "status", "detail", "code", "instance", "errors"})

Document = Mapping[str, Any]


class ApiProblem(OrielError):  # noqa: N818 (named for what the caller is told)
    """The API said no. status: HTTP's. code: stable, for programs. detail: a sentence for people.

    members: what this kind of problem tells beside: who holds it, what may be sent instead.
    """

    def __init__(self, status: int, code: str, detail: str, members: Document | None = None) -> None:
        super().__init__(status, code, detail)
        self.members = members or {}
        self.status = status
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class ApiUnreachable(OrielError):  # noqa: N818
    """Nobody answered, or nobody runs. The text says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Address:
    """url: without a slash at the end."""

    url: str
    key: str = field(repr=False)


def locate(data_dir: Path | None, environ: Mapping[str, str] = os.environ) -> Address:
    """ORIEL_API_URL and ORIEL_API_KEY, else what runs in the data directory.

    *Raises*: ApiUnreachable when nothing runs there; ConfigurationError for an address without a key.
    """
    url, key = environ.get(URL_VARIABLE), environ.get(KEY_VARIABLE)
    if url:
        if not key:
            raise ConfigurationError(f"{URL_VARIABLE} is set and {KEY_VARIABLE} is not: set it to one of your API keys")
        return Address(url.rstrip("/"), key)
    folder = (data_dir or DEFAULT_DATA_DIR).expanduser().absolute()
    running = read_endpoints(folder)
    if running is None:
        raise ApiUnreachable(
            f"Nothing is running in {folder}: start `oriel up` (or `oriel demo --keep`) there, name another directory "
            f"with --data-dir, or set {URL_VARIABLE} and {KEY_VARIABLE}."
        )
    return Address(running.api.rstrip("/"), key or running.operator_key)


class Api:
    """One open connection to the API. Every call *raises* ApiProblem or ApiUnreachable."""

    def __init__(self, address: Address, tenant: str | None = None) -> None:
        self._address = address
        tenancy = {"Oriel-Tenant": tenant} if tenant else {}
        self._headers = {"Authorization": f"Bearer {address.key}", "Accept": "application/json", **tenancy}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **query: str | int) -> Document:
        async with self._asked("GET", path, params=query) as response:
            return await _document(response)

    async def post(self, path: str, body: Document | None = None) -> Document:
        async with self._asked("POST", path, json=dict(body or {}), headers=_once()) as response:
            return await _document(response)

    async def upload(
        self, path: str, file: Path, media_type: str, on_bytes: Callable[[int], object] = lambda _: None
    ) -> Document:
        """A file as it is read. on_bytes: told how many more have gone."""
        headers = {**_once(), "Content-Type": media_type}
        async with self._asked("POST", path, data=_chunks(file, on_bytes), headers=headers) as response:
            return await _document(response)

    async def items(self, path: str, **query: str | int) -> AsyncIterator[Document]:
        """Everything on a list, page after page."""
        after: Mapping[str, str | int] = {}
        while True:
            page = await self.get(path, limit=PAGE_ITEMS, **query, **after)
            for item in page["items"]:
                yield item
            if not page.get("next"):
                return
            after = {"after": page["next"]}

    async def download(self, path: str, **query: str | int) -> AsyncIterator[bytes]:
        """A file as it comes."""
        async with self._asked("GET", path, params=query, headers={"Accept": "*/*"}) as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk

    @asynccontextmanager
    async def _asked(self, method: str, path: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the connection is not open")
        url = urljoin(self._address.url + "/", path)
        try:
            async with self._session.request(method, url, **options) as response:
                if response.status // 100 != SUCCESS:
                    raise await _problem(response)
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiUnreachable(f"The API at {self._address.url} does not answer: {_words(error)}.") from None


# ── the wire ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _once() -> dict[str, str]:
    """One command is one act, however often a proxy repeats it."""
    return {"Idempotency-Key": str(uuid.uuid4())}


async def _chunks(file: Path, on_bytes: Callable[[int], object]) -> AsyncIterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
            on_bytes(len(chunk))


async def _document(response: aiohttp.ClientResponse) -> Document:
    found = _decoded(await response.read())
    if found is None:
        raise ApiUnreachable(f"What answers at {response.url.origin()} is not Oriel's API: its answer is not JSON.")
    return found


async def _problem(response: aiohttp.ClientResponse) -> ApiProblem:
    """problem+json, or whatever else stands in the way: a proxy, another server."""
    found = _decoded(await response.read()) or {}
    kind = str(found.get("type", "")).rpartition("/")[2]
    code = str(found.get("code") or kind or f"http-{response.status}")
    detail = found.get("detail") or found.get("title") or f"The API answered {response.status} {response.reason}."
    members = {name: value for name, value in found.items() if name not in OF_EVERY_PROBLEM}
    return ApiProblem(response.status, code, " ".join([str(detail), *_field_by_field(found)]), members)


def _field_by_field(found: Document) -> list[str]:
    fields = [one for one in found.get("errors") or () if isinstance(one, dict)]
    return [f"{one.get('field', '')}: {one.get('problem', '')}." for one in fields]


def _decoded(body: bytes) -> Document | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.strerror or "no connection"
    return str(error) or type(error).__name__
