"""The templates by sender, name and language: those of the configuration, overridden by the reports of providers. Owns the
look-up and this process's copy; the records are in `store`.
"""

from collections.abc import Collection, Iterable, Sequence

from shared.ground.errors import InputError, NotFound
from shared.ground.ids import SenderId
from shared.ground.names import join_names
from shared.templates.model import Category, Template
from shared.templates.store import TemplateStore

Key = tuple[SenderId, str, str]


class TemplateRegistry:
    """store: the reports of providers; None for the configuration alone. senders: whose reports are read."""

    def __init__(
        self, configured: Iterable[Template], store: TemplateStore | None = None, senders: Iterable[SenderId] = ()
    ) -> None:
        self._configured = {_key(template): template for template in configured}
        self._templates = dict(self._configured)
        self._store = store
        self._senders = tuple(senders)
        self._changes = -1

    async def refresh(self) -> bool:
        """Read the store again if it has changed. True if it had. *Raises*: BackendUnavailable."""
        if self._store is None:
            return False
        changes = await self._store.changes()
        if changes == self._changes:
            return False
        reported = [template for sender in self._senders for template in await self._store.of(sender)]
        self._templates = {
            **self._configured,
            **{_key(template): _with_text(template, self._configured) for template in reported},
        }
        self._changes = changes
        return True

    def of(self, sender: SenderId) -> Sequence[Template]:
        return [template for template in self._templates.values() if template.sender == sender]

    def get(self, sender: SenderId, name: str, language: str) -> Template:
        """*Raises*: NotFound; its text names the sender's templates."""
        template = self._templates.get((sender, name, language))
        if template is None:
            names = [f"{t.name} ({t.language})" for t in self.of(sender)]
            raise NotFound(
                "template-not-found",
                f"Sender {sender} has no template {join_names([name])} in language {join_names([language])}; "
                f"it has: {join_names(names) if names else 'none, add them under [[templates]]'}.",
            )
        return template

    def get_enabled(self, sender: SenderId, name: str, language: str) -> Template:
        """The template, if it may start a campaign. *Raises*: NotFound; InputError with the reason and the remedy."""
        template = self.get(sender, name, language)
        if (why := template.why_unusable()) is not None:
            raise InputError("template-not-enabled", why)
        return template

    def choose(
        self, sender: SenderId, name: str, languages: Iterable[str | None], otherwise: str, filled: Collection[str]
    ) -> Template:
        """The template in the first of `languages` in which it is enabled, else in the language `otherwise`.

        Of each language these codes are tried: as given, with the other separator, without the country (`es-UY`, `es_UY`,
        `es`).  filled: the placeholders that have a value; a template that needs others is skipped.  *Raises*: NotFound.
        """
        for language in languages:
            for spelled in _spellings(language):
                wanted = self._templates.get((sender, name, spelled))
                if wanted is not None and wanted.is_enabled and wanted.takes_exactly(filled):
                    return wanted
        return self.get(sender, name, otherwise)

    def why_unusable(self, sender: SenderId, name: str, language: str) -> str | None:
        """The reason why the template may not be sent now: its status, or `gone`. None if it may."""
        template = self._templates.get((sender, name, language))
        if template is None:
            return "gone"
        return None if template.is_enabled else template.status.value

    def knows(self, sender: SenderId) -> bool:
        """Whether the sender is configured here, so that its reports are read."""
        return sender in self._senders

    def is_gone(self, sender: SenderId, name: str, language: str) -> bool:
        return (sender, name, language) not in self._templates

    def category(self, sender: SenderId, name: str, language: str) -> str:
        """The category by which consent is judged. A missing template counts as marketing, which needs the most consent."""
        template = self._templates.get((sender, name, language))
        return Category.MARKETING if template is None else template.category


def _key(template: Template) -> Key:
    return template.sender, template.name, template.language


def _with_text(reported: Template, configured: dict[Key, Template]) -> Template:
    """A report without a text (some webhooks have none) gets the text of the configuration, if there is one."""
    own = configured.get(_key(reported))
    return reported if reported.body or own is None else own.with_report(reported)


def _spellings(language: str | None) -> tuple[str, ...]:
    if language is None:
        return ()
    joined = language.replace("-", "_")
    return tuple(dict.fromkeys((language, joined, joined.replace("_", "-"), joined.partition("_")[0])))
