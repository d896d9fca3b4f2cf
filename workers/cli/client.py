"""The HTTP API, seen by a caller: its address, the key, requests and answers.

Owns no knowledge of campaigns: the commands interpret the answers. Starts nothing, repeats nothing.
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
from urllib.parse import urljoin, urlsplit

import aiohttp

from config.endpoints import DEFAULT_DATA_DIR, read_endpoints
from shared.ground.errors import ConfigurationError, OrielError

URL_VARIABLE, KEY_VARIABLE = "ORIEL_API_URL", "ORIEL_API_KEY"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0  # of silence
UPLOAD_SECONDS = 3_600.0  # of silence after the last byte: every row joins the campaign before the answer
CHUNK_BYTES = 65_536
PAGE_ITEMS = 500
SUCCESS = 2
COMMON_MEMBERS = frozenset({"type", "title", "status", "detail", "code", "instance", "errors"})

Document = Mapping[str, Any]


class ApiProblem(OrielError):  # noqa: N818 (the name of RFC 9457)
    """The API refused. status: HTTP's.  code: stable, for programs.  detail: a sentence for people.

    members: this kind of problem's own fields: the holder, the templates that may be sent instead.
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
    """No answer, or no running installation. The text names the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """url: without a slash at the end."""

    url: str
    key: str = field(repr=False)


def locate(data_dir: Path | None, environ: Mapping[str, str] = os.environ) -> Address:
    """ORIEL_API_URL and ORIEL_API_KEY, or else the installation that runs in the data directory.

    *Raises*: ApiUnreachable if nothing runs there; ConfigurationError for a URL without a key.
    """
    url, key = environ.get(URL_VARIABLE), environ.get(KEY_VARIABLE)
    if url:
        if not key:
            raise ConfigurationError(f"{URL_VARIABLE} is set and {KEY_VARIABLE} is not: set it to one of your API keys")
        if not _is_http_url(url):
            raise ConfigurationError(f"{URL_VARIABLE} should be a URL such as https://oriel.example.com")
        return Address(url.rstrip("/"), key)
    folder = (data_dir or DEFAULT_DATA_DIR).expanduser().absolute()
    running = read_endpoints(folder)
    if running is None:
        raise ApiUnreachable(
            f"Nothing is running in {folder}: start `oriel up` (or `oriel demo --keep`) there, name another directory "
            f"with --data-dir, or set {URL_VARIABLE} and {KEY_VARIABLE}."
        )
    return Address(running.api.rstrip("/"), key or running.operator_key)


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port beyond 65535, half a bracket
        return False


def _check_header(value: str, name: str) -> str:
    """*Raises*: ConfigurationError for a text that no header can carry, such as two lines of a file."""
    if not value.isprintable():
        raise ConfigurationError(f"{name} should be one line of printable characters")
    return value


class Api:
    """One open connection to the API. Every call *raises* ApiProblem or ApiUnreachable."""

    def __init__(self, address: Address, tenant: str | None = None) -> None:
        """*Raises*: ConfigurationError for a key or a tenant that no header can carry."""
        self._address = address
        tenancy = {"Oriel-Tenant": _check_header(tenant, "The tenant")} if tenant else {}
        authorization = f"Bearer {_check_header(address.key, 'The API key')}"
        self._headers = {"Authorization": authorization, "Accept": "application/json", **tenancy}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=_make_timeout(ANSWER_SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **query: str | int) -> Document:
        async with self._request("GET", path, params=query) as response:
            return await _read_document(response)

    async def post(self, path: str, body: Document | None = None) -> Document:
        async with self._request("POST", path, json=dict(body or {}), headers=_make_idempotency_key()) as response:
            return await _read_document(response)

    async def upload(
        self, path: str, file: Path, media_type: str, on_bytes: Callable[[int], object] = lambda _: None
    ) -> Document:
        """Sends a file while reading it. on_bytes: called with the size of each chunk after it was sent."""
        headers = {**_make_idempotency_key(), "Content-Type": media_type}
        body, timeout = _read_chunks(file, on_bytes), _make_timeout(UPLOAD_SECONDS)
        async with self._request("POST", path, data=body, headers=headers, timeout=timeout) as response:
            return await _read_document(response)

    async def items(self, path: str, **query: str | int) -> AsyncIterator[Document]:
        """Every item of a list, page after page."""
        after: Mapping[str, str | int] = {}
        while True:
            page = await self.get(path, limit=PAGE_ITEMS, **query, **after)
            for item in page["items"]:
                yield item
            if not page.get("next"):
                return
            after = {"after": page["next"]}

    async def download(self, path: str, **query: str | int) -> AsyncIterator[bytes]:
        """Chunks of a file, as they come."""
        async with self._request("GET", path, params=query, headers={"Accept": "*/*"}) as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk

    @asynccontextmanager
    async def _request(self, method: str, path: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the connection is not open")
        url = urljoin(self._address.url + "/", path)
        try:
            async with self._session.request(method, url, **options) as response:
                if response.status // 100 != SUCCESS:
                    raise await _read_problem(response)
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiUnreachable(f"The API at {self._address.url} does not answer: {_describe(error)}.") from None


# ── the wire ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _make_timeout(silence_s: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=silence_s)


def _make_idempotency_key() -> dict[str, str]:
    """A request that a proxy repeats is still carried out once."""
    return {"Idempotency-Key": str(uuid.uuid4())}


async def _read_chunks(file: Path, on_bytes: Callable[[int], object]) -> AsyncIterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
            on_bytes(len(chunk))


async def _read_document(response: aiohttp.ClientResponse) -> Document:
    document = _decode(await response.read())
    if document is None:
        raise ApiUnreachable(
            f"The server at {response.url.origin()} is not Oriel's API: its answer is not JSON. Check {URL_VARIABLE}."
        )
    return document


async def _read_problem(response: aiohttp.ClientResponse) -> ApiProblem:
    """problem+json, or the answer of a proxy or of another server."""
    document = _decode(await response.read()) or {}
    kind = str(document.get("type", "")).rpartition("/")[2]
    code = str(document.get("code") or kind or f"http-{response.status}")
    answered = f"The API answered {response.status} {response.reason}."
    detail = str(document.get("detail") or document.get("title") or answered)
    members = {name: value for name, value in document.items() if name not in COMMON_MEMBERS}
    return ApiProblem(response.status, code, " ".join([detail, *_describe_fields(document, detail)]), members)


def _describe_fields(document: Document, detail: str) -> list[str]:
    """The problems of fields that the detail does not tell already."""
    fields = [field for field in document.get("errors") or () if isinstance(field, dict)]
    problems = [f"{field.get('field', '')}: {field.get('problem', '')}" for field in fields]
    return [f"{problem}." for problem in problems if problem not in detail]


def _decode(body: bytes) -> Document | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _describe(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.strerror or "no connection"
    return str(error) or type(error).__name__
