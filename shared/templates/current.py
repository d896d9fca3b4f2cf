"""A template message as it may be sent now. Owns the last check of the template before a send: since the message was
planned or accepted, the template may have been disabled or rewritten.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from types import MappingProxyType
from typing import Final

from shared.ground.errors import NotFound, TemplateUnusable
from shared.ground.ids import SenderId
from shared.ground.lua import OUTAGE
from shared.ground.values import value
from shared.providers.messages import TemplateMessage
from shared.templates.filling import message_of
from shared.templates.model import Template
from shared.templates.pins import NO_PINS, Pins
from shared.templates.registry import AmbiguousTemplate, TemplateRegistry

JUDGED_KEPT: Final = 4_096  # judgements: one for each campaign, language and choice of placeholders
GLOSSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unfillable": "the template has a part by now for which no column gives a value",
        "marketing": "the template is for marketing by now",
        "gone": "the provider does not list the template any more",
    }
)
"""By `Template.obstacle`."""


@value(frozen=True, slots=True)
class WantedTemplate:
    """languages: tried before `language`, in this order.  parameters: complete for the template as it was then.

    pins: the template as it was then; the mapping does not change.
    """

    sender: SenderId
    name: str
    language: str
    parameters: Mapping[str, str] = field(repr=False)
    languages: tuple[str | None, ...] = ()
    pins: Pins = field(default_factory=lambda: NO_PINS)


async def current_message(templates: TemplateRegistry, wanted: WantedTemplate, to: str) -> TemplateMessage:
    """The message with the template of now. *Raises*: TemplateUnusable, after the registry was refreshed: this
    process's copy may be a second old.
    """
    try:
        return message_of(_known(templates, wanted), to, wanted.parameters)
    except TemplateUnusable:
        with suppress(*OUTAGE):
            await templates.refresh()
    return message_of(_known(templates, wanted), to, wanted.parameters)


def _known(templates: TemplateRegistry, wanted: WantedTemplate) -> Template:
    """As `_judge`, which takes 14 µs and is the same for every message of a campaign: asked once for each copy of the
    templates. Only what may be sent is remembered.
    """
    judged, pins = templates.judged, wanted.pins
    key = (wanted.sender, wanted.name, wanted.language, wanted.languages, tuple(wanted.parameters), id(pins))
    if key not in judged:
        template = _judge(templates, wanted)
        if len(judged) >= JUDGED_KEPT:
            judged.clear()
        judged[key] = (pins, template)  # the pins, too: no other ones get their `id` meanwhile
    return judged[key][1]


def _judge(templates: TemplateRegistry, wanted: WantedTemplate) -> Template:
    """*Raises*: TemplateUnusable."""
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
    return template
