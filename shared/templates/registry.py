"""The templates by sender, name and language: those of the configuration, overridden by the reports of providers. Owns the
look-up and this process's copy; the records are in `store`, and which of them are one template is decided by `candidates`.

Decision: a name may belong to several templates (Twilio's `friendly_name` is not unique). Only one that may be sent is
found by its name, so that no draft and no rejected one hides it. Of two that may be sent, the configuration's `provider_id`
decides; without one the name is refused as ambiguous, and the caller gives the provider's id instead of the name.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from shared.ground.errors import InputError, NotFound
from shared.ground.ids import SenderId
from shared.ground.names import join_names
from shared.templates.candidates import Key, collect, key_of, rank
from shared.templates.model import Template
from shared.templates.pins import NO_PINS, Pin, Pins
from shared.templates.store import TemplateStore

IDS_SHOWN = 4


class AmbiguousTemplate(InputError):  # noqa: N818 (named like its code)
    """Several templates of this name may be sent. ids: the provider's."""

    def __init__(self, name: str, language: str, ids: tuple[str, ...]) -> None:
        named = " and ".join(ids[:IDS_SHOWN])
        super().__init__(
            "template-ambiguous",
            f"Several enabled templates are called {join_names([name])} ({join_names([language])}): {named}. Give one of "
            "these ids instead of the name, or declare its provider_id under [[templates]].",
        )
        self.args = (name, language, ids)  # unpickling calls the constructor with these


class TemplateRegistry:
    """store: the reports of providers; None for the configuration alone. senders: whose reports are read.

    by_id: senders whose provider is asked for a template by its id, and not by its name.
    """

    def __init__(
        self,
        configured: Iterable[Template],
        store: TemplateStore | None = None,
        senders: Iterable[SenderId] = (),
        by_id: Collection[SenderId] = (),
    ) -> None:
        self._configured = tuple(configured)
        self._by_id = frozenset(by_id)
        self._templates: Mapping[Key, tuple[Template, ...]] = collect(self._configured, (), self._by_id)
        self._store = store
        self._senders = tuple(senders)
        self._changes = -1
        self._judged: dict[Hashable, tuple[Pins, Template]] = {}
        self._judged_from = self._templates

    @property
    def judged(self) -> dict[Hashable, tuple[Pins, Template]]:
        """The templates that `current` has found fit to be sent by this copy; empty again once the copy is another one."""
        if self._judged_from is not self._templates:
            self._judged_from, self._judged = self._templates, {}
        return self._judged

    async def refresh(self) -> bool:
        """Read the store again if it has changed. True if it had. *Raises*: BackendUnavailable."""
        if self._store is None:
            return False
        changes = await self._store.changes()
        if changes == self._changes:
            return False
        reported = [template for sender in self._senders for template in await self._store.of(sender)]
        self._templates = collect(self._configured, reported, self._by_id)
        self._changes = changes
        return True

    def of(self, sender: SenderId) -> Sequence[Template]:
        """Each template once: under the name that the configuration gives it, if it gives one."""
        found = {
            (template.name, template.language, template.provider_id): template
            for key, candidates in self._templates.items()
            for template in candidates
            if key == key_of(template) and template.sender == sender
        }
        if sender not in self._by_id:
            return list(found.values())
        declared = self.declared(sender)
        ids, names = {one.provider_id for one in declared} - {None}, {key_of(one) for one in declared}
        return [one for one in found.values() if one.provider_id not in ids or key_of(one) in names]

    def declared(self, sender: SenderId) -> Sequence[Template]:
        """Those of the configuration, as it has them."""
        return [template for template in self._configured if template.sender == sender]

    def is_by_id(self, sender: SenderId) -> bool:
        """Whether the sender's provider is asked for a template by its id."""
        return sender in self._by_id

    def get(self, sender: SenderId, name: str, language: str, pins: Pins = NO_PINS) -> Template:
        """name: of the template, or the provider's id of it.  pins: of the campaign or message that it is for.

        *Raises*: NotFound, whose text names the sender's templates; AmbiguousTemplate.
        """
        template = self._find(sender, name, language, pins.get(language))
        if template is None:
            names = [f"{t.name} ({t.language})" for t in self.of(sender)]
            raise NotFound(
                "template-not-found",
                f"Sender {sender} has no template {join_names([name])} in language {join_names([language])}; "
                f"it has: {join_names(names) if names else 'none, add them under [[templates]]'}.",
            )
        return template

    def get_enabled(self, sender: SenderId, name: str, language: str, pins: Pins = NO_PINS) -> Template:
        """The template, if it may start a campaign. *Raises*: as `get`; InputError with the reason and the remedy."""
        template = self.get(sender, name, language, pins)
        if (why := template.why_unusable()) is not None:
            raise InputError("template-not-enabled", why)
        return template

    def choose(
        self,
        sender: SenderId,
        name: str,
        languages: Iterable[str | None],
        otherwise: str,
        filled: Collection[str],
        pins: Pins = NO_PINS,
    ) -> Template:
        """The template in the first of `languages` in which it may be sent, else in the language `otherwise`.

        Of each language these codes are tried: as given, with the other separator, without the country (`es-UY`, `es_UY`,
        `es`).  filled: the placeholders that have a value; a template that needs others is skipped.  *Raises*: as `get`.
        """
        for language in languages:
            for spelled in _spellings(language):
                wanted = self._find(sender, name, spelled, pins.get(spelled))
                if wanted is not None and wanted.obstacle is None and wanted.takes_exactly(filled):
                    return wanted
        return self.get(sender, name, otherwise, pins)

    def why_unusable(self, sender: SenderId, name: str, language: str, pins: Pins = NO_PINS) -> str | None:
        """A word for why the template may not be sent now: `Template.obstacle`, `ambiguous`, `changed`. None if it may."""
        try:
            template = self._find(sender, name, language, pins.get(language))
        except AmbiguousTemplate:
            return "ambiguous"
        if template is None:
            return "gone"
        return template.obstacle or self._why_changed(sender, name, pins)

    def knows(self, sender: SenderId) -> bool:
        """Whether the sender is configured here, so that its reports are read."""
        return sender in self._senders

    def why_unjudgeable(self, sender: SenderId, name: str, language: str, pins: Pins = NO_PINS) -> str | None:
        """A word for why nobody can be judged by the template's category: `gone`, `ambiguous`. None if everybody can."""
        try:
            return "gone" if self._find(sender, name, language, pins.get(language)) is None else None
        except AmbiguousTemplate:
            return "ambiguous"

    def category(self, sender: SenderId, name: str, language: str, pins: Pins) -> str | None:
        """The category by which consent is judged; None where it is not certain: the template is not there, or several of
        different categories have its name.

        pins: of the campaign or message that it is for; they say which of those with the same name.
        """
        try:
            template = self._find(sender, name, language, pins.get(language))
        except AmbiguousTemplate:
            usable = [one for one in self._templates[sender, name, language] if one.obstacle is None]
            categories = {one.category for one in usable}
            return categories.pop() if len(categories) == 1 else None
        return None if template is None else template.category

    def in_languages(self, sender: SenderId, name: str, pins: Pins = NO_PINS) -> Mapping[str, Template]:
        """The template in every language in which it may be sent, by language; an ambiguous one is left out."""
        found = {}
        for language in [key[2] for key in self._templates if key[:2] == (sender, name)]:
            try:
                template = self._find(sender, name, language, pins.get(language))
            except AmbiguousTemplate:
                continue
            if template is not None and template.obstacle is None:
                found[language] = template
        return found

    def _why_changed(self, sender: SenderId, name: str, pins: Pins) -> str | None:
        """In any language of the campaign: its rows may be of each."""
        now = self.in_languages(sender, name, pins)
        return "changed" if any(not pins[language].fits(now[language]) for language in pins.keys() & now) else None

    def _find(self, sender: SenderId, name: str, language: str, pin: Pin | None = None) -> Template | None:
        """*Raises*: AmbiguousTemplate."""
        if pin is not None and pin.provider_id is not None:
            name = pin.provider_id  # its name may have changed, or be another's, too
        candidates = self._templates.get((sender, name, language), ())
        usable = [one for one in candidates if one.obstacle is None]
        if len(usable) > 1:
            declared = {one.provider_id for one in self._configured if key_of(one) == (sender, name, language)}
            usable = [one for one in usable if one.provider_id in declared] or usable
        if len(usable) > 1:
            raise AmbiguousTemplate(name, language, tuple(sorted(one.provider_id or "?" for one in usable)))
        return usable[0] if usable else max(candidates, key=rank, default=None)


def _spellings(language: str | None) -> tuple[str, ...]:
    if language is None:
        return ()
    joined = language.replace("-", "_")
    return tuple(dict.fromkeys((language, joined, joined.replace("_", "-"), joined.partition("_")[0])))
