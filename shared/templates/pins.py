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
    alone declared it.  is_listed: whether all of its texts were known. A webhook tells some of them, and records of an
    earlier release lack some.
    """

    provider_id: str | None
    wording: str
    is_reported: bool
    is_listed: bool

    def fits(self, template: Template) -> bool:
        """Whether the template says what it said. The first report of a declared template may say it in other words, and
        so may the first list, which has texts that nobody has told before.
        """
        return template.wording == self.wording or self.is_surpassed_by(pin_of(template, by_id=False))

    def is_surpassed_by(self, other: "Pin") -> bool:
        """Whether the other one knows texts that were not known to this one."""
        return (other.is_reported and not self.is_reported) or (other.is_listed and not self.is_listed)


Pins = Mapping[str, Pin]
"""By language."""

NO_PINS: Final[Pins] = MappingProxyType({})


def pin_of(template: Template, *, by_id: bool) -> Pin:
    """by_id: whether the provider is asked for the template by its id (`Capabilities.templates_have_ids`)."""
    provider_id = template.provider_id if by_id else None
    return Pin(provider_id, template.wording, template.seen_at is not None, template.fixed is not None)


def pin_to_list(pin: Pin) -> list[str | bool | None]:
    return [pin.provider_id, pin.wording, pin.is_reported, pin.is_listed]


def pin_from_list(packed: object) -> Pin | None:
    """The inverse of `pin_to_list`; None for anything else."""
    match packed:
        case [str() | None as provider_id, str() as wording, bool() as is_reported, *rest]:
            return Pin(provider_id, wording, is_reported, is_reported if not rest else rest[0] is True)
        case _:
            return None
