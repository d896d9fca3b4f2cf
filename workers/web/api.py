"""A route's declaration, and the call that its handler gets. Owns parsing and the errors of a shape that is wrong;
who may call is `auth`'s, what happens then is the handler's.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar, get_args

from aiohttp import web
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from config.loading import Settings
from config.settings import SenderSettings
from shared.campaigns.model import Campaign
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import CampaignId, SenderId, TenantId, derive_token
from shared.ground.names import join_names
from shared.outbound.staging import HashedFile
from shared.senders.owners import own_sender
from workers.web.auth import Caller, Gate, Scope
from workers.web.idempotency import Idempotency
from workers.web.paging import Query
from workers.web.problems import FieldProblem, Invalid
from workers.wiring.installation import Installation

JSON = "application/json"
MIB = 1 << 20
ERRORS_SHOWN = 20  # of one request; whoever corrects those will see the next

Model = TypeVar("Model", bound=BaseModel)
Handler = Callable[["Call"], Awaitable[web.StreamResponse]]


class Order(BaseModel):
    """A body of ours: nothing is guessed, nothing unknown is passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class View(BaseModel):
    """An answer of ours."""

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, slots=True)
class Route:
    """answers: status → what it holds: a model, or a media type for a file. problems: status → codes of its own.

    takes: media types of the body. is_streamed: the handler reads it as it comes; else it is here whole, bounded by
    max_bytes, and `body` is its model where it is JSON.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    scopes: frozenset[Scope]
    answers: Mapping[int, type[BaseModel] | str]
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    query: type[Query] | None = None
    body: type[BaseModel] | None = None
    takes: tuple[str, ...] = (JSON,)
    is_streamed: bool = False
    max_bytes: int = MIB

    @property
    def takes_body(self) -> bool:
        return self.body is not None or self.is_streamed


class Api:
    """The parts that all handlers of a process share. They open once the state store has answered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.gate = Gate(settings)
        self.senders = {sender.sender_id: sender for sender in settings.senders}
        self.owners = {sender.sender_id: sender.tenant_id for sender in settings.senders}
        self.locales = settings.locales()
        self._opened: Installation | None = None
        self._idempotency: Idempotency | None = None

    def open(self, installation: Installation) -> None:
        self._opened = installation
        self._idempotency = Idempotency(installation.ground.redis)

    @property
    def installation(self) -> Installation:
        """*Raises*: BackendUnavailable."""
        if self._opened is None:
            raise BackendUnavailable("the state store has not answered yet")
        return self._opened

    @property
    def idempotency(self) -> Idempotency:
        """*Raises*: BackendUnavailable."""
        if self._idempotency is None:
            raise BackendUnavailable("the state store has not answered yet")
        return self._idempotency

    def senders_of(self, tenant: TenantId) -> list[SenderSettings]:
        return [sender for sender in self.senders.values() if sender.tenant_id == tenant]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, let in and parsed.

    key: the Idempotency-Key. media_type, raw: of a body that was announced. digest: of that body.
    file: a streamed body, instead of raw.
    """

    request: web.Request
    api: Api
    caller: Caller
    key: str | None = None
    media_type: str = JSON
    raw: bytes = field(default=b"", repr=False)
    digest: str = ""
    file: HashedFile | None = field(default=None, repr=False)
    parsed_body: BaseModel | None = field(default=None, repr=False)
    parsed_query: Query | None = None

    @property
    def installation(self) -> Installation:
        """*Raises*: BackendUnavailable while nothing was opened."""
        return self.api.installation

    @property
    def tenant(self) -> TenantId:
        return self.caller.tenant.tenant_id

    @property
    def once(self) -> str | None:
        """The id of this request, the same for every repeat; None without an idempotency key."""
        return None if self.key is None else derive_token("", self.tenant, self.key, self.digest)

    def body(self, model: type[Model]) -> Model:
        """As the route declares it."""
        return _as_declared(self.parsed_body, model)

    def query(self, model: type[Model]) -> Model:
        """As the route declares it."""
        return _as_declared(self.parsed_query, model)

    @property
    def stream(self) -> HashedFile:
        """The body of a streamed route."""
        if self.file is None:
            raise TypeError("the route declares no stream")
        return self.file

    async def campaign(self) -> Campaign:
        """The one that the path names. *Raises*: NotFound, also for another tenant's."""
        named = CampaignId(self.request.match_info["campaign"])
        return await self.installation.stores.campaigns.get(named, self.tenant)

    def sender(self, name: str) -> SenderId:
        """A sender of the tenant. *Raises*: NotFound, which lists the tenant's senders."""
        return own_sender(self.api.owners, self.tenant, name)

    def region_for(self, sender: SenderId | None = None) -> str | None:
        """Of numbers without `+`: the sender's, else the tenant's."""
        return self.api.locales.region(self.tenant, sender)


def answer(view: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=view.model_dump_json(), content_type=JSON, headers=headers)


# ── parsing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_body(model: type[Model], raw: bytes) -> Model:
    """No body is an empty one. *Raises*: Invalid."""
    try:
        return model.model_validate_json(raw.strip() or b"{}")
    except ValidationError as error:
        raise _invalid(error, model, "body") from None


def parse_query(model: type[Model], request: web.Request) -> Model:
    """*Raises*: Invalid."""
    repeated = sorted({name for name in request.query if len(request.query.getall(name)) > 1})
    if repeated:
        raise Invalid("invalid-query", f"Give each parameter once; repeated: {join_names(repeated)}.")
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise _invalid(error, model, "query") from None


def _invalid(error: ValidationError, model: type[BaseModel], part: str) -> Invalid:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Invalid("malformed-json", f"The body is not JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}.")
    problems = [_field_problem(one["loc"], one["type"], one["msg"], model) for one in found[:ERRORS_SHOWN]]
    said = "; ".join(f"{one.field}: {one.problem}" if one.field else one.problem for one in problems[:3])
    return Invalid(f"invalid-{part}", f"The {part} is not as it should be: {said}.", problems)


def _field_problem(loc: tuple[int | str, ...], kind: str, message: str, model: type[BaseModel]) -> FieldProblem:
    """The library's words, without what it was given."""
    name = ".".join(str(part) if isinstance(part, int) else join_names([part]) for part in loc)
    if kind == "extra_forbidden":
        known = join_names(sorted(_known_at(model, loc)))
        return FieldProblem(field=name, problem=f"is not known here; known are {known}")
    words = (
        re.sub(r"^(Input|String|List|Dictionary|Value) should", "should", message.removeprefix("Value error, "))
        .replace("Input should", "should")
        .replace("Field required", "is missing")
    )
    return FieldProblem(field=name, problem=words)


def _known_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> Iterator[str]:
    """The fields beside the last part of a location."""
    for part in loc[:-1]:
        fields = model.model_fields
        annotation: Any = fields["root" if isinstance(part, int) else part].annotation
        inner = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type)]
        model = next((one for one in inner if issubclass(one, BaseModel)), model)
    yield from (() if issubclass(model, RootModel) else model.model_fields)


def _as_declared(parsed: BaseModel | None, model: type[Model]) -> Model:
    if not isinstance(parsed, model):
        raise TypeError(f"the route declares no {model.__name__}")
    return parsed
