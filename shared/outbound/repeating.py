"""Repeating: rows of contacts that the campaign holds already: which replace the earlier row, and the verdicts. Pure.

Owns the comparison of two rows of one contact. The ledger decides: a row replaces another one only in a draft.

Decision: in a draft a corrected row that is sent again replaces the earlier one, since nothing was sent yet and the newest
file is what the sender means. Within one file the first row counts, as it always did: two rows of one contact in one file
are a fault of the file, which the verdict tells. Once a campaign was started, the first row counts, whatever comes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.ground.ids import ContactId
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Admission
from shared.ledger.pages import JobRow
from shared.ledger.uploads import RowVerdict

DUPLICATE = "This contact is in the campaign already; it is written to once."
REPLACED = (
    "This contact was in the campaign already with other values, and nothing was sent yet: this row replaces the earlier "
    "one."
)
FIRST_OF_THE_FILE = (
    "An earlier row of this file has the same contact with other values: that one counts. Keep one row a contact, and "
    "send the file again."
)
FIRST_OF_THE_CAMPAIGN = (
    "This contact is in the campaign already with other values, and the campaign has been started: the first row counts, "
    "and its text is sent or was sent."
)
DUPLICATE_REASON, REPLACED_REASON = "duplicate", "replaced"
FIRST_ROW_COUNTS = "first-row-counts"
"""The code of the warning about rows whose values are not those that are sent."""

Held = Mapping[ContactId, tuple[int, JobRow]]
"""The contacts that a campaign holds: ordinal and row of each."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """One staged page against the campaign. held: before the page joins. own_pages: the campaign's pages that come from the
    same file.
    """

    rows: Sequence[JobRow]
    contacts: Sequence[ContactId]
    held: Held
    own_pages: Collection[int]

    def replacing(self) -> dict[int, int]:
        """Index of each row that differs from the one that the campaign holds from another file → that one's ordinal."""
        firsts = {contact: index for index, contact in reversed(list(enumerate(self.contacts)))}
        return {
            index: ordinal
            for contact, (ordinal, row) in self.held.items()
            if ordinal // PAGE_ROWS not in self.own_pages and _differs(self.rows[index := firsts[contact]], row)
        }

    def verdicts(self, lines: Sequence[int], admission: Admission) -> Iterator[RowVerdict]:
        """On each row that did not become a new contact. lines: of the rows in the file."""
        for index in sorted((*admission.duplicates, *admission.replaced)):
            reason, detail = DUPLICATE_REASON, DUPLICATE
            if index in admission.replaced:
                reason, detail = REPLACED_REASON, REPLACED
            elif self._is_unlike_the_first(index, admission):
                detail = FIRST_OF_THE_FILE if self._is_first_in_file(index, admission) else FIRST_OF_THE_CAMPAIGN
            yield RowVerdict(lines[index], reason, detail, self.contacts[index] if detail != DUPLICATE else None)

    def count(self, admission: Admission) -> dict[str, int]:
        """Warnings: code → number of rows."""
        unheard = [index for index in admission.duplicates if self._is_unlike_the_first(index, admission)]
        return {REPLACED_REASON: len(admission.replaced), FIRST_ROW_COUNTS: len(unheard)}

    def _is_unlike_the_first(self, index: int, admission: Admission) -> bool:
        return _differs(self.rows[index], self._row_that_counts(index, admission))

    def _row_that_counts(self, index: int, admission: Admission) -> JobRow:
        first = self.contacts.index(self.contacts[index])
        if first not in admission.duplicates:
            return self.rows[first]
        return self.held[self.contacts[index]][1] if self.contacts[index] in self.held else self.rows[index]

    def _is_first_in_file(self, index: int, admission: Admission) -> bool:
        """Whether the row that counts is of the same file."""
        contact = self.contacts[index]
        if self.contacts.index(contact) not in admission.duplicates:
            return True
        return contact in self.held and self.held[contact][0] // PAGE_ROWS in self.own_pages


def _differs(one: JobRow, other: JobRow) -> bool:
    """Whether two rows of one contact say different things; national variants of the number are the same."""
    return replace(one, address=other.address) != other
