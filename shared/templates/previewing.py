"""Previewing: a filled template as a contact will read it. Pure; nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.templates.model import Template
from shared.templates.parameters import Parameters, by_name


@dataclass(frozen=True, slots=True)
class Preview:
    """header: the text, or the URL of the file; empty without a header.  buttons: their titles.

    parameters: by placeholder, complete.  remedy: a sentence why no campaign can start with the template; None if one can.
    """

    template: Template
    header: str
    text: str
    buttons: Sequence[str]
    parameters: Mapping[str, str]
    remedy: str | None


def preview_of(template: Template, given: Parameters) -> Preview:
    """*Raises*: ParameterMismatch."""
    parameters = template.complete(by_name(given, template.placeholders))
    return Preview(
        template,
        template.render_header(parameters),
        template.render(parameters),
        [button.text for button in template.buttons],
        parameters,
        template.why_unusable(),
    )
