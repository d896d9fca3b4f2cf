"""Which templates there are, by sender, name and language. Owns the look-up; the provider's word on each is in `model`."""

from collections.abc import Iterable, Sequence

from shared.errors import InputError, NotFound
from shared.ids import SenderId
from shared.templates.model import Category, Template, listed


class TemplateRegistry:
    def __init__(self, templates: Iterable[Template]) -> None:
        self._templates = {(t.sender, t.name, t.language): t for t in templates}

    def of(self, sender: SenderId) -> Sequence[Template]:
        return [template for template in self._templates.values() if template.sender == sender]

    def get(self, sender: SenderId, name: str, language: str) -> Template:
        """*Raises*: NotFound, which names what there is."""
        template = self._templates.get((sender, name, language))
        if template is None:
            known = [f"{t.name} ({t.language})" for t in self.of(sender)]
            raise NotFound(
                "template-not-found",
                f"Sender {sender} has no template {listed([name])} in language {listed([language])}; "
                f"it has: {listed(known) if known else 'none, add them under [[templates]]'}.",
            )
        return template

    def enabled(self, sender: SenderId, name: str, language: str) -> Template:
        """*Raises*: NotFound; InputError when it cannot start a campaign, and what to do about it."""
        template = self.get(sender, name, language)
        if (why := template.why_unusable()) is not None:
            raise InputError("template-not-enabled", why)
        return template

    def best(self, sender: SenderId, name: str, language: str | None, otherwise: str) -> Template:
        """In the contact's language if it is there and enabled, else in the campaign's. *Raises*: NotFound."""
        wanted = self._templates.get((sender, name, language)) if language is not None else None
        return wanted if wanted is not None and wanted.is_enabled else self.get(sender, name, otherwise)

    def category(self, sender: SenderId, name: str, language: str) -> str:
        """What consent is judged by. A template that is not there any more is judged as the strictest, marketing."""
        template = self._templates.get((sender, name, language))
        return Category.MARKETING if template is None else template.category
