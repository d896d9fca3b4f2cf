"""The application: every route, and the order of a request. Owns the order:

log → problem → key → scope → once (POST) → parse → handler
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from aiohttp import hdrs, web
from structlog.stdlib import BoundLogger, get_logger

from shared.ground import telemetry
from shared.ground.errors import InputError
from shared.ground.ids import new_token
from shared.outbound.staging import HashedFile
from workers.web import idempotency, streams
from workers.web.api import JSON, Api, Call, Route, parse_body, parse_query
from workers.web.auth import Caller
from workers.web.campaigns.routes import ROUTES as CAMPAIGNS
from workers.web.consent.routes import ROUTES as CONSENT
from workers.web.contacts.routes import ROUTES as CONTACTS
from workers.web.idempotency import Kept
from workers.web.interactions.routes import ROUTES as INTERACTIONS
from workers.web.jobs.routes import ROUTES as JOBS
from workers.web.messages.routes import ROUTES as MESSAGES
from workers.web.openapi import document
from workers.web.problems import REQUEST_ID, answer_to, internal, request_id
from workers.web.replies.routes import ROUTES as REPLIES
from workers.web.senders.routes import ROUTES as SENDERS
from workers.web.sessions.routes import ROUTES as SESSIONS
from workers.web.templates.routes import ROUTES as TEMPLATES
from workers.web.timelines.routes import ROUTES as TIMELINES
from workers.web.traffic import Traffic

ROUTES: tuple[Route, ...] = (
    *CAMPAIGNS,
    *CONTACTS,
    *JOBS,
    *SESSIONS,
    *REPLIES,
    *MESSAGES,
    *INTERACTIONS,
    *TIMELINES,
    *CONSENT,
    *TEMPLATES,
    *SENDERS,
)
METRICS = "/metrics"
PROBES = frozenset({"/livez", "/readyz", METRICS})
UNKNOWN_ROUTE = "unknown"
OTHER_METHOD = "other"  # a caller's own word is no label
BROKEN_OFF = 499  # as others log a client that did not wait for its answer
TENANT = web.RequestKey("tenant", str)
TRAFFIC = web.AppKey("traffic", Traffic)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log: BoundLogger = get_logger(__name__)


def make_app(api: Api, ops: Sequence[web.RouteDef] = ()) -> web.Application:
    """ops: the three routes of the ops port, which answer here, too; the metrics with a key, unless they are open."""
    application = web.Application(middlewares=[_logged, _told])
    application[TRAFFIC] = Traffic()
    application.on_response_prepare.append(_finish_headers)
    for route in ROUTES:
        application.router.add_route(route.method, route.path, _served(api, route))
    described = document(ROUTES)

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(text=described, content_type="application/json")

    application.router.add_route("GET", "/openapi.json", openapi)
    application.add_routes(ops if api.settings.api.open_metrics else [_guarded(api, route) for route in ops])
    return application


def _guarded(api: Api, route: web.RouteDef) -> web.RouteDef:
    """Metrics tell of every tenant, and this port may be public; probes tell nothing that is anybody's."""
    if route.path != METRICS:
        return route

    async def serve(request: web.Request) -> web.StreamResponse:
        api.gate.let_operator_in(request)
        handler: Handler = route.handler
        return await handler(request)

    return web.get(route.path, serve)


# ── one request ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _served(api: Api, route: Route) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        caller = api.gate.caller(request)
        request[TENANT] = caller.tenant.id
        caller.require(route.scopes)
        if route.method != "POST":
            query = parse_query(route.query, request) if route.query is not None else None
            return await route.handler(Call(request, api, caller, parsed_query=query))
        if route.is_streamed:
            return await _serve_stream(api, route, request, caller)
        return await _serve_body(api, route, request, caller)

    return serve


async def _serve_body(api: Api, route: Route, request: web.Request, caller: Caller) -> web.StreamResponse:
    """The caller's own errors are kept, too: the same request would meet them again."""
    key = idempotency.key_of(request)
    is_announced = request.body_exists or request.content_type in route.takes
    media_type = streams.media_type(request, route.takes) if is_announced else route.takes[0]
    raw = await streams.whole(request, route.max_bytes)
    call = Call(request, api, caller, key, media_type, raw, hashlib.sha256(raw).hexdigest())
    if key is None:
        return await route.handler(_parsed(call, route))
    asked = idempotency.fingerprint(request, call.digest)
    async with api.idempotency.once(call.tenant, key) as present:
        if isinstance(present, Kept):
            return present.answer(asked)
        try:
            response = _whole(await route.handler(_parsed(call, route)))
        except InputError as error:
            response = answer_to(error, request) or internal(request)
        await present.keep(asked, response)
        return response


async def _serve_stream(api: Api, route: Route, request: web.Request, caller: Caller) -> web.StreamResponse:
    """Only what was read to its end can be compared with what comes again, so only success is kept."""
    key = idempotency.key_of(request)
    media_type = streams.media_type(request, route.takes)
    file = HashedFile(streams.chunks(request))
    call = Call(request, api, caller, key, media_type, file=file)
    if key is None:
        return await route.handler(call)
    async with api.idempotency.once(call.tenant, key) as present:
        if isinstance(present, Kept):
            return present.answer(idempotency.fingerprint(request, await file.digest_of_all()))
        response = _whole(await route.handler(call))
        await present.keep(idempotency.fingerprint(request, file.digest), response)
        return response


def _whole(response: web.StreamResponse) -> web.Response:
    """The answers that idempotency may store."""
    if not isinstance(response, web.Response):
        raise TypeError("a POST is answered whole")
    return response


def _parsed(call: Call, route: Route) -> Call:
    """*Raises*: Invalid."""
    if route.body is None or call.media_type != JSON:
        return call
    return replace(call, parsed_body=parse_body(route.body, call.raw))


# ── around it ───────────────────────────────────────────────────────────────────────────────────────────────────────


@web.middleware
async def _logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request. The route's template, never the path: that may hold somebody's number."""
    request[REQUEST_ID] = new_token("r")
    began, status = time.perf_counter(), BROKEN_OFF
    try:
        with request.app[TRAFFIC].request():
            response = await handler(request)
        status = response.status
        return response
    finally:
        _report(request, status, time.perf_counter() - began)


def _report(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else UNKNOWN_ROUTE
    method = request.method if request.method in hdrs.METH_ALL else OTHER_METHOD
    telemetry.API_SECONDS.labels(method, route, str(status)).observe(seconds)
    write = log.debug if route in PROBES else log.info
    write(
        "request_served",
        method=method,
        route=route,
        status=status,
        seconds=round(seconds, 4),
        tenant=request.get(TENANT),
        request=request_id(request),
    )


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a problem answer without private details."""
    try:
        return await handler(request)
    except ConnectionError:
        raise  # nobody is there to be told
    except Exception as error:
        answer = answer_to(error, request)
        if answer is None:
            log.exception("request_failed", request=request_id(request), kind=type(error).__name__)
            answer = internal(request)
        return answer


async def _finish_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Request-Id"] = request_id(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "oriel"
    if request.app[TRAFFIC].is_ending:
        response.headers["Connection"] = "close"
        response.force_close()
