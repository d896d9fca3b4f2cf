"""Pins: the templates with which a campaign started, by language: which one of those with the same name, and its wording.

A pin is compared with the template of now before every send (`current`), so that nobody gets another text than the one that
a person has started. Pure; the records are in `store`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.templates.model import Template


@dataclass(frozen=True, slots=True)
class Pin:
    """provider_id: of a template that its provider is asked for by this id; None where its name is enough.

    wording: as `Template.wording`.  is_reported: whether the provider had reported the template, or the configuration
    alone declared it.
    """

    provider_id: str | None
    wording: str
    is_reported: bool

    def fits(self, template: Template) -> bool:
        """Whether the template says what it said. The first report of a declared template may say it in other words."""
        is_first_report = template.seen_at is not None and not self.is_reported
        return is_first_report or template.wording == self.wording


Pins = Mapping[str, Pin]
"""By language."""

NO_PINS: Final[Pins] = MappingProxyType({})


def pin_of(template: Template, *, by_id: bool) -> Pin:
    """by_id: whether the provider is asked for the template by its id (`Capabilities.templates_have_ids`)."""
    return Pin(template.provider_id if by_id else None, template.wording, template.seen_at is not None)


def pin_to_list(pin: Pin) -> list[str | bool | None]:
    return [pin.provider_id, pin.wording, pin.is_reported]


def pin_from_list(packed: object) -> Pin | None:
    """The inverse of `pin_to_list`; None for anything else."""
    match packed:
        case [str() | None as provider_id, str() as wording, bool() as is_reported]:
            return Pin(provider_id, wording, is_reported)
        case _:
            return None
