"""Importing: a base of contacts, of any size, joins a campaign whole or not at all.

Owns the order (staged out of sight → complete → joined → planned), and what is told of an upload. `staging` reads the file,
`joining` finds duplicates, `splitting` plans.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.ground.errors import Conflict, NotFound
from shared.ground.hints import Hints
from shared.ground.ids import CampaignId, UploadId, derive_token, new_token
from shared.ground.tables import csv_line
from shared.ledger.states import OPEN_FOR_CONTACTS
from shared.ledger.store import Ledger
from shared.ledger.uploads import RowVerdict, UploadReport, UploadState, UploadStore
from shared.outbound.joining import Joining
from shared.outbound.staging import Base, Staging

VERDICTS_A_READ = 1_000
REJECTION_COLUMNS = ("line", "reason", "detail")


def upload_id(campaign: CampaignId, key: str | None) -> UploadId:
    """One id per key of the caller; a fresh id without a key."""
    return UploadId(new_token("u") if key is None else derive_token("u", campaign, key))


class OtherFile(Conflict):
    """An upload's key was used again with other bytes."""

    def __init__(self) -> None:
        super().__init__("upload-differs", "This upload was made with another file: give this one another key.")


@dataclass(frozen=True, slots=True)
class Importing:
    ledger: Ledger
    uploads: UploadStore
    staging: Staging
    joining: Joining
    hints: Hints

    async def take(self, campaign: Campaign, upload: UploadId, base: Base) -> UploadReport:
        """Take in a whole file and report on its rows. An error before the file's end leaves nothing behind.

        The same upload with the same bytes continues where it stopped, and gives the same report.
        *Raises*: InputError for a file that cannot be read on; Conflict when the campaign takes no contacts; OtherFile;
        BackendUnavailable.
        """
        await self._check_open(campaign)
        before = await self.uploads.begin(campaign.id, upload)
        if before.state is UploadState.STAGING:
            await self.staging.stage(campaign, upload, base)
        elif await base.file.digest_of_all() != before.digest:
            raise OtherFile
        report = await self.joining.join(campaign, upload)
        if (await self.ledger.standing(campaign.id)).started_at is not None:
            await self.hints.split(campaign.id)
        return report

    async def report(self, campaign: Campaign, upload: UploadId) -> UploadReport:
        """The report on a whole file. *Raises*: NotFound, also while the file is still coming in."""
        report = await self.uploads.report(campaign.id, upload)
        if report.state is UploadState.STAGING:
            raise NotFound("upload-not-found", "This campaign has no such upload.")
        return report

    async def rejections(self, campaign: Campaign, upload: UploadId, after: int, limit: int) -> Sequence[RowVerdict]:
        """Rows that did not become contacts, duplicates too, in the order they were found; `after` are passed over.

        *Raises*: as `report`.
        """
        await self.report(campaign, upload)
        return await self.uploads.verdicts(campaign.id, upload, after, limit)

    async def rejection_lines(self, campaign: Campaign, upload: UploadId) -> AsyncIterator[str]:
        """All of them as CSV, a piece at a time. *Raises*: as `report`, before the first piece."""
        await self.report(campaign, upload)
        yield csv_line(REJECTION_COLUMNS)
        after = 0
        while verdicts := await self.uploads.verdicts(campaign.id, upload, after, VERDICTS_A_READ):
            yield "".join(csv_line((str(one.line), one.reason, one.detail)) for one in verdicts)
            after += len(verdicts)

    async def _check_open(self, campaign: Campaign) -> None:
        standing = await self.ledger.standing(campaign.id)
        if standing.state not in OPEN_FOR_CONTACTS:
            raise Conflict("campaign-state", f"A campaign that is {standing.state} takes no more contacts.")
