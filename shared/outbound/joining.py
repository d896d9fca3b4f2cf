"""Joining: a complete upload becomes part of its campaign, page by page; its opt-ins are recorded first.

Owns the order of a page, and what is told of it: duplicates, opt-ins that do not count, contacts that would be suppressed.
Whether a contact is new is decided by the ledger. Safe to repeat after a crash at any line.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.campaigns.model import Campaign
from shared.ground.clock import Now
from shared.ground.ids import ContactId, UploadId
from shared.ledger.model import Admission
from shared.ledger.pages import JobRow, unpack
from shared.ledger.store import Ledger
from shared.ledger.uploads import UploadReport, UploadStore
from shared.outbound.judging import judge_of
from shared.outbound.repeating import FileJobs, Held, Repeats
from shared.people.consenting import Consenting, OptIn, Taken, unpacked
from shared.people.merging import Merging
from shared.rules.verdict import Never
from shared.templates.pins import Pins
from shared.templates.registry import TemplateRegistry
from shared.templates.store import PinStore


@dataclass(frozen=True, slots=True)
class Joining:
    ledger: Ledger
    uploads: UploadStore
    consenting: Consenting
    merging: Merging
    templates: TemplateRegistry
    pins: PinStore
    now: Now

    async def join_complete(self, campaign: Campaign) -> None:
        """All complete uploads of the campaign. *Raises*: as `join`."""
        for upload in await self.uploads.list_complete(campaign.id):
            await self.join(campaign, upload)

    async def join(self, campaign: Campaign, upload: UploadId) -> UploadReport:
        """A complete upload joins its campaign, page by page. *Raises*: Conflict when the campaign was closed meanwhile."""
        of_file = FileJobs()
        pins = await self.pins.of(campaign.id)
        async for staged in self.uploads.read_staged(campaign.id, upload):
            rows = unpack(staged.page)
            opt_ins = unpacked(staged.opt_ins)
            contacts = self._contacts(campaign, rows, opt_ins)
            # Before the jobs are there: a page of a running campaign is planned at once, and planning reads consent.
            taken = await self.consenting.take(campaign.tenant, contacts, opt_ins)
            admission = await self.ledger.admit_new(campaign.id, upload, staged.sequence, staged.page, contacts)
            held: Held = {}
            if not isinstance(admission, Admission):
                held = await self.ledger.rows_held(campaign.id, admission)
            repeats = Repeats(rows, contacts, held, of_file)
            if not isinstance(admission, Admission):
                admission = await self.ledger.admit(
                    campaign.id, upload, staged.sequence, staged.page, contacts, repeats.replacing()
                )
            repeats.note(admission)
            admitted = repeats.admitted(staged.lines, admission)
            await self.uploads.forget_rejections(campaign.id, upload, admitted)
            verdicts = list(repeats.verdicts(staged.lines, admission))
            await self.uploads.note_duplicates(campaign.id, upload, staged.sequence, verdicts)
            warnings = self._warnings(campaign, admission, taken, pins) + Counter(repeats.count(admission))
            await self.uploads.warn(campaign.id, upload, staged.sequence, warnings)
        await self.uploads.record_join(campaign.id, upload)
        return await self.uploads.report(campaign.id, upload)

    def _contacts(self, campaign: Campaign, rows: Sequence[JobRow], opt_ins: Sequence[OptIn]) -> list[ContactId]:
        """Of each row. Opt-ins are in the order of their rows, so where every row has one, they name all contacts."""
        if len(opt_ins) == len(rows):
            return [one.contact for one in opt_ins]
        return self.merging.ids_of(campaign.tenant, (row.address for row in rows))

    def _warnings(self, campaign: Campaign, admission: Admission, taken: Taken, pins: Pins) -> Counter[str]:
        """How many of a page's opt-ins do not count, and how many of its new contacts would be suppressed now."""
        warnings = Counter(reason.value for reason in taken.unrecorded if reason is not None)
        if self.templates.why_unjudgeable(campaign.sender, campaign.template_name, campaign.template_language, pins):
            return warnings  # its rows were read while it was there, and join; nobody is judged before it is back
        judge = judge_of(campaign, self.templates, self.now(), pins)
        duplicates = frozenset((*admission.duplicates, *admission.replaced))
        for index, records in enumerate(taken.known):
            verdict = judge(records, None)
            if isinstance(verdict, Never) and index not in duplicates:
                warnings[verdict.reason.value] += 1
        return warnings
