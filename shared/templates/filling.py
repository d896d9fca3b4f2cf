"""Filling: a template and its parameters become a message for a provider. Owns the split of parameters between body, header
and buttons, and the check that the provider's API carries them. Pure.
"""

from collections.abc import Mapping
from functools import lru_cache

from shared.ground.errors import InputError
from shared.providers.capabilities import Capabilities, Feature
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    MediaKind,
    OutgoingMedia,
    OutgoingPlace,
    TemplateMessage,
)
from shared.templates.model import HEADER, LOCATION, OTP, HeaderKind, Template, placeholders

MEDIA_KINDS = {
    HeaderKind.IMAGE: MediaKind.IMAGE,
    HeaderKind.VIDEO: MediaKind.VIDEO,
    HeaderKind.DOCUMENT: MediaKind.DOCUMENT,
}
BUTTON_KINDS = {"url": ButtonKind.URL, "copy_code": ButtonKind.COPY_CODE, OTP: ButtonKind.URL}


def check_carried(provider: str, template: Template, capabilities: Capabilities) -> None:
    """*Raises*: InputError for a template with a feature that the provider's API does not carry."""
    if (why := why_not_carried(provider, template, capabilities)) is not None:
        raise InputError("unsupported-template", why)


def why_not_carried(provider: str, template: Template, capabilities: Capabilities) -> str | None:
    """A sentence: which feature of the template the provider's API does not carry. None if it carries all."""
    for feature in _needed(template):
        if feature not in capabilities.features:
            return (
                f"{provider.capitalize()} cannot carry {feature.value}, which {template.name} ({template.language}) "
                "needs: use a template without them."
            )
    return None


def _needed(template: Template) -> list[Feature]:
    names = set(template.placeholders) - set(template.parts)
    needed = [] if all(name.isdecimal() for name in names) else [Feature.NAMED_PARAMETERS]
    if HEADER in template.parts:
        needed.append(Feature.HEADERS)
    if template.header is HeaderKind.LOCATION:
        needed.append(Feature.LOCATIONS)
    if any(button.takes or button.kind == OTP for button in template.buttons):
        needed.append(Feature.BUTTONS)
    return needed


def message_of(template: Template, to: str, parameters: Mapping[str, str]) -> TemplateMessage:
    """parameters: complete, as `Template.complete` returns them."""
    if template.header is None and not template.buttons:
        return _plain_message(template, to, parameters)  # most are; looking for parts in vain takes 3 µs
    parts, buttons = template.parts, _buttons(template)
    if not parts and not buttons:
        return _plain_message(template, to, parameters)
    body = {name: value for name, value in parameters.items() if name not in parts}
    return TemplateMessage(
        to,
        template.name,
        template.language,
        template.provider_id,
        body,
        _header(template, parameters),
        tuple(ButtonParameter(index, kind, parameters[name]) for index, kind, name in buttons if name in parameters),
        template.header_name if HEADER in parts else None,
        template.category,
    )


def _plain_message(template: Template, to: str, parameters: Mapping[str, str]) -> TemplateMessage:
    """All parameters belong to the body."""
    return TemplateMessage(
        to, template.name, template.language, template.provider_id, parameters, category=template.category
    )


def _header(template: Template, parameters: Mapping[str, str]) -> OutgoingMedia | OutgoingPlace | str | None:
    if template.header is HeaderKind.LOCATION:
        return OutgoingPlace(*(parameters.get(name, "") for name in LOCATION))
    if HEADER not in template.parts:
        return None
    kind, value = MEDIA_KINDS.get(template.header or HeaderKind.TEXT), parameters.get(HEADER, "")
    return value if kind is None else OutgoingMedia(kind, value)


@lru_cache(maxsize=256)
def _buttons(template: Template) -> tuple[tuple[int, ButtonKind, str], ...]:
    """Index, kind and placeholder of each button that takes a value. One with a one-time code takes that of the body."""
    code = next(iter(placeholders(template.body)), "")
    return tuple(
        (
            index,
            BUTTON_KINDS.get(button.kind, ButtonKind.QUICK_REPLY),
            code if button.kind == OTP else f"button{index + 1}",
        )
        for index, button in enumerate(template.buttons)
        if button.takes or button.kind == OTP
    )
