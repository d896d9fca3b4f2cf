"""The list of the account's templates, filtered and in pages. `template_nodes` owns the templates.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management;
https://developers.facebook.com/docs/graph-api/results for the pages.
"""

import base64
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from workers.simulator.dialect import LookupContext
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response, parse_count
from workers.simulator.messages import Refusal
from workers.simulator.meta.authentication import find_account_refusal
from workers.simulator.meta.codes import PARAMETER, build_refusal_response, make_refusal
from workers.simulator.meta.fields import parse_fields, select_fields
from workers.simulator.meta.template_nodes import TEMPLATE, Json, iterate_template_nodes

PAGE_SIZE, MAX_PAGE_SIZE = 25, 1_000
NOT_IMPLEMENTED = 501
FILTERS: Mapping[str, Callable[[Mapping[str, object], str], bool]] = {
    "name": lambda node, wanted: wanted in str(node["name"]),
    "language": lambda node, wanted: node["language"] in wanted.split(","),
    "status": lambda node, wanted: node["status"] in wanted.split(","),
    "category": lambda node, wanted: node["category"] in wanted.split(","),
}
PARAMETERS = frozenset({"fields", "limit", "after", "before", "summary", *FILTERS})


def list_templates(request: HttpRequest, context: LookupContext) -> HttpResponse:
    refusal = find_account_refusal(request, context.script)
    if refusal is not None:
        return build_refusal_response(refusal)
    if context.script.templates is None:
        return build_refusal_response(make_refusal(PARAMETER, "The script has no list of templates", NOT_IMPLEMENTED))
    fields, limit, start = parse_fields(request, TEMPLATE), _parse_limit(request), _parse_cursor(request)
    if isinstance(fields, Refusal):
        return build_refusal_response(fields)
    if limit is None or start is None or not request.query.keys() <= PARAMETERS:
        return build_refusal_response(make_refusal(PARAMETER, "Invalid parameter"))
    nodes = [node for node in iterate_template_nodes(context) if _matches(node, request.query)]
    page = [select_fields(node, fields) for node in nodes[start : start + limit]]
    summary = {"summary": _build_summary(context, len(nodes))} if "summary" in request.query else {}
    return make_json_response(200, {"data": page, **_build_paging(request, start, limit, len(nodes)), **summary})


def _matches(node: Mapping[str, object], query: Mapping[str, str]) -> bool:
    return all(fits(node, query[name]) for name, fits in FILTERS.items() if name in query)


def _build_summary(context: LookupContext, total: int) -> Json:
    return {
        "total_count": total,
        "message_template_count": sum(1 for _ in iterate_template_nodes(context)),
        "message_template_limit": 250,
        "are_translations_complete": False,
    }


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _parse_limit(request: HttpRequest) -> int | None:
    limit = parse_count(request.query.get("limit", str(PAGE_SIZE)))
    return limit if limit is not None and 0 < limit <= MAX_PAGE_SIZE else None


def _parse_cursor(request: HttpRequest) -> int | None:
    """The place at which the page before ended."""
    try:
        return int(base64.b64decode(request.query["after"], validate=True)) if "after" in request.query else 0
    except ValueError:
        return None


def _make_cursor(place: int) -> str:
    return base64.b64encode(str(place).encode()).decode()


# Quirk(meta) cursor-behind-the-last: only `next` says that a page follows (page "paging", 2026-11)
def _build_paging(request: HttpRequest, start: int, limit: int, total: int) -> Json:
    end = min(start + limit, total)
    if start >= end:
        return {}
    cursors = {"before": _make_cursor(start), "after": _make_cursor(end)}
    if end == total:
        return {"paging": {"cursors": cursors}}
    query = urlencode({**request.query, "limit": limit, "after": cursors["after"]})
    path = f"{request.path['version']}/{request.path['node']}/message_templates"
    return {"paging": {"cursors": cursors, "next": f"{request.origin}/{path}?{query}"}}
