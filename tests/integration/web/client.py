"""What the tests of the API share: a caller that checks every answer against the description, and hints that remember."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, BinaryIO

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from shared.ground.domain_events import DomainEvent
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import CampaignId, ContactId, EntryId, LeaseId, SenderId
from workers.web.app import ROUTES
from workers.web.openapi import codes_of
from workers.web.problems import Members

ACME_KEY, DIALER_KEY, READER_KEY, AGENTS_KEY, OTHER_KEY, OPERATOR_KEY = (
    f"{name}-key-0123456789" for name in ("acme", "dialer", "reader", "agents", "other", "operator")
)
CONFIGURATION = f"""
[api]
operator_key = "{OPERATOR_KEY}"
[[tenants]]
id = "acme"
region = "US"
timezone = "America/Montevideo"
api_keys = [
    {{ name = "all", secret = "{ACME_KEY}" }},
    {{ name = "dialer", secret = "{DIALER_KEY}", scopes = ["campaigns"] }},
    {{ name = "reader", secret = "{READER_KEY}", scopes = ["read"] }},
    {{ name = "agents", secret = "{AGENTS_KEY}", scopes = ["agents"] }},
    {{ name = "consents", secret = "consents-key-0123456789", scopes = ["consent"] }},
]
[[tenants]]
id = "other"
api_keys = [{{ name = "other", secret = "{OTHER_KEY}" }}]
[[senders]]
id = "clinic"
tenant = "acme"
provider = "twilio"
address = "+14155238886"
rate_per_second = 80
api_base = "http://127.0.0.1:1"
credentials = {{ account_sid = "AC00000000000000000000000000000001", auth_token = "clinic-token-0123456789" }}
[[senders]]
id = "shop"
tenant = "other"
provider = "twilio"
address = "+14155238887"
region = "UY"
api_base = "http://127.0.0.1:1"
credentials = {{ account_sid = "AC00000000000000000000000000000002", auth_token = "shop-token-0123456789" }}
[[templates]]
sender = "clinic"
name = "reminder"
language = "en"
category = "utility"
provider_id = "HX00000000000000000000000000000001"
body = "Your {{{{1}}}} appointment is coming up on {{{{2}}}}."
[[templates]]
sender = "clinic"
name = "waiting"
language = "en"
category = "utility"
status = "pending"
provider_id = "HX00000000000000000000000000000002"
body = "Hello {{{{1}}}}"
[[templates]]
sender = "clinic"
name = "offer"
language = "en"
category = "marketing"
provider_id = "HX00000000000000000000000000000003"
body = "Buy {{{{1}}}}"
[[templates]]
sender = "shop"
name = "hello"
language = "es"
category = "utility"
provider_id = "HX00000000000000000000000000000004"
body = "Hola"
"""

CAMPAIGN = {"name": "May", "sender": "clinic", "template": {"name": "reminder", "language": "en"}}
HEADER = "phone,1,2\n"
CSV, NDJSON, JSON = "text/csv", "application/x-ndjson", "application/json"


def number(index: int) -> str:
    return f"+1415555{index:04d}"


def base(count: int, first: int = 100) -> str:
    """A CSV of contacts that are good."""
    return HEADER + "".join(f"{number(first + index)},dental,May {index}\n" for index in range(count))


@dataclass
class RecordingHints:
    """The port's contract: it raises nothing."""

    said: list[tuple[str, str]] = field(default_factory=list)

    async def split(self, campaign: CampaignId) -> None:
        self.said.append(("split", campaign))

    async def release(self, sender: SenderId) -> None:
        self.said.append(("release", sender))

    async def send(self, campaign: CampaignId, lease: LeaseId) -> None:
        self.said.append(("send", f"{campaign}:{lease}"))

    async def dispatch(self, contact: ContactId, sender: SenderId) -> None:
        self.said.append(("dispatch", f"{contact}:{sender}"))

    async def apply(self, event_class: str, entries: Sequence[EntryId]) -> None:
        self.said.append(("events", f"{event_class}:{len(entries)}"))


CLINIC = SenderId("clinic")
ApiClient = TestClient[web.Request, web.Application]


@dataclass
class RecordingEvents:
    """A broker that takes everything, unless it is away."""

    told: list[DomainEvent] = field(default_factory=list)
    is_away: bool = False

    async def publish(self, events: Sequence[DomainEvent]) -> None:
        if self.is_away:
            raise BackendUnavailable("the broker did not take the events")
        self.told += events


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Any
    media_type: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        assert self.media_type == "application/problem+json", self.text
        return str(self.body["code"])


class Caller:
    """key: None sends none."""

    def __init__(self, client: ApiClient, key: str | None = ACME_KEY, tenant: str | None = None) -> None:
        self.client = client
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._headers |= {} if tenant is None else {"Oriel-Tenant": tenant}

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.ask("GET", path, params={name: str(value) for name, value in query.items()})

    async def post(self, path: str, body: Any = None, key: str | None = None, **headers: str) -> Answer:
        once = {} if key is None else {"Idempotency-Key": key}
        return await self.ask("POST", path, json=body, headers={**once, **headers})

    async def upload(
        self,
        path: str,
        data: str | bytes | BinaryIO | AsyncIterator[bytes],
        media_type: str = CSV,
        key: str | None = None,
    ) -> Answer:
        once = {} if key is None else {"Idempotency-Key": key}
        return await self.ask("POST", path, data=data, headers={**once, "Content-Type": media_type})

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        response = await self.client.request(method, path, headers={**self._headers, **(headers or {})}, **options)
        answer = Answer(response.status, await response.text(), response.headers, response.content_type)
        check_described(self.client, method, response, answer)
        return answer


def check_described(client: ApiClient, method: str, response: ClientResponse, answer: Answer) -> None:
    """Every answer of a route is one that its declaration knows; every problem has the one form."""
    if answer.status >= HTTPStatus.BAD_REQUEST and not response.url.path.startswith(("/livez", "/readyz")):
        problem = answer.body
        assert answer.media_type == "application/problem+json"
        of_some = {"errors", *Members.model_fields}
        assert problem.keys() - of_some == {"type", "title", "status", "detail", "code", "instance"}
        assert problem["status"] == answer.status
        assert problem["type"] == f"/problems/{problem['code']}"
        if "Idempotency-Replayed" not in answer.headers:
            assert problem["instance"] == f"urn:oriel:request:{answer.headers['X-Request-Id']}"
    route = next((one for one in ROUTES if one.method == method and fits(one.path, response.url.path)), None)
    if route is None or (answer.status == HTTPStatus.NOT_FOUND and answer.code == "unknown-route"):
        return
    if answer.status >= HTTPStatus.BAD_REQUEST:
        assert answer.code in codes_of(route).get(answer.status, ()), f"{method} {route.path}: {answer.text}"
        return
    held = route.answers[answer.status]
    if isinstance(held, str):
        assert held in {answer.media_type, "*/*"}
    else:
        held.model_validate_json(answer.text)


def fits(template: str, path: str) -> bool:
    parts, asked = template.split("/"), path.split("/")
    return len(parts) == len(asked) and all(p.startswith("{") or p == a for p, a in zip(parts, asked, strict=True))
