"""Whether a provider can carry a free-form message: asked before it is taken, so that whoever wants it hears at once. Pure.

Source: `Capabilities` of each dialect, whose own pages name theirs.
"""

import re
from collections.abc import Sequence
from typing import Final

from shared.ground.errors import InputError
from shared.providers.base import Capabilities, Feature, Limits
from shared.providers.messages import Choice, FreeMessage, MediaKind

_URL: Final = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


def check_free(provider: str, message: FreeMessage, capabilities: Capabilities) -> None:
    """*Raises*: InputError that says what cannot be carried, and within which bounds it could."""
    _check_shape(message)
    for feature in _needed(message):
        if feature not in capabilities.features:
            raise InputError("unsupported-content", f"{provider.capitalize()} cannot carry {feature.value} here.")
    _check_limits(message, capabilities.limits)


def _needed(message: FreeMessage) -> list[Feature]:
    needed = [Feature.MEDIA] if message.media is not None else [Feature.TEXT]
    if message.choices:
        needed.append(Feature.QUICK_REPLIES if message.list_button is None else Feature.LISTS)
    if message.reply_to is not None:
        needed.append(Feature.REPLY_TO)
    return needed


def _check_shape(message: FreeMessage) -> None:
    if message.media is None and not message.text.strip():
        raise InputError("empty-message", "The message says nothing: give it a text or a file.")
    if message.media is not None and message.choices:
        raise InputError("unsupported-content", "A file cannot have choices under it: send the choices with a text.")
    if message.media is not None and message.media.kind is MediaKind.AUDIO and message.text:
        raise InputError("unsupported-content", "A sound has no caption in WhatsApp: send the text by itself.")
    if message.media is not None and not _URL.match(message.media.url):
        raise InputError(
            "bad-media-url", "A file is named by the http or https URL from which the provider fetches it."
        )
    if message.list_button is not None and not message.choices:
        raise InputError("empty-list", "A list needs at least one row.")
    _check_ids([choice.id for choice in message.choices])


def _check_ids(ids: Sequence[str]) -> None:
    if not all(ids):
        raise InputError("choice-without-id", "A choice needs an id: it is what the answer comes back with.")
    if len(set(ids)) < len(ids):
        raise InputError("duplicate-choice", "Two choices have the same id: the answer could not tell them apart.")


def _check_limits(message: FreeMessage, limits: Limits) -> None:
    _check_text(message, limits)
    if message.list_button is not None:
        _check_titles("button of the list", [Choice("", message.list_button)], limits.title)
        _check_count("rows", message, limits.list_rows)
        _check_titles("row's title", message.choices, limits.row_title)
        if any(len(choice.description) > limits.row_description for choice in message.choices):
            raise InputError("title-too-long", f"A row's description has at most {limits.row_description} characters.")
    elif message.choices:
        _check_count("quick replies", message, limits.quick_replies)
        _check_titles("quick reply's title", message.choices, limits.title)


def _check_text(message: FreeMessage, limits: Limits) -> None:
    """Above choices WhatsApp takes no longer text than under a file (Twilio's pages on quick-reply and list-picker)."""
    what, most = "text", limits.text
    if message.media is not None:
        what, most = "caption", limits.caption
    elif message.choices:
        what, most = "text above the choices", min(limits.text, limits.caption)
    if len(message.text) > most:
        raise InputError("text-too-long", f"The {what} has {len(message.text)} characters; the provider takes {most}.")


def _check_count(what: str, message: FreeMessage, most: int) -> None:
    if len(message.choices) > most:
        raise InputError("too-many-choices", f"There are {len(message.choices)} {what}; the provider takes {most}.")


def _check_titles(what: str, choices: Sequence[Choice], most: int) -> None:
    if any(not choice.title.strip() or len(choice.title) > most for choice in choices):
        raise InputError("title-too-long", f"A {what} has 1 to {most} characters.")
