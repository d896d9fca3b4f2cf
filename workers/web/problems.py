"""Errors as `application/problem+json`. Owns the form, and which error of ours is which status; decides nothing else.

Source: RFC 9457. `type` is a stable reference, `/problems/<code>`; programs compare `code`.
No problem quotes what it was given: a body, a query or a path may hold somebody's number.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar

from aiohttp import web
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from structlog.stdlib import BoundLogger, get_logger

from config.logs import redact
from shared.conversations.interactions.model import Held
from shared.conversations.replying import WindowClosed
from shared.ground.errors import (
    BackendUnavailable,
    InputError,
    NotAccepted,
    OutcomeUnknown,
    SendError,
    TooLarge,
)
from shared.outbound.controlling import UploadJoining

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2  # a store that is restarted answers again in about that time
PATH_CHARACTERS_SHOWN = 100
REQUEST_ID = web.RequestKey("request_id", str)

log: BoundLogger = get_logger(__name__)


class FieldProblem(BaseModel):
    field: str = Field(description="Where: names and positions, joined by dots.")
    problem: str = Field(description="What is wrong there; never what was sent.")


class TemplateRef(BaseModel):
    name: str
    language: str


class Members(BaseModel):
    """Extension members of some problems (RFC 9457)."""

    agent: str | None = Field(None, description="interaction-assigned: who holds it.")
    templates: list[TemplateRef] | None = Field(None, description="window-closed: what may be sent instead.")
    closed_at: datetime | None = Field(None, description="window-closed: since when, where that is known.")


class Problem(Members):
    type: str = Field(description="A stable reference that names the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What is wrong, and what to do.")
    code: str = Field(description="The kind of problem, for programs.")
    instance: str = Field(description="This very answer; the log's `request` is the same.")
    errors: list[FieldProblem] | None = Field(None, description="Field by field, where the request was not valid.")


# ── what the API raises beside the tree of shared.ground.errors ─────────────────────────────────────────────────────────


class Invalid(InputError):  # noqa: N818 (named for what the caller is told)
    """The request does not have the shape that it should."""

    def __init__(self, code: str, detail: str, errors: Sequence[FieldProblem] = ()) -> None:
        super().__init__(code, detail)
        self.errors = tuple(errors)


class Unauthorized(InputError):  # noqa: N818
    status = HTTPStatus.UNAUTHORIZED


class Forbidden(InputError):  # noqa: N818
    status = HTTPStatus.FORBIDDEN


class TooSlow(InputError):  # noqa: N818
    status = HTTPStatus.REQUEST_TIMEOUT


class InProgress(InputError):  # noqa: N818
    status = HTTPStatus.CONFLICT


class UnsupportedMedia(InputError):  # noqa: N818
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class KeyReused(InputError):  # noqa: N818
    status = HTTPStatus.UNPROCESSABLE_ENTITY


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def title_of(code: str) -> str:
    """For people.

    >>> title_of("template-not-found")
    'Template not found'
    """
    return code.replace("-", " ").capitalize()


def answer_to(error: Exception, request: web.Request) -> web.Response | None:
    """The answer that an error is; None for one that nobody foresaw."""
    match error:
        case InputError():
            errors = error.errors if isinstance(error, Invalid) else ()
            headers, members = _headers_of(error), _members_of(error)
            return problem(request, error.status, error.code, error.detail, headers, errors, members)
        case BackendUnavailable() | RedisError():
            log.warning("request_not_served", request=request_id(request), kind=type(error).__name__)
            return _unavailable(request)
        case SendError():
            return _of_provider(error, request)
        case web.HTTPException():
            return _routing(error, request)
        case _:
            return None


def problem(
    request: web.Request,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldProblem] = (),
    members: Members | None = None,
) -> web.Response:
    body = Problem(
        type=f"/problems/{code}",
        title=title_of(code),
        status=status,
        detail=detail,
        code=code,
        instance=f"urn:oriel:request:{request_id(request)}",
        errors=list(errors) or None,
        **dict(members or Members()),
    )
    text = body.model_dump_json(exclude_none=True)
    return web.Response(status=status, text=text, content_type=MEDIA_TYPE, headers=headers)


def internal(request: web.Request) -> web.Response:
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "Something went wrong here that should not have; the log tells more under this answer's instance.",
    )


def request_id(request: web.Request) -> str:
    """As the first middleware gave it."""
    return request[REQUEST_ID]


class _Headers:
    challenge: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="oriel"'}
    again: ClassVar[Mapping[str, str]] = {"Retry-After": str(RETRY_AFTER_S)}


def _headers_of(error: InputError) -> Mapping[str, str] | None:
    match error:
        case Unauthorized():
            return _Headers.challenge
        case InProgress() | UploadJoining():
            return _Headers.again
        case TooLarge() | TooSlow():
            return {"Connection": "close"}  # what is still on its way is not read to its end
        case _:
            return None


def _members_of(error: InputError) -> Members:
    match error:
        case WindowClosed():
            templates = [TemplateRef(name=one.name, language=one.language) for one in error.templates]
            return Members(templates=templates, closed_at=error.closed_at)
        case Held():
            return Members(agent=error.agent)
        case _:
            return Members()


def _unavailable(request: web.Request) -> web.Response:
    return problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "state-store-unavailable",
        "The state store does not answer: nothing was decided that asking again could double. Try again.",
        _Headers.again,
    )


def _of_provider(error: SendError, request: web.Request) -> web.Response:
    """Of what was asked of a provider, not sent: all that did not come may be asked for again."""
    log.warning("provider_did_not_serve", request=request_id(request), code=error.code)
    if isinstance(error, NotAccepted | OutcomeUnknown):
        detail = f"The provider does not answer as it should ({error.code}): try again in a while."
        return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "provider-unavailable", detail, _Headers.again)
    detail = f"The provider refused ({error.code}): {error.gloss}. `oriel sender check` asks it what is wrong."
    return problem(request, HTTPStatus.BAD_GATEWAY, "provider-refused", detail)


def _routing(error: web.HTTPException, request: web.Request) -> web.Response:
    path = redact(request.path[:PATH_CHARACTERS_SHOWN])
    match error:
        case web.HTTPNotFound():
            detail = f"There is nothing at {path}: /openapi.json lists what there is."
            return problem(request, error.status, "unknown-route", detail)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            detail = f"{path} does not know this method; it knows {allowed}."
            return problem(request, error.status, "method-not-allowed", detail, {"Allow": allowed})
        case web.HTTPRequestEntityTooLarge():
            return problem(request, error.status, "body-too-large", "The body is too large.")
        case _:
            return problem(request, error.status, f"http-{error.status}", error.reason)
