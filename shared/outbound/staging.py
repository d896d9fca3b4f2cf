"""Staging: a base of contacts, of any size, is read and put aside, page by page, whole or not at all.

Owns how a file becomes pages of rows, opt-ins and rejections, out of sight of the campaign. `intake` judges the rows; how
the pages join the campaign is in `joining`.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from shared.campaigns.model import Campaign
from shared.ground.errors import Conflict
from shared.ground.ids import SenderId, UploadId
from shared.ground.keys import PAGE_ROWS
from shared.ground.lua import OUTAGE
from shared.ground.phone import is_user_id
from shared.ledger.pages import JobRow, pack
from shared.ledger.uploads import RowVerdict, UploadStore
from shared.outbound.intake import Rejection, Row, read_rows
from shared.outbound.intake.reasons import Reason
from shared.people.consent.model import EVERYTHING
from shared.people.consenting import OptIn, packed
from shared.people.locales import Locales
from shared.people.merging import Merging
from shared.providers.client import ProviderClient
from shared.templates.model import Template
from shared.templates.registry import TemplateRegistry
from shared.templates.store import PinStore


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
class Staging:
    uploads: UploadStore
    merging: Merging
    templates: TemplateRegistry
    pins: PinStore
    clients: Mapping[SenderId, ProviderClient]
    locales: Locales

    def check_sender(self, campaign: Campaign) -> None:
        """*Raises*: Conflict if the sender is not configured any more: then nobody knows what it takes."""
        if campaign.sender not in self.clients:
            raise Conflict(
                "sender-not-configured",
                f"The campaign's sender {campaign.sender} is not configured any more: add it under [[senders]] again, or "
                "make the campaign with another sender.",
            )

    async def stage(self, campaign: Campaign, upload: UploadId, base: Base) -> None:
        """The whole file; the upload is complete then. An error before the file's end leaves nothing behind.

        *Raises*: InputError for a file that cannot be read on, and for a template whose name has become ambiguous; as
        `check_sender`; BackendUnavailable.
        """
        self.check_sender(campaign)
        pins = await self.pins.of(campaign.id)
        template = self.templates.get(campaign.sender, campaign.template_name, campaign.template_language, pins)
        region, timezone = self.locales.region_of(campaign), self.locales.timezone(campaign.tenant)
        has_user_ids = self.clients[campaign.sender].dialect.capabilities.takes_user_ids
        stage = _Stage(self.uploads, campaign, upload, self.merging)
        try:
            siblings = [one for one in self.templates.of(campaign.sender) if not _is_namesake(one, template)]
            rows = read_rows(base.file.chunks(), base.media_type, template, region, timezone, siblings)
            async for verdict in rows:
                await stage.add(verdict if has_user_ids else _with_a_number(verdict))
            await stage.flush()
        except BaseException:
            with suppress(*OUTAGE):  # a page that cannot be removed now expires
                await self.uploads.discard(campaign.id, upload)
            raise
        await self.uploads.announce(campaign.id, upload)
        await self.uploads.complete(campaign.id, upload, {}, base.file.digest)


def _is_namesake(one: Template, template: Template) -> bool:
    """Whether it is another content of the campaign's template's name and language: rows are never read by it."""
    same = (one.name, one.language) == (template.name, template.language)
    return same and one.provider_id != template.provider_id


def _with_a_number(verdict: Row | Rejection) -> Row | Rejection:
    if isinstance(verdict, Row) and is_user_id(verdict.address):
        detail = "The provider writes to telephone numbers only, and this is WhatsApp's user id of somebody."
        return Rejection(verdict.line, Reason.NOT_A_NUMBER, detail, verdict.address)
    return verdict


@dataclass(slots=True)
class _Stage:
    """Verdicts on their way to the store, a page at a time, so that memory does not grow with the file."""

    uploads: UploadStore
    campaign: Campaign
    upload: UploadId
    merging: Merging
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
            opt_ins = packed(self._opt_ins([row for row in rows if row.opt_in is not None]))
            await self.uploads.stage(self.campaign.id, self.upload, page, [row.line for row in rows], opt_ins)
        await self.uploads.reject(self.campaign.id, self.upload, [self._verdict(one) for one in rejections])

    def _verdict(self, rejection: Rejection) -> RowVerdict:
        of = rejection.address
        contact = None if of is None else self.merging.id_of(self.campaign.tenant, of)
        return RowVerdict(rejection.line, rejection.reason.value, rejection.detail, contact)

    def _opt_ins(self, rows: Sequence[Row]) -> list[OptIn]:
        contacts = self.merging.ids_of(self.campaign.tenant, (row.address for row in rows))
        return [
            OptIn(contact, claim.source, claim.scope or EVERYTHING, claim.at, claim.evidence or "")
            for contact, row in zip(contacts, rows, strict=True)
            if (claim := row.opt_in) is not None
        ]


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
