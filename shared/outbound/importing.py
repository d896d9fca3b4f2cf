"""Importing: a base of contacts, of any size, joins a campaign whole or not at all.

Owns the order: staged out of sight → complete → joined → planned. `intake` judges rows, the ledger finds duplicates,
`consenting` judges opt-ins.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from shared.campaigns.model import Campaign
from shared.ground.errors import Conflict, NotFound
from shared.ground.hints import Hints
from shared.ground.ids import CampaignId, SenderId, UploadId, derive_token, new_token
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import OUTAGE
from shared.ground.phone import is_user_id
from shared.ground.tables import csv_line
from shared.ledger.pages import JobRow, pack
from shared.ledger.states import OPEN_FOR_CONTACTS
from shared.ledger.store import Ledger
from shared.ledger.uploads import RowVerdict, UploadReport, UploadState, UploadStore
from shared.outbound.intake import Rejection, Row, read_rows
from shared.outbound.intake.reasons import Reason
from shared.outbound.splitting import Splitting
from shared.people.consent.model import EVERYTHING
from shared.people.consenting import OptIn, packed
from shared.people.locales import Locales
from shared.providers.client import ProviderClient
from shared.templates.registry import TemplateRegistry

VERDICTS_A_READ = 1_000
REJECTION_COLUMNS = ("line", "reason", "detail")


def upload_id(campaign: CampaignId, key: str | None) -> UploadId:
    """One id per key of the caller; a fresh id without a key."""
    return UploadId(new_token("u") if key is None else derive_token("u", campaign, key))


class OtherFile(Conflict):
    """An upload's key was used again with other bytes."""

    def __init__(self) -> None:
        super().__init__("upload-differs", "This upload was made with another file: give this one another key.")


class HashedFile:
    """A file that is hashed while it is read. It can be read once."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self._hash.update(chunk)
            yield chunk

    async def digest_of_all(self) -> str:
        """Read the rest, keep none of it, and return the hash of the whole file."""
        async for _ in self.chunks():
            pass
        return self.digest

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes read so far, in hex."""
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class Base:
    """A base of contacts on its way in. media_type: one of `intake.MEDIA_TYPES`."""

    file: HashedFile
    media_type: str


@dataclass(frozen=True, slots=True)
class Importing:
    ledger: Ledger
    uploads: UploadStore
    splitting: Splitting
    templates: TemplateRegistry
    clients: Mapping[SenderId, ProviderClient]
    locales: Locales
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
            await self._stage_whole(campaign, upload, base)
        elif await base.file.digest_of_all() != before.digest:
            raise OtherFile
        report = await self.splitting.join(campaign, upload)
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

    async def _stage_whole(self, campaign: Campaign, upload: UploadId, base: Base) -> None:
        template = self.templates.get(campaign.sender, campaign.template_name, campaign.template_language)
        region, timezone = self.locales.region_of(campaign), self.locales.timezone(campaign.tenant)
        has_user_ids = self.clients[campaign.sender].dialect.capabilities.takes_user_ids
        stage = _Stage(self.uploads, campaign, upload, self.splitting)
        try:
            siblings = self.templates.of(campaign.sender)
            rows = read_rows(base.file.chunks(), base.media_type, template, region, timezone, siblings)
            async for verdict in rows:
                await stage.add(verdict if has_user_ids else _with_a_number(verdict))
            await stage.flush()
        except BaseException:
            with suppress(*OUTAGE):  # a page that cannot be removed now expires
                await self.uploads.discard(campaign.id, upload)
            raise
        await self.uploads.complete(campaign.id, upload, {}, base.file.digest)


def _with_a_number(verdict: Row | Rejection) -> Row | Rejection:
    if isinstance(verdict, Row) and is_user_id(verdict.address):
        detail = "The provider writes to telephone numbers only, and this is WhatsApp's user id of somebody."
        return Rejection(verdict.line, Reason.NOT_A_NUMBER, detail)
    return verdict


@dataclass(slots=True)
class _Stage:
    """Verdicts on their way to the store, a page at a time, so that memory does not grow with the file."""

    uploads: UploadStore
    campaign: Campaign
    upload: UploadId
    splitting: Splitting
    rows: list[Row] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    async def add(self, verdict: Row | Rejection) -> None:
        if isinstance(verdict, Row):
            self.rows.append(verdict)
        else:
            self.rejections.append(verdict)
        if max(len(self.rows), len(self.rejections)) == PAGE_ROWS:
            await self.flush()

    async def flush(self) -> None:
        rows, self.rows = self.rows, []
        rejections, self.rejections = self.rejections, []
        if rows:
            page = pack([_job_row(row) for row in rows])
            opt_ins = packed([opt_in for row in rows if (opt_in := self._opt_in(row)) is not None])
            await self.uploads.stage(self.campaign.id, self.upload, page, [row.line for row in rows], opt_ins)
        verdicts = [RowVerdict(one.line, one.reason.value, one.detail) for one in rejections]
        await self.uploads.reject(self.campaign.id, self.upload, verdicts)

    def _opt_in(self, row: Row) -> OptIn | None:
        claim = row.opt_in
        if claim is None:
            return None
        contact = self.splitting.contact(self.campaign.tenant, row.address)
        return OptIn(contact, claim.source, claim.scope or EVERYTHING, claim.at, claim.evidence or "")


def _job_row(row: Row) -> JobRow:
    return JobRow(
        row.address,
        row.parameters,
        row.priority,
        row.send_at,
        row.language,
        row.timezone,
        row.external_contact_id,
        row.own,
    )
