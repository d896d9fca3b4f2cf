"""Filling: a template and its parameters become a message for a provider. Owns the split of parameters between body, header
and buttons, and the check that the provider's API carries them. Pure.
"""

from collections.abc import Mapping
from functools import lru_cache

from shared.ground.errors import InputError
from shared.providers.capabilities import Capabilities, Feature
from shared.providers.messages import ButtonKind, ButtonParameter, MediaKind, OutgoingMedia, TemplateMessage
from shared.templates.model import HEADER, HeaderKind, Template

MEDIA_KINDS = {
    HeaderKind.IMAGE: MediaKind.IMAGE,
    HeaderKind.VIDEO: MediaKind.VIDEO,
    HeaderKind.DOCUMENT: MediaKind.DOCUMENT,
}


def check_carried(provider: str, template: Template, capabilities: Capabilities) -> None:
    """*Raises*: InputError for a template with a feature that the provider's API does not carry."""
    for feature in _needed(template):
        if feature not in capabilities.features:
            raise InputError(
                "unsupported-template",
                f"{provider.capitalize()} cannot carry {feature.value}, which {template.name} ({template.language}) "
                "needs: use a template without them.",
            )


def _needed(template: Template) -> list[Feature]:
    names = set(template.placeholders) - set(template.parts)
    needed = [] if all(name.isdecimal() for name in names) else [Feature.NAMED_PARAMETERS]
    if HEADER in template.parts:
        needed.append(Feature.HEADERS)
    if any(button.takes for button in template.buttons):
        needed.append(Feature.BUTTONS)
    return needed


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
        template.header_name if HEADER in parts else None,
    )


def _header(template: Template, value: str) -> OutgoingMedia | str:
    kind = MEDIA_KINDS.get(template.header) if template.header is not None else None
    return value if kind is None else OutgoingMedia(kind, value)


@lru_cache(maxsize=256)
def _buttons(template: Template) -> Mapping[str, tuple[int, ButtonKind]]:
    """Placeholder → index and kind of the button, for buttons that take a value."""
    return {
        f"button{index + 1}": (index, ButtonKind.URL if button.kind == "url" else ButtonKind.QUICK_REPLY)
        for index, button in enumerate(template.buttons)
        if button.takes
    }
