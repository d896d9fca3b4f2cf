"""Syncing: what providers say of templates and numbers, by being asked and by their webhooks, and what follows for the
campaigns that use them.

Owns the consequence: a template that may not start a conversation pauses its campaigns, with the reason; once it may again,
those that were paused for it go on by themselves, unless the configuration leaves that to a person.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground import telemetry
from shared.ground.clock import Now
from shared.ground.errors import Conflict, SendError
from shared.ground.hints import Hints
from shared.ground.ids import BY_ORIEL, SenderId
from shared.ledger.states import CampaignState, Move
from shared.ledger.store import Ledger
from shared.outbound.braking import pause
from shared.providers.client import ProviderClient
from shared.providers.events import SenderReported, TemplateReported
from shared.providers.templates import ListedTemplate
from shared.senders.model import NumberStanding
from shared.senders.store import NumberStore
from shared.templates.model import Button, Category, HeaderKind, Quality, Template, TemplateStatus
from shared.templates.registry import TemplateRegistry
from shared.templates.store import TemplateStore

PAUSED_FOR = "template-"  # how the reason of such a pause begins
REFUSED_FOR = "template-unusable:"  # how that of one begins that an answer of the provider's caused
STATUSES = frozenset({*(f"{PAUSED_FOR}{status}" for status in TemplateStatus), f"{PAUSED_FOR}gone"})
MAX_PAGES = 200  # of one sender: a list that never ends is a fault of its provider
GONE = "the provider does not list it any more"

Word = TypeVar("Word", bound=StrEnum)

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Synced:
    """The result of one sync. listed: False if the provider has no list. gone: templates that the list no longer has."""

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
class Syncing:
    """resumes: whether what was paused for a template goes on by itself once that is enabled again."""

    store: TemplateStore
    registry: TemplateRegistry
    campaigns: CampaignStore
    ledger: Ledger
    clients: Mapping[SenderId, ProviderClient]
    hints: Hints
    numbers: NumberStore
    resumes: bool
    now: Now

    async def sync(self, sender: SenderId) -> Synced:
        """Ask the provider for all of a sender's templates. *Raises*: a leaf of SendError; BackendUnavailable."""
        asked_at = self.now()
        pages = await self._pages(sender)
        if pages is None:
            return Synced(sender, listed=False)
        told = [template_of(sender, one, asked_at) for one in pages]
        names = {(one.name, one.language) for one in told}
        gone = [
            replace(one, status=TemplateStatus.DISABLED, reason=GONE, seen_at=asked_at)
            for one in await self.store.of(sender)
            if (one.name, one.language) not in names and one.reason != GONE
        ]
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

    async def told(self, sender: SenderId, news: TemplateReported) -> bool:
        """A webhook spoke of a template. False when it is of none that we know: the next sync will bring it."""
        await self.registry.refresh()
        known = [one for one in self.registry.of(sender) if _is_about(news, one)]
        if not known:
            return False
        await self._learn(sender, [_with(one, news) for one in known])
        return True

    async def _learn(self, sender: SenderId, told: Sequence[Template]) -> None:
        before = self._enabled(sender)
        await self.store.learn(told)
        await self.registry.refresh()
        await self._follow(sender, self._enabled(sender) - before)

    def _enabled(self, sender: SenderId) -> set[tuple[str, str]]:
        return {(one.name, one.language) for one in self.registry.of(sender) if one.is_enabled}

    async def told_of_number(self, sender: SenderId, news: SenderReported) -> None:
        """The provider spoke of a number or its account. What may not be used, or is rated red, pauses its campaigns; a
        person resumes them, having seen why, and the same word does not pause them again.

        *Atomicity*: told again after a crash, it pauses what was not paused yet: the word is kept last.
        """
        said = NumberStanding(
            news.usable, news.rate_per_second, news.unique_contacts_a_day, news.quality, news.reason, news.at
        )
        known = (await self.numbers.of([sender]))[sender]
        why = known.merge(said).pause_reason()
        if why is not None and why != known.pause_reason():
            await pause(self.ledger, await self.campaigns.active_of(sender), why)
        standing = await self.numbers.learn(sender, said)
        log.info("number_reported", sender=sender, quality=standing.quality, usable=standing.usable, reason=news.reason)

    async def _pages(self, sender: SenderId) -> list[ListedTemplate] | None:
        client, found, after = self.clients[sender], list[ListedTemplate](), None
        for _ in range(MAX_PAGES):
            page = await client.list_templates(after)
            if page is None:
                return None
            found += page.templates
            if page.next is None:
                break
            after = page.next
        return found

    async def _follow(self, sender: SenderId, now_enabled: Collection[tuple[str, str]]) -> None:
        """Every campaign of the sender is as its template allows. now_enabled: what was not, until this very word."""
        for campaign in await self.campaigns.get_many(await self.campaigns.active_of(sender)):
            is_news = (campaign.template_name, campaign.template_language) in now_enabled
            await self._follow_one(campaign, is_news=is_news)

    async def _follow_one(self, campaign: Campaign, *, is_news: bool) -> None:
        """What the provider has refused with a template that it calls enabled, it would refuse again: that goes on once it
        has been something else meanwhile.
        """
        why = self.registry.why_unusable(campaign.sender, campaign.template_name, campaign.template_language)
        standing = await self.ledger.standing(campaign.id)
        is_status = standing.reason.removeprefix(REFUSED_FOR) in STATUSES
        waits_for_it = standing.by == BY_ORIEL and (is_status or (is_news and standing.reason.startswith(REFUSED_FOR)))
        if why is not None and standing.state is CampaignState.RUNNING:
            await pause(self.ledger, [campaign.id], f"{PAUSED_FOR}{why}", counted_as="template")
        elif why is None and self.resumes and standing.state is CampaignState.PAUSED and waits_for_it:
            with suppress(Conflict):  # a person was quicker
                await self.ledger.control(campaign.id, Move.RESUME, BY_ORIEL)
                log.info("campaign_resumed", campaign=campaign.id, template=campaign.template_name)
            await self.hints.release(campaign.sender)


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
    )


def _is_about(news: TemplateReported, template: Template) -> bool:
    if news.provider_id is not None and template.provider_id == news.provider_id:
        return True
    return news.name == template.name and news.language in {None, template.language}


def _with(template: Template, news: TemplateReported) -> Template:
    return replace(
        template,
        status=_word(TemplateStatus, news.status or "", template.status),
        category=_word(Category, news.category or "", template.category),
        quality=_word(Quality, news.quality or "", template.quality),
        seen_at=news.at,
        reason=news.reason if news.status is not None else template.reason,
    )


def _word(kind: type[Word], text: str, otherwise: Word) -> Word:
    """Ours for the provider's word; what we do not know changes nothing."""
    return kind(text) if text in set(kind) else otherwise
