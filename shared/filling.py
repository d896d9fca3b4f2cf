"""Filling: a template and what a row brings become the message that a provider sends. Owns the split between the body, the
header and the buttons. Pure.
"""

from collections.abc import Mapping
from functools import lru_cache

from shared.providers.base import ButtonKind, ButtonParameter, MediaKind, OutgoingMedia, TemplateMessage
from shared.templates.model import HEADER, HeaderKind, Template

MEDIA_KINDS = {
    HeaderKind.IMAGE: MediaKind.IMAGE,
    HeaderKind.VIDEO: MediaKind.VIDEO,
    HeaderKind.DOCUMENT: MediaKind.DOCUMENT,
}


def message_of(template: Template, to: str, parameters: Mapping[str, str]) -> TemplateMessage:
    """parameters: complete, as `Template.complete` returns them."""
    parts = template.parts
    if not parts:
        return TemplateMessage(to, template.name, template.language, template.provider_id, parameters)
    body = {name: value for name, value in parameters.items() if name not in parts}
    return TemplateMessage(
        to,
        template.name,
        template.language,
        template.provider_id,
        body,
        _header(template, parameters.get(HEADER, "")) if HEADER in parts else None,
        tuple(
            ButtonParameter(index, kind, parameters[name])
            for name, (index, kind) in _buttons(template).items()
            if name in parameters
        ),
    )


def _header(template: Template, value: str) -> OutgoingMedia | str:
    kind = MEDIA_KINDS.get(template.header) if template.header is not None else None
    return value if kind is None else OutgoingMedia(kind, value)


@lru_cache(maxsize=256)
def _buttons(template: Template) -> Mapping[str, tuple[int, ButtonKind]]:
    """Placeholder → the button's place and kind, for those that take something."""
    return {
        f"button{index + 1}": (index, ButtonKind.URL if button.kind == "url" else ButtonKind.QUICK_REPLY)
        for index, button in enumerate(template.buttons)
        if button.takes
    }
