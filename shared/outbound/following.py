"""Following: a campaign goes on as long as its template may be used.

Owns the consequence: a template that may not start a conversation pauses its campaigns, with the reason; once it may again,
those that were paused for it go on by themselves, unless the configuration leaves that to a person.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.errors import Conflict
from shared.ground.hints import Hints
from shared.ground.ids import BY_ORIEL, SenderId
from shared.ledger.states import CampaignState, Move
from shared.ledger.store import Ledger
from shared.outbound.braking import TEMPLATE, TEMPLATE_UNUSABLE, pause_for_template
from shared.templates.choosing import Choosing
from shared.templates.model import TemplateStatus
from shared.templates.pins import Pins
from shared.templates.store import PinStore

REFUSED_FOR = f"{TEMPLATE_UNUSABLE}:"
CHANGED, AMBIGUOUS = f"{TEMPLATE}changed", f"{TEMPLATE}ambiguous"
STATUSES = frozenset(
    {
        *(f"{TEMPLATE}{status}" for status in TemplateStatus),
        *(f"{TEMPLATE}{word}" for word in ("unfillable", "marketing")),
        AMBIGUOUS,
        CHANGED,
    }
)

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Following:
    """resumes: whether what was paused for a template goes on by itself once that is enabled again."""

    choosing: Choosing
    pins: PinStore
    campaigns: CampaignStore
    ledger: Ledger
    hints: Hints
    resumes: bool

    async def follow(self, sender: SenderId, now_enabled: Collection[tuple[str, str]]) -> None:
        """Pause or resume the sender's campaigns. now_enabled: (name, language) of templates that this report enabled."""
        for campaign in await self.campaigns.get_many(await self.campaigns.active_of(sender)):
            is_news = (campaign.template_name, campaign.template_language) in now_enabled
            await self._follow_one(campaign, is_news=is_news)

    async def _follow_one(self, campaign: Campaign, *, is_news: bool) -> None:
        """A campaign that the provider refused although its template was listed as enabled resumes only after the
        template's status has changed; otherwise the provider would refuse it again.
        """
        standing = await self.ledger.standing(campaign.id)
        reason = standing.reason.removeprefix(REFUSED_FOR)
        pins = await self._pinned(campaign, is_late_allowed=reason != CHANGED)
        why = self.choosing.registry.why_unusable(
            campaign.sender, campaign.template_name, campaign.template_language, pins
        )
        is_status = reason in STATUSES and (bool(pins) or reason != CHANGED)
        waits_for_it = standing.by == BY_ORIEL and (is_status or (is_news and standing.reason.startswith(REFUSED_FOR)))
        if why is not None and standing.state is CampaignState.RUNNING:
            await pause_for_template(self.ledger, campaign.id, why)
        elif why is None and self.resumes and standing.state is CampaignState.PAUSED and waits_for_it:
            with suppress(Conflict):  # a person was quicker
                await self.ledger.control(campaign.id, Move.RESUME, BY_ORIEL)
                log.info("campaign_resumed", campaign=campaign.id, template=campaign.template_name)
            await self.hints.release(campaign.sender)

    async def _pinned(self, campaign: Campaign, *, is_late_allowed: bool) -> Pins:
        """The campaign's pins. One that a release without pins has started is pinned to the template of now, if that is
        allowed; so is one of a template whose texts its provider had not reported then.
        """
        pins = await self.pins.of(campaign.id)
        now = self.choosing.pins(campaign.sender, campaign.template_name, pins)
        late = {
            language: pin
            for language, pin in now.items()
            if (pins[language].is_surpassed_by(pin) if language in pins else not pins and is_late_allowed)
        }
        await self.pins.put(campaign.id, late)
        return {**pins, **late}
