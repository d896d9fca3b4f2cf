"""A parcel's jobs: each with the row of its contact. Owns this process's copies of campaigns and of their pages."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from shared.campaigns.model import Campaign
from shared.campaigns.store import CampaignStore
from shared.ground.errors import BackendUnavailable
from shared.ground.ids import CampaignId, ContactId, LeaseId, Nonce, contact_id
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import OUTAGE
from shared.ground.phone import canonicalize
from shared.ground.values import value
from shared.ledger.model import Lease, Mark, pages_of
from shared.ledger.pages import JobRow, unpack
from shared.ledger.store import Ledger
from shared.templates.pins import NO_PINS, Pins
from shared.templates.store import PinStore

CAMPAIGNS_KEPT = 1_000  # descriptions and pins a process remembers: a sender works at some tens at a time
PAGES_KEPT = 256  # unpacked pages a process remembers: a parcel touches two or three, and parcels run side by side


Key = TypeVar("Key")
Kept = TypeVar("Kept")


@value(frozen=True, slots=True)
class Job:
    """One job of an opened lease. nonce: of the worker that opened it."""

    campaign: Campaign
    lease: LeaseId
    nonce: Nonce
    ordinal: int
    row: JobRow
    contact: ContactId

    @property
    def owner(self) -> str:
        """How the limiter knows that the same job asks again."""
        return f"{self.campaign.id}:{self.ordinal}"

    @property
    def mark(self) -> Mark:
        return Mark(self.campaign.id, self.lease, self.nonce, self.ordinal, self.contact)


@dataclass(frozen=True, slots=True)
class Parcels:
    """One per process. *Raises* everywhere: BackendUnavailable, unless the copy is here."""

    campaigns: CampaignStore
    ledger: Ledger
    pins: PinStore
    secret: bytes
    _known: OrderedDict[CampaignId, Campaign] = field(default_factory=OrderedDict)
    _pinned: OrderedDict[CampaignId, Pins] = field(default_factory=OrderedDict)
    _pages: OrderedDict[tuple[CampaignId, int], list[JobRow]] = field(default_factory=OrderedDict)

    async def campaign(self, campaign: CampaignId) -> Campaign:
        if campaign not in self._known:
            try:
                self._known[campaign] = await self.campaigns.get(campaign)
            except OUTAGE as error:
                raise BackendUnavailable("the state store did not answer") from error
            _forget_beyond(self._known, CAMPAIGNS_KEPT)
        self._known.move_to_end(campaign)
        return self._known[campaign]

    def pinned(self, campaign: CampaignId) -> Pins:
        """The template with which the campaign was started or resumed, as far as `read_pins` has read it."""
        return self._pinned.get(campaign, NO_PINS)

    async def read_pins(self, campaign: CampaignId) -> None:
        """With every parcel: the copy may be older than a resume. Equal pins stay the same object, by which what was judged
        with them is remembered.
        """
        read = await self.pins.of(campaign)
        if read != self.pinned(campaign):
            self._pinned[campaign] = read
            _forget_beyond(self._pinned, CAMPAIGNS_KEPT)
        if campaign in self._pinned:
            self._pinned.move_to_end(campaign)

    async def jobs(self, campaign: Campaign, lease: Lease, nonce: Nonce) -> list[Job]:
        pages = {page: await self._page(campaign.id, page) for page in pages_of(lease.ordinals)}
        return [
            self._job(campaign, lease.id, nonce, ordinal, pages[ordinal // PAGE_ROWS][ordinal % PAGE_ROWS])
            for ordinal in lease.ordinals
        ]

    def _job(self, campaign: Campaign, lease: LeaseId, nonce: Nonce, ordinal: int, row: JobRow) -> Job:
        contact = contact_id(self.secret, campaign.tenant, canonicalize(row.address))
        return Job(campaign, lease, nonce, ordinal, row, contact)

    async def _page(self, campaign: CampaignId, page: int) -> list[JobRow]:
        """Pages are immutable: what is remembered stays right."""
        key = (campaign, page)
        if key not in self._pages:
            packed = await self.ledger.page(campaign, page)
            self._pages[key] = unpack(packed) if packed is not None else []
            _forget_beyond(self._pages, PAGES_KEPT)
        self._pages.move_to_end(key)
        return self._pages[key]


def _forget_beyond(kept: OrderedDict[Key, Kept], most: int) -> None:
    """The longest unused of them."""
    while len(kept) > most:
        kept.popitem(last=False)
