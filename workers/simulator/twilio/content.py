"""Twilio's Content API: what a client may make, look at and list. Owns no approvals: those are the script's.

Source: github.com/twilio/twilio-oai `spec/json/twilio_content_v1.json`, `twilio_content_v2.json` @d50069b4
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workers.simulator.memory import Content
from workers.simulator.provider import Answer, Arrival, Desk, Route, json_answer
from workers.simulator.script import Template
from workers.simulator.traffic import SECOND_US
from workers.simulator.twilio.access import origin, who_asks
from workers.simulator.twilio.codes import refusal, refused
from workers.simulator.twilio.paging import meta, wanted

Shown = Mapping[str, object]
Show = Callable[[Arrival, Shown, Template], Shown]

TEMPLATES_MADE_AT = "2026-01-01T00:00:00Z"  # a script does not say when
UNAPPROVED = Template(status="unsubmitted")

# ── what a client may make ──────────────────────────────────────────────────────────────────────────────────────────
# Assumed: WhatsApp's limits are checked here. The documentation has them, and not who refuses what is beyond them.


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Text(_Wire):
    body: Annotated[str, Field(min_length=1, max_length=1_600)]


class _Action(_Wire):
    title: Annotated[str, Field(min_length=1, max_length=20)]
    id: Annotated[str, Field(min_length=1, max_length=200)]
    type: Literal["QUICK_REPLY"] | None = None


class _QuickReply(_Wire):
    body: Annotated[str, Field(min_length=1, max_length=1_024)]
    actions: Annotated[list[_Action], Field(min_length=1, max_length=3)]  # ten, were it approved


class _Item(_Wire):
    item: Annotated[str, Field(min_length=1, max_length=24)]
    id: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=72)] = ""


class _ListPicker(_Wire):
    body: Annotated[str, Field(min_length=1, max_length=1_024)]
    button: Annotated[str, Field(min_length=1, max_length=20)]
    items: Annotated[list[_Item], Field(min_length=1, max_length=10)]


class _Types(_Wire):
    text: _Text | None = Field(default=None, alias="twilio/text")
    quick_reply: _QuickReply | None = Field(default=None, alias="twilio/quick-reply")
    list_picker: _ListPicker | None = Field(default=None, alias="twilio/list-picker")

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("expected at least one type")
        return self


class _Order(_Wire):
    friendly_name: str = ""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?$")]
    variables: dict[str, str] = {}
    types: _Types


# ── what it is answered ─────────────────────────────────────────────────────────────────────────────────────────────


def _create(arrival: Arrival, desk: Desk) -> Answer:
    account = who_asks(arrival, desk.script)
    if account is None:
        return refused(refusal("20003"))
    try:
        order = _Order.model_validate_json(arrival.body)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"])
        return refused(refusal("20001", f"Invalid parameter: {place or 'body'}"))
    made_at = f"{datetime.fromtimestamp(desk.at_us // SECOND_US, UTC):%Y-%m-%dT%H:%M:%SZ}"
    sid = f"HX{desk.new_id()}"
    made = {
        "sid": sid,
        "account_sid": account,
        "friendly_name": order.friendly_name,
        "language": order.language,
        "variables": order.variables,
        "types": order.types.model_dump(by_alias=True, exclude_unset=True),
        "date_created": made_at,
        "date_updated": made_at,
    }
    desk.memory.contents[sid] = Content(sid, account, made)
    return json_answer(201, {**made, **_links(arrival, sid)})


def _one(show: Show) -> Callable[[Arrival, Desk], Answer]:
    def shown(arrival: Arrival, desk: Desk) -> Answer:
        account, sid = who_asks(arrival, desk.script), arrival.path["content"]
        if account is None:
            return refused(refusal("20003"))
        for content, template in _contents(desk, account):
            if content["sid"] == sid:
                return json_answer(200, show(arrival, content, template))
        return refused(refusal("20404"))

    return shown


def _listing(path: str, show: Show) -> Callable[[Arrival, Desk], Answer]:
    """Everything, in pages: the script's templates first, then what the client has made."""

    def listed(arrival: Arrival, desk: Desk) -> Answer:
        account, page_wanted = who_asks(arrival, desk.script), wanted(arrival)
        if account is None:
            return refused(refusal("20003"))
        if page_wanted is None or not arrival.query.keys() <= {"PageSize", "Page"}:
            return refused(refusal("20001", "The simulator lists everything, and PageSize and Page are counts."))
        size, page = page_wanted
        found = list(islice(_contents(desk, account), page * size, (page + 1) * size + 1))
        contents = [show(arrival, content, template) for content, template in found[:size]]
        about = meta("contents", f"{origin(arrival)}{path}", size, page, is_last=len(found) <= size)
        return json_answer(200, {"contents": contents, "meta": about})

    return listed


# ── what there is ───────────────────────────────────────────────────────────────────────────────────────────────────


def _contents(desk: Desk, account: str) -> Iterator[tuple[Mapping[str, object], Template]]:
    """Each with what the script says about its approval. A script has the same templates for every account."""
    for sid, template in desk.script.catalogue.items():
        yield _resource(sid, account, template), template
    for content in desk.memory.contents.values():
        if content.account == account:
            yield content.resource, UNAPPROVED


def _resource(sid: str, account: str, template: Template) -> Mapping[str, object]:
    return {
        "sid": sid,
        "account_sid": account,
        "friendly_name": template.name or sid,
        "language": template.language,
        "variables": {name: f"sample {name}" for name in template.names},
        "types": {"twilio/text": {"body": template.body}},
        "date_created": TEMPLATES_MADE_AT,
        "date_updated": TEMPLATES_MADE_AT,
    }


def _approval(content: Mapping[str, object], template: Template) -> Mapping[str, object]:
    """Quirk(twilio): what nobody has submitted has empty words, not none (twilio-oai, the published examples)."""
    is_submitted, types = template.status != "unsubmitted", content["types"]
    return {
        "name": content["friendly_name"] if is_submitted else "",
        "category": template.category.upper() if is_submitted else "",
        "content_type": next(iter(types)) if is_submitted and isinstance(types, Mapping) else "",
        "status": template.status,
        "rejection_reason": "INVALID_FORMAT" if template.status == "rejected" else "",
        "allow_category_change": True,
    }


def _linked(arrival: Arrival, content: Shown, _template: Template) -> Shown:
    return {**content, **_links(arrival, str(content["sid"]))}


def _approved(_arrival: Arrival, content: Shown, template: Template) -> Shown:
    """In lists with their approvals, contents have no links."""
    return {**content, "approval_requests": _approval(content, template)}


def _judged(arrival: Arrival, content: Shown, template: Template) -> Shown:
    """The approval by itself."""
    url = f"{_links(arrival, str(content['sid']))['url']}/ApprovalRequests"
    whatsapp = {"type": "whatsapp", **_approval(content, template)}
    return {"sid": content["sid"], "account_sid": content["account_sid"], "whatsapp": whatsapp, "url": url}


def _links(arrival: Arrival, sid: str) -> Mapping[str, object]:
    url = f"{origin(arrival)}/v1/Content/{sid}"
    approvals = f"{url}/ApprovalRequests"
    return {"url": url, "links": {"approval_create": f"{approvals}/whatsapp", "approval_fetch": approvals}}


ROUTES = (
    Route("POST", "/v1/Content", _create),
    Route("GET", "/v1/Content/{content}", _one(_linked)),
    Route("GET", "/v1/Content/{content}/ApprovalRequests", _one(_judged)),
    *(Route("GET", path, _listing(path, _linked)) for path in ("/v1/Content", "/v2/Content")),
    *(Route("GET", path, _listing(path, _approved)) for path in ("/v1/ContentAndApprovals", "/v2/ContentAndApprovals")),
)
