"""The wing `shared.templates`: what providers have enabled, as this process knows it."""

from dataclasses import dataclass

from shared.templates.choosing import Choosing
from shared.templates.registry import TemplateRegistry
from workers.wiring.senders import Senders


@dataclass(frozen=True, slots=True)
class Templates:
    registry: TemplateRegistry
    choosing: Choosing


def wire_templates(registry: TemplateRegistry, senders: Senders) -> Templates:
    return Templates(registry, Choosing(registry, senders.owners, senders.clients))
