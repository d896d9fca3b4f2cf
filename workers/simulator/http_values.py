"""HTTP as a dialect sees it: the client's request, the response to it, a webhook to the client. Owns no connection."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request of the client.

    path: the names in the route's path.  query: filled for lookups, empty for a send.  headers: any case finds them.
    """

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def origin(self) -> str:
        """The simulator's own URL, as the client has called it, whatever host the provider would have."""
        return f"http://{self.headers.get('Host', '')}"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The response to a request of the client."""

    status: int
    body: bytes
    content_type: str = "application/json"
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One POST to the client.

    url: byte for byte as it was signed.  secret: the signing key, kept so that several requests can be signed as one.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    secret: str = field(default="", repr=False)


CombineWebhooks = Callable[[Sequence[WebhookRequest]], WebhookRequest]


def make_json_response(status: int, content: Mapping[str, object], retry_after_s: int | None = None) -> HttpResponse:
    return HttpResponse(status, json.dumps(content).encode(), retry_after_s=retry_after_s)


def parse_code(code: str) -> int | str:
    """A code as the number that providers put on the wire. A script may name a code that is no number: it stays text."""
    return int(code) if code.isascii() and code.isdigit() else code


def parse_count(text: str | None) -> int | None:
    """ASCII digits as a number; None for any other text."""
    return int(text) if text and text.isascii() and text.isdigit() else None
