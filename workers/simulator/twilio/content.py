"""Twilio's Content API: creates, shows and lists contents. Owns no approvals: the script has them.

Source: github.com/twilio/twilio-oai `spec/json/twilio_content_v1.json`, `twilio_content_v2.json` @d50069b4
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from pydantic import ValidationError

from workers.simulator.dialect import LookupContext, Route
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.memory import Content
from workers.simulator.schema import name_place
from workers.simulator.template_catalogue import Template
from workers.simulator.traffic import SECOND_US
from workers.simulator.twilio.authentication import authenticate_account
from workers.simulator.twilio.codes import build_refusal_response, make_refusal
from workers.simulator.twilio.content_schema import NewContent
from workers.simulator.twilio.paging import build_meta, parse_page

Resource = Mapping[str, object]
View = Callable[[HttpRequest, Resource, Template], Resource]
"""Builds one of the API's forms of a content."""

TEMPLATES_CREATED_AT = "2026-01-01T00:00:00Z"  # a script has no instant
UNAPPROVED = Template(status="unsubmitted")

# ── routes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _create(request: HttpRequest, context: LookupContext) -> HttpResponse:
    account = authenticate_account(request, context.script)
    if account is None:
        return build_refusal_response(make_refusal("20003"))
    try:
        new = NewContent.model_validate_json(request.body)
    except ValidationError as error:
        place = name_place(error.errors()[0]["loc"])
        return build_refusal_response(make_refusal("20001", f"Invalid parameter: {place or 'body'}"))
    created_at = f"{datetime.fromtimestamp(context.at_us // SECOND_US, UTC):%Y-%m-%dT%H:%M:%SZ}"
    sid = f"HX{context.new_id()}"
    resource = {
        "sid": sid,
        "account_sid": account,
        "friendly_name": new.friendly_name,
        "language": new.language,
        "variables": new.variables,
        "types": new.types.model_dump(by_alias=True, exclude_unset=True),
        "date_created": created_at,
        "date_updated": created_at,
    }
    context.memory.contents[sid] = Content(sid, account, resource)
    return make_json_response(201, {**resource, **_build_links(request, sid)})


def _make_show(view: View) -> Callable[[HttpRequest, LookupContext], HttpResponse]:
    def show(request: HttpRequest, context: LookupContext) -> HttpResponse:
        account, sid = authenticate_account(request, context.script), request.path["content"]
        if account is None:
            return build_refusal_response(make_refusal("20003"))
        for resource, template in _iterate_contents(context, account):
            if resource["sid"] == sid:
                return make_json_response(200, view(request, resource, template))
        return build_refusal_response(make_refusal("20404"))

    return show


def _make_list(path: str, view: View) -> Callable[[HttpRequest, LookupContext], HttpResponse]:
    """Lists every content, in pages: the script's templates first, then the client's contents."""

    def show_list(request: HttpRequest, context: LookupContext) -> HttpResponse:
        account, page = authenticate_account(request, context.script), parse_page(request)
        if account is None:
            return build_refusal_response(make_refusal("20003"))
        if page is None or not request.query.keys() <= {"PageSize", "Page"}:
            text = "The simulator lists everything, and PageSize and Page are counts."
            return build_refusal_response(make_refusal("20001", text))
        if context.script.templates is None and view is _view_with_approval:
            return make_json_response(501, {"message": "The script has no list of templates", "status": 501})
        found = list(islice(_iterate_contents(context, account), page.start, page.end + 1))
        contents = [view(request, resource, template) for resource, template in found[: page.size]]
        meta = build_meta("contents", f"{request.origin}{path}", page, is_last=len(found) <= page.size)
        return make_json_response(200, {"contents": contents, "meta": meta})

    return show_list


# ── contents and their views ────────────────────────────────────────────────────────────────────────────────────────


def _iterate_contents(context: LookupContext, account: str) -> Iterator[tuple[Resource, Template]]:
    """Each content with its approval. Every account has the script's templates."""
    for sid, template in context.script.catalogue.items():
        yield _build_resource(sid, account, template), template
    for content in context.memory.contents.values():
        if content.account == account:
            yield content.resource, UNAPPROVED


def _build_resource(sid: str, account: str, template: Template) -> Resource:
    return {
        "sid": sid,
        "account_sid": account,
        "friendly_name": template.name or sid,
        "language": template.language,
        "variables": {name: f"sample {name}" for name in template.names},
        "types": template.types or {"twilio/text": {"body": template.body}},
        "date_created": TEMPLATES_CREATED_AT,
        "date_updated": TEMPLATES_CREATED_AT,
    }


# Quirk(twilio) unsubmitted-is-empty: an unsubmitted content has empty texts, not nulls (twilio-oai @d50069b4, 2026-11)
def _build_approval(resource: Resource, template: Template) -> Resource:
    is_submitted, types = template.status != "unsubmitted", resource["types"]
    return {
        "name": resource["friendly_name"] if is_submitted else "",
        "category": template.category.upper() if is_submitted else "",
        "content_type": _find_approved_type(types, template) if is_submitted else "",
        "status": template.status,
        "rejection_reason": "INVALID_FORMAT" if template.status == "rejected" else "",
        "allow_category_change": True,
    }


def _find_approved_type(types: object, template: Template) -> str:
    return template.approved_type or (next(iter(types)) if isinstance(types, Mapping) else "")


def _view_with_links(request: HttpRequest, resource: Resource, _template: Template) -> Resource:
    return {**resource, **_build_links(request, str(resource["sid"]))}


def _view_with_approval(_request: HttpRequest, resource: Resource, template: Template) -> Resource:
    """In lists with approvals, contents have no links."""
    return {**resource, "approval_requests": _build_approval(resource, template)}


def _view_approval(request: HttpRequest, resource: Resource, template: Template) -> Resource:
    url = f"{_build_links(request, str(resource['sid']))['url']}/ApprovalRequests"
    whatsapp = {"type": "whatsapp", **_build_approval(resource, template)}
    return {"sid": resource["sid"], "account_sid": resource["account_sid"], "whatsapp": whatsapp, "url": url}


def _build_links(request: HttpRequest, sid: str) -> Resource:
    url = f"{request.origin}/v1/Content/{sid}"
    approvals = f"{url}/ApprovalRequests"
    return {"url": url, "links": {"approval_create": f"{approvals}/whatsapp", "approval_fetch": approvals}}


LISTS: tuple[tuple[str, View], ...] = (
    ("/v1/Content", _view_with_links),
    ("/v2/Content", _view_with_links),
    ("/v1/ContentAndApprovals", _view_with_approval),
    ("/v2/ContentAndApprovals", _view_with_approval),
)
ROUTES = (
    Route("POST", "/v1/Content", _create),
    Route("GET", "/v1/Content/{content}", _make_show(_view_with_links)),
    Route("GET", "/v1/Content/{content}/ApprovalRequests", _make_show(_view_approval)),
    *(Route("GET", path, _make_list(path, view)) for path, view in LISTS),
)
