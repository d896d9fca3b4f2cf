"""A template message as it may be sent now. Owns the last check of the template before a send: since the message was
planned or accepted, the template may have been disabled or rewritten.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from shared.ground.errors import NotFound, TemplateUnusable
from shared.ground.ids import SenderId
from shared.ground.lua import OUTAGE
from shared.providers.messages import TemplateMessage
from shared.templates.filling import message_of
from shared.templates.pins import Pins
from shared.templates.registry import AmbiguousTemplate, TemplateRegistry

GLOSSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unfillable": "the template has a part by now for which no column gives a value",
        "marketing": "the template is for marketing by now",
        "gone": "the provider does not list the template any more",
    }
)
"""By `Template.obstacle`."""


@dataclass(frozen=True, slots=True)
class WantedTemplate:
    """languages: tried before `language`, in this order.  parameters: complete for the template as it was then.

    pins: the template as it was then.
    """

    sender: SenderId
    name: str
    language: str
    parameters: Mapping[str, str] = field(repr=False)
    languages: tuple[str | None, ...] = ()
    pins: Pins = field(default_factory=dict)


async def current_message(templates: TemplateRegistry, wanted: WantedTemplate, to: str) -> TemplateMessage:
    """The message with the template of now. *Raises*: TemplateUnusable, after the registry was refreshed: this
    process's copy may be a second old.
    """
    with suppress(TemplateUnusable):
        return _message(templates, wanted, to)
    with suppress(*OUTAGE):
        await templates.refresh()
    return _message(templates, wanted, to)


def _message(templates: TemplateRegistry, wanted: WantedTemplate, to: str) -> TemplateMessage:
    try:
        template = templates.choose(
            wanted.sender, wanted.name, wanted.languages, wanted.language, wanted.parameters, wanted.pins
        )
    except NotFound:
        raise TemplateUnusable("not-found", "the template is not among the sender's any more") from None
    except AmbiguousTemplate:
        raise TemplateUnusable("template-ambiguous", "several enabled templates have this name by now") from None
    if (obstacle := template.obstacle) is not None:
        raise TemplateUnusable(f"template-{obstacle}", GLOSSES.get(obstacle, "the template is not enabled any more"))
    pin = wanted.pins.get(template.language)
    if pin is not None and not pin.fits(template):
        raise TemplateUnusable("template-changed", "the template's text or parts are not those of the start any more")
    if not template.takes_exactly(wanted.parameters):
        is_same = pin is not None and pin.wording == template.wording  # a person has resumed with this text
        code = "template-placeholders" if is_same else "template-changed"
        raise TemplateUnusable(code, "the template's placeholders are not those that were filled any more")
    return message_of(template, to, wanted.parameters)
