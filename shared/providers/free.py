"""The check of a free-form message against a provider's capabilities, before it is accepted: the agent sees a refusal at
once. Pure.

Source: `Capabilities` of each dialect; its own pages name its bounds.
"""

from collections.abc import Sequence

from shared.ground.errors import InputError
from shared.ground.urls import is_file_url
from shared.providers.capabilities import Capabilities, Feature, Limits
from shared.providers.messages import Choice, FreeMessage, MediaKind


def check_free(provider: str, message: FreeMessage, capabilities: Capabilities) -> None:
    """*Raises*: InputError, whose text names the content that cannot be carried, or the bound that it exceeds."""
    _check_shape(message)
    for feature in _list_needed(message):
        if feature not in capabilities.features:
            raise InputError("unsupported-content", f"{provider.capitalize()} cannot carry {feature.value} here.")
    _check_limits(message, capabilities.limits)


def _list_needed(message: FreeMessage) -> list[Feature]:
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
    if message.media is not None and not is_file_url(message.media.url):
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
    """A text above choices is bounded like a caption (Twilio's pages on quick-reply and list-picker)."""
    name, most = "text", limits.text
    if message.media is not None:
        name, most = "caption", limits.caption
    elif message.choices:
        name, most = "text above the choices", min(limits.text, limits.caption)
    if len(message.text) > most:
        raise InputError("text-too-long", f"The {name} has {len(message.text)} characters; the provider takes {most}.")


def _check_count(name: str, message: FreeMessage, most: int) -> None:
    if len(message.choices) > most:
        raise InputError("too-many-choices", f"There are {len(message.choices)} {name}; the provider takes {most}.")


def _check_titles(name: str, choices: Sequence[Choice], most: int) -> None:
    if any(not choice.title.strip() or len(choice.title) > most for choice in choices):
        raise InputError("title-too-long", f"A {name} has 1 to {most} characters.")
