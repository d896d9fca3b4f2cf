"""Whether a provider can carry a free-form message: asked before it is taken, so that whoever wants it hears at once. Pure.

Source: `Capabilities` of each dialect, whose own pages name theirs.
"""

from urllib.parse import urlsplit

from shared.errors import InputError
from shared.providers.base import Capabilities, Choice, Feature, FreeMessage, Limits


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
    if message.media is not None and urlsplit(message.media.url).scheme not in {"http", "https"}:
        raise InputError(
            "bad-media-url", "A file is named by the http or https URL from which the provider fetches it."
        )
    if message.list_button is not None and not message.choices:
        raise InputError("empty-list", "A list needs at least one row.")
    if len({choice.id for choice in message.choices}) < len(message.choices):
        raise InputError("duplicate-choice", "Two choices have the same id: the answer could not tell them apart.")


def _check_limits(message: FreeMessage, limits: Limits) -> None:
    is_caption = message.media is not None
    most = limits.caption if is_caption else limits.text
    if len(message.text) > most:
        what = "caption" if is_caption else "text"
        raise InputError("text-too-long", f"The {what} has {len(message.text)} characters; the provider takes {most}.")
    if message.list_button is not None:
        _check_titles("button of the list", [Choice("", message.list_button)], limits.title)
        _check_count("rows", message, limits.list_rows)
        _check_titles("row's title", message.choices, limits.row_title)
        if any(len(choice.description) > limits.row_description for choice in message.choices):
            raise InputError("title-too-long", f"A row's description has at most {limits.row_description} characters.")
    elif message.choices:
        _check_count("quick replies", message, limits.quick_replies)
        _check_titles("quick reply's title", message.choices, limits.title)


def _check_count(what: str, message: FreeMessage, most: int) -> None:
    if len(message.choices) > most:
        raise InputError("too-many-choices", f"There are {len(message.choices)} {what}; the provider takes {most}.")


def _check_titles(what: str, choices: list[Choice] | tuple[Choice, ...], most: int) -> None:
    if any(not choice.title.strip() or len(choice.title) > most for choice in choices):
        raise InputError("title-too-long", f"A {what} has 1 to {most} characters.")
