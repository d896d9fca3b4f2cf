"""Syncing: what providers say of templates, by being asked and by their webhooks, is known to every process.

Owns which of the provider's words is believed, and what a template is that the provider lists no more. What follows for the
campaigns that use it: `outbound.following`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import SendError
from shared.ground.ids import SenderId
from shared.outbound.following import Following
from shared.providers.client import ProviderClient
from shared.providers.events import TemplateReported
from shared.providers.templates import ListedTemplate
from shared.templates.candidates import is_about
from shared.templates.model import Button, Category, HeaderKind, Quality, Template, TemplateStatus
from shared.templates.registry import TemplateRegistry
from shared.templates.store import TemplateStore

MAX_PAGES = 200  # of one sender: a list that never ends is a fault of its provider

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Synced:
    """The result of one sync. listed: False if the provider has no list. gone: templates that the list lacks since now."""

    sender: SenderId
    listed: bool
    templates: int = 0
    enabled: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class NotSynced:
    """The provider could not be asked; what was known stays. problem: why, in a sentence."""

    sender: SenderId
    problem: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """is_whole: whether the list was read to its end, so that what it lacks is gone."""

    templates: Sequence[ListedTemplate]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Syncing:
    store: TemplateStore
    registry: TemplateRegistry
    clients: Mapping[SenderId, ProviderClient]
    following: Following
    now: Now

    async def sync(self, sender: SenderId) -> Synced:
        """Ask the provider for all of a sender's templates. *Raises*: a leaf of SendError; BackendUnavailable."""
        asked_at = self.now()
        listed = await self._listed(sender)
        if listed is None:
            return Synced(sender, listed=False)
        told = [template_of(sender, one, asked_at) for one in listed.templates]
        missing = await self._missing(sender, told) if listed.is_whole else []
        gone = [replace(one, status=TemplateStatus.GONE, reason="", seen_at=asked_at) for one in missing]
        await self.registry.refresh()
        await self._learn(sender, [*told, *gone])
        telemetry.TEMPLATES.labels(sender, "enabled").set(sum(one.is_enabled for one in told))
        telemetry.TEMPLATES.labels(sender, "other").set(sum(not one.is_enabled for one in told))
        return Synced(sender, True, len(told), sum(one.is_enabled for one in told), len(gone))

    async def sync_each(self, senders: Iterable[SenderId]) -> list[Synced | NotSynced]:
        """In order. A provider that does not answer keeps nobody from asking the others. *Raises*: BackendUnavailable."""
        return [await self._try_sync(sender) for sender in senders]

    async def _try_sync(self, sender: SenderId) -> Synced | NotSynced:
        try:
            return await self.sync(sender)
        except SendError as error:
            problem = f"The provider refused or did not answer ({error.code}): {error.gloss}."
            return NotSynced(sender, problem)

    async def apply(self, sender: SenderId, news: TemplateReported) -> bool:
        """A webhook spoke of a template. False when it is of none that we know: the next sync will bring it."""
        await self.registry.refresh()
        known = _subjects(news, self.registry.of(sender))
        if not known:
            return False
        await self._learn(sender, [_with(one, news) for one in known])
        return True

    async def _learn(self, sender: SenderId, told: Sequence[Template]) -> None:
        before = self._enabled(sender)
        await self.store.learn(told)
        await self.registry.refresh()
        await self.following.follow(sender, self._enabled(sender) - before)

    def _enabled(self, sender: SenderId) -> set[tuple[str, str]]:
        return {(one.name, one.language) for one in self.registry.of(sender) if one.is_enabled}

    async def _missing(self, sender: SenderId, told: Sequence[Template]) -> list[Template]:
        """Templates that we know, and that the list lacks: reported before, or declared by the configuration."""
        stored = await self.store.of(sender)
        by_id = self.registry.is_by_id(sender)
        ids, names = {one.provider_id for one in told}, {(one.name, one.language) for one in told}
        identities = {(one.name, one.language, one.provider_id) for one in told}
        reported = [one for one in stored if (one.name, one.language, one.provider_id) not in identities]

        def is_listed(one: Template) -> bool:
            return one.provider_id in ids if by_id and one.provider_id else (one.name, one.language) in names

        def is_reported(one: Template) -> bool:
            namesakes = [known for known in stored if (known.name, known.language) == (one.name, one.language)]
            return any(not by_id or is_about(one, known) for known in namesakes)

        declared = [one for one in self.registry.declared(sender) if not (is_listed(one) or is_reported(one))]
        return [one for one in (*reported, *declared) if one.status is not TemplateStatus.GONE]

    async def _listed(self, sender: SenderId) -> _Listed | None:
        """None where the provider has no list."""
        client, found, after = self.clients[sender], list[ListedTemplate](), None
        for _ in range(MAX_PAGES):
            page = await client.list_templates(after)
            if page is None:
                return None
            found += page.templates
            if page.next is None:
                return _Listed(found, is_whole=True)
            after = page.next
        return _Listed(found, is_whole=False)


# ── from the provider's words to ours ───────────────────────────────────────────────────────────────────────────────


def template_of(sender: SenderId, listed: ListedTemplate, seen_at: datetime) -> Template:
    return Template(
        sender=sender,
        name=listed.name,
        language=listed.language,
        category=_word(Category, listed.category, Category.MARKETING),
        status=_word(TemplateStatus, listed.status, TemplateStatus.PENDING),
        provider_id=listed.provider_id,
        body=listed.body,
        quality=_word(Quality, listed.quality or "", Quality.UNKNOWN),
        header=HeaderKind(listed.header) if listed.header in set(HeaderKind) else None,
        header_text=listed.header_text,
        buttons=tuple(Button(one.kind, one.text, one.takes) for one in listed.buttons),
        seen_at=seen_at,
        reason=listed.reason,
        unfillable=listed.unfillable,
        fixed=listed.fixed,
    )


def _subjects(news: TemplateReported, known: Sequence[Template]) -> list[Template]:
    """The templates that news are about: by the provider's id, where we know it, else by name. A template of that name and
    of another id is not meant: the provider may have had two of that name, one after the other.
    """
    if news.provider_id is not None and (own := [one for one in known if one.provider_id == news.provider_id]):
        return own
    return [
        one
        for one in known
        if news.name == one.name
        and news.language in {None, one.language}
        and None in {news.provider_id, one.provider_id}
    ]


def _with(template: Template, news: TemplateReported) -> Template:
    return replace(
        template,
        status=_word(TemplateStatus, news.status or "", template.status),
        category=_word(Category, news.category or "", template.category),
        quality=_word(Quality, news.quality or "", template.quality),
        body=news.body or template.body,
        seen_at=news.at,
        reason=news.reason if news.status is not None else template.reason,
    )


def _word(kind: type[Word], text: str, otherwise: Word) -> Word:
    """Our term for the provider's; an unknown word keeps the present value."""
    return kind(text) if text in set(kind) else otherwise
