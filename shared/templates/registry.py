"""Which templates there are, by sender, name and language: those of the configuration, and over them what the providers
say. Owns the look-up and this process's copy; the provider's word on each is in `model`, its record in `store`.
"""

from collections.abc import Collection, Iterable, Sequence

from shared.ground.errors import InputError, NotFound
from shared.ground.ids import SenderId
from shared.ground.names import join_names
from shared.templates.model import Category, Template
from shared.templates.store import TemplateStore

Key = tuple[SenderId, str, str]


class TemplateRegistry:
    """store: where providers' words are; None knows the configuration alone. senders: whose they are."""

    def __init__(
        self, configured: Iterable[Template], store: TemplateStore | None = None, senders: Iterable[SenderId] = ()
    ) -> None:
        self._configured = {_key(template): template for template in configured}
        self._templates = dict(self._configured)
        self._store = store
        self._senders = tuple(senders)
        self._changes = -1

    async def refresh(self) -> bool:
        """This process knows what the store knows; True when something was new. *Raises*: BackendUnavailable."""
        if self._store is None:
            return False
        changes = await self._store.changes()
        if changes == self._changes:
            return False
        told = [template for sender in self._senders for template in await self._store.of(sender)]
        self._templates = {
            **self._configured,
            **{_key(template): _whole(template, self._configured) for template in told},
        }
        self._changes = changes
        return True

    def of(self, sender: SenderId) -> Sequence[Template]:
        return [template for template in self._templates.values() if template.sender == sender]

    def get(self, sender: SenderId, name: str, language: str) -> Template:
        """*Raises*: NotFound, which names what there is."""
        template = self._templates.get((sender, name, language))
        if template is None:
            known = [f"{t.name} ({t.language})" for t in self.of(sender)]
            raise NotFound(
                "template-not-found",
                f"Sender {sender} has no template {join_names([name])} in language {join_names([language])}; "
                f"it has: {join_names(known) if known else 'none, add them under [[templates]]'}.",
            )
        return template

    def get_enabled(self, sender: SenderId, name: str, language: str) -> Template:
        """*Raises*: NotFound; InputError when it cannot start a campaign, and what to do about it."""
        template = self.get(sender, name, language)
        if (why := template.why_unusable()) is not None:
            raise InputError("template-not-enabled", why)
        return template

    def choose(
        self, sender: SenderId, name: str, languages: Iterable[str | None], otherwise: str, filled: Collection[str]
    ) -> Template:
        """In the first of these languages in which it is enabled, else in the campaign's. *Raises*: NotFound.

        A language is itself, however its country is joined to it, then without that (`es-UY`, then `es_UY`, then `es`).
        filled: the placeholders that have a value; a language that asks for others is passed over.
        """
        for language in languages:
            for spelled in _spellings(language):
                wanted = self._templates.get((sender, name, spelled))
                if wanted is not None and wanted.is_enabled and wanted.takes_exactly(filled):
                    return wanted
        return self.get(sender, name, otherwise)

    def why_unusable(self, sender: SenderId, name: str, language: str) -> str | None:
        """Why nothing may be sent with it now, in a word: its status, or `gone`."""
        template = self._templates.get((sender, name, language))
        if template is None:
            return "gone"
        return None if template.is_enabled else template.status.value

    def category(self, sender: SenderId, name: str, language: str) -> str:
        """The category by which consent is judged. An unknown template counts as marketing, the strictest."""
        template = self._templates.get((sender, name, language))
        return Category.MARKETING if template is None else template.category


def _key(template: Template) -> Key:
    return template.sender, template.name, template.language


def _whole(told: Template, configured: dict[Key, Template]) -> Template:
    """A webhook may speak of a template that only the configuration has the text of."""
    known = configured.get(_key(told))
    return told if told.body or known is None else known.with_report(told)


def _spellings(language: str | None) -> tuple[str, ...]:
    if language is None:
        return ()
    joined = language.replace("-", "_")
    return tuple(dict.fromkeys((language, joined, joined.replace("_", "-"), joined.partition("_")[0])))
