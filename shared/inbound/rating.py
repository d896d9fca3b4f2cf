"""Rating: a provider's word on a number: whether it may be used, its quality, its limits.

Owns that the word is kept, and that a number which may not be used, or is rated red, pauses its campaigns.
"""

from dataclasses import dataclass

from structlog.stdlib import BoundLogger, get_logger

from shared.campaigns.store import CampaignStore
from shared.ground.ids import SenderId
from shared.ledger.store import Ledger
from shared.outbound.braking import pause
from shared.providers.events import SenderReported
from shared.senders.model import NumberStanding
from shared.senders.store import NumberStore

log: BoundLogger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rating:
    numbers: NumberStore
    campaigns: CampaignStore
    ledger: Ledger

    async def apply(self, sender: SenderId, news: SenderReported) -> None:
        """Record a report about a number. An unusable or red number pauses its campaigns; a person resumes them, and the
        same report does not pause them again.

        *Atomicity*: the report is recorded last, so a repeat after a crash pauses the campaigns that were left.
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
