"""Templates over HTTP. Owns the list; what may start a campaign is the template's own to say."""

from aiohttp import web

from shared.ids import SenderId
from shared.templates.model import Template
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.paging import Page, sliced
from workers.web.templates.schemas import TemplatesQuery, TemplateView


async def list_all(call: Call) -> web.Response:
    query = call.query(TemplatesQuery)
    registry = call.installation.templates
    found = [template for sender in _senders(call, query.sender) for template in registry.of(sender)]
    page, after = sliced(sorted(found, key=lambda one: (one.sender, one.name, one.language)), query)
    return answer(Page[TemplateView](items=[_view(template) for template in page], next=after))


def _senders(call: Call, wanted: str | None) -> list[SenderId]:
    if wanted is not None:
        return [call.sender(wanted)]
    return [sender.sender_id for sender in call.api.senders_of(call.tenant)]


def _view(template: Template) -> TemplateView:
    remedy = template.why_unusable()
    return TemplateView(
        sender=template.sender,
        name=template.name,
        language=template.language,
        category=template.category,
        status=template.status,
        placeholders=list(template.placeholders),
        body=template.body,
        enabled=remedy is None,
        remedy=remedy,
    )


ROUTES = (
    Route(
        "GET",
        "/v1/templates",
        "The templates of the tenant's senders.",
        list_all,
        frozenset({Scope.CAMPAIGNS, Scope.READ}),
        {200: Page[TemplateView]},
        {404: ("sender-not-found",)},
        query=TemplatesQuery,
    ),
)
