"""Meta's list of templates. Owns no schedule and no store.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/… (components, template
management).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from shared.ground.http import HttpRequest, HttpResponse
from shared.ground.placeholders import PLACEHOLDER
from shared.providers.account import Account
from shared.providers.codes import make_doubt, require_success
from shared.providers.meta.account import build_query
from shared.providers.meta.codes import judge
from shared.providers.meta.template_updates import CATEGORIES, NO_REASON, QUALITIES, STATUSES
from shared.providers.meta.wire.answers import Component, TemplateButton, TemplateList, TemplateResource
from shared.providers.meta.wire.values import parse_word
from shared.providers.templates import NO_BODY, STRICTEST, UNREADABLE, ListedButton, ListedTemplate, TemplatePage
from shared.providers.wire import parse_json

PAGE_SIZE: Final = 100  # a template is a few KB, and the transport reads one MiB
FIELDS: Final = "id,name,language,status,category,quality_score,components,rejected_reason"
BUTTONS: Final[Mapping[str, str]] = MappingProxyType({"PHONE_NUMBER": "phone"})
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {"TEXT": "text", "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
)


def build_page_request(account: Account, after: str | None) -> HttpRequest:
    """after: the cursor at the end of the page before."""
    cursor = {} if after is None else {"after": after}
    return build_query(account, "waba_id", "/message_templates", fields=FIELDS, limit=str(PAGE_SIZE), **cursor)


# Quirk(meta) cursor-behind-the-last: only `next` says that a page follows (page "paging", 2026-11)
def read_page(response: HttpResponse) -> TemplatePage:
    """*Raises*: a leaf of SendError."""
    require_success(response, judge)
    page = parse_json(TemplateList, response.body)
    if page is None or page.data is None:
        raise make_doubt(response, UNREADABLE)
    following = page.paging.cursors.after if page.paging.next else ""
    return TemplatePage(list_templates(page.data), following or None)


def list_templates(found: Sequence[TemplateResource]) -> Sequence[ListedTemplate]:
    """A template without a name or a language is left out."""
    return [_read_template(resource) for resource in found if resource.name and resource.language]


def _read_template(resource: TemplateResource) -> ListedTemplate:
    """The list has the same words for a status as the webhooks; with an unknown one the template waits."""
    parts = {part.type.upper(): part for part in reversed(resource.components)}
    header = parts.get("HEADER", Component())
    kind = HEADERS.get(header.format.upper())
    rejected = parse_word(resource.rejected_reason)
    return ListedTemplate(
        name=resource.name,
        language=resource.language,
        provider_id=resource.id or None,
        status=STATUSES.get(resource.status.upper(), "pending"),
        category=CATEGORIES.get(resource.category.upper(), STRICTEST),
        body=parts.get("BODY", Component()).text or NO_BODY,
        quality=QUALITIES.get(resource.quality_score.score.upper()),
        header=kind,
        header_text=header.text if kind == "text" else "",
        buttons=tuple(map(_read_button, parts.get("BUTTONS", Component()).buttons)),
        reason="" if rejected == NO_REASON else rejected,
    )


def _read_button(button: TemplateButton) -> ListedButton:
    """A quick reply takes its payload, a URL its end; buttons of other kinds take nothing that we have."""
    kind = button.type.upper()
    takes = kind == "QUICK_REPLY" or (kind == "URL" and PLACEHOLDER.search(button.url) is not None)
    return ListedButton(BUTTONS.get(kind, kind.lower()), button.text, takes)
