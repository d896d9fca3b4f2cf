"""Choosing: a sender of the tenant's own, and a template of it that is enabled and that its provider can carry.

Owns what must be true of both when something is created with them. Whether a template may be sent at this moment is decided
at the wire, by `current`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.ground.ids import SenderId, TenantId
from shared.providers.client import ProviderClient
from shared.senders.owners import Owners, own_sender
from shared.templates.filling import check_carried, why_not_carried
from shared.templates.model import Template
from shared.templates.pins import NO_PINS, Pins, pin_of
from shared.templates.registry import TemplateRegistry


@dataclass(frozen=True, slots=True)
class Choosing:
    registry: TemplateRegistry
    owners: Owners
    clients: Mapping[SenderId, ProviderClient]

    def get_sender(self, tenant: TenantId, name: str) -> SenderId:
        """*Raises*: NotFound, which names those that there are; also for another tenant's sender."""
        return own_sender(self.owners, tenant, name)

    def get_client(self, tenant: TenantId, sender: SenderId) -> ProviderClient:
        """*Raises*: as `get_sender`."""
        return self.clients[self.get_sender(tenant, sender)]

    def get_template(
        self, tenant: TenantId, sender: SenderId, name: str, language: str, pins: Pins = NO_PINS
    ) -> Template:
        """By this process's copy, which may be a second old. name: of the template, or the provider's id of it.

        pins: of the campaign that it is for; they say which of those with the same name, and not how it reads.
        *Raises*: NotFound for the sender or the template; AmbiguousTemplate; InputError for a template that is not enabled,
        or that takes what the provider cannot carry.
        """
        dialect = self.get_client(tenant, sender).dialect
        template = self.registry.get_enabled(sender, name, language, pins)
        check_carried(dialect.name, template, dialect.capabilities)
        return template

    async def get_latest_template(
        self, tenant: TenantId, sender: SenderId, name: str, language: str, pins: Pins = NO_PINS
    ) -> Template:
        """By what the provider said last. *Raises*: as `get_template`; BackendUnavailable."""
        self.get_sender(tenant, sender)
        await self.registry.refresh()
        return self.get_template(tenant, sender, name, language, pins)

    def pins(self, sender: SenderId, name: str, pins: Pins = NO_PINS) -> Pins:
        """The template as it is now, in every language in which it may be sent. pins: which of those with the same name."""
        by_id = self.registry.is_by_id(sender)
        now = self.registry.in_languages(sender, name, pins)
        return {language: pin_of(template, by_id=by_id) for language, template in now.items()}

    def list_usable(self, sender: SenderId) -> Sequence[Template]:
        """The templates that may open a conversation."""
        return [template for template in self.registry.of(sender) if self.why_unusable(template) is None]

    def why_unusable(self, template: Template) -> str | None:
        """A sentence: why no campaign can start with the template, and the remedy. None if one can."""
        why = template.why_unusable()
        if why is not None or template.sender not in self.clients:
            return why
        dialect = self.clients[template.sender].dialect
        return why_not_carried(dialect.name, template, dialect.capabilities)
