"""Templates over HTTP. Owns the list, the preview and the order to ask providers anew; what may start a campaign is the
template's own to say.
"""

from aiohttp import web

from shared.ground.ids import SenderId
from shared.inbound.syncing import NotSynced, Synced
from shared.templates.model import Template
from shared.templates.previewing import preview_of
from workers.web.api import Call, Route, answer
from workers.web.auth import Scope
from workers.web.paging import Page, sliced
from workers.web.templates.schemas import (
    ButtonView,
    HeaderView,
    PreviewView,
    SyncsView,
    SyncView,
    TemplatePreview,
    TemplatesQuery,
    TemplateSync,
    TemplateView,
)


async def list_all(call: Call) -> web.Response:
    query = call.query(TemplatesQuery)
    registry = call.installation.templates.registry
    await registry.refresh()
    found = [template for sender in _senders(call, query.sender) for template in registry.of(sender)]
    page, after = sliced(
        sorted(found, key=lambda one: (one.sender, one.name, one.language, one.provider_id or "")), query
    )
    why_unusable = call.installation.templates.choosing.why_unusable
    return answer(Page[TemplateView](items=[_view(template, why_unusable(template)) for template in page], next=after))


async def sync(call: Call) -> web.Response:
    senders = _senders(call, call.body(TemplateSync).sender)
    return answer(SyncsView(items=[_synced(one) for one in await call.installation.inbound.syncing.sync_each(senders)]))


async def preview(call: Call) -> web.Response:
    wanted = call.body(TemplatePreview)
    await call.installation.templates.registry.refresh()
    template = call.installation.templates.registry.get(call.sender(wanted.sender), wanted.name, wanted.language)
    shown = preview_of(template, wanted.params)
    remedy = call.installation.templates.choosing.why_unusable(template)
    view = PreviewView(
        language=template.language,
        header=shown.header,
        text=shown.text,
        buttons=list(shown.buttons),
        parameters=shown.parameters,
        enabled=remedy is None,
        remedy=remedy,
    )
    return answer(view)


# ── the pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _senders(call: Call, wanted: str | None) -> list[SenderId]:
    if wanted is not None:
        return [call.sender(wanted)]
    return [sender.sender_id for sender in call.api.senders_of(call.tenant)]


def _synced(one: Synced | NotSynced) -> SyncView:
    match one:
        case NotSynced():
            return SyncView(sender=one.sender, listed=True, templates=0, enabled=0, gone=0, problem=one.problem)
        case Synced():
            return SyncView(
                sender=one.sender,
                listed=one.listed,
                templates=one.templates,
                enabled=one.enabled,
                gone=one.gone,
                problem=None,
            )


def _view(template: Template, remedy: str | None) -> TemplateView:
    return TemplateView(
        sender=template.sender,
        name=template.name,
        language=template.language,
        category=template.category,
        status=template.status,
        quality=template.quality,
        placeholders=list(template.placeholders),
        body=template.body,
        header=None if template.header is None else HeaderView(kind=template.header, text=template.header_text),
        buttons=[
            ButtonView(kind=one.kind, text=one.text, placeholder=f"button{n}" if one.takes else None)
            for n, one in enumerate(template.buttons, 1)
        ],
        provider_id=template.provider_id,
        enabled=remedy is None,
        remedy=remedy,
        reason=template.reason,
        seen_at=template.seen_at,
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
    Route(
        "POST",
        "/v1/templates/sync",
        "Ask the providers for their templates now; campaigns follow what they say.",
        sync,
        frozenset({Scope.CAMPAIGNS}),
        {200: SyncsView},
        {404: ("sender-not-found",)},
        body=TemplateSync,
    ),
    Route(
        "POST",
        "/v1/templates/preview",
        "A template as a contact will read it. Nothing is sent.",
        preview,
        frozenset({Scope.CAMPAIGNS, Scope.AGENTS, Scope.READ}),
        {200: PreviewView},
        {
            400: ("template-ambiguous", "missing-parameter", "surplus-parameter", "malformed-parameter"),
            404: ("sender-not-found", "template-not-found"),
        },
        body=TemplatePreview,
    ),
)
