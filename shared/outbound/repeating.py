"""Repeating: rows of contacts that the campaign holds already: which replace the earlier row, and the verdicts. Pure.

Owns the comparison of two rows of one contact. The ledger decides: a row replaces another one only in a draft.

Decision: in a draft a corrected row that is sent again replaces the earlier one, since nothing was sent yet and the newest
file is what the sender means. Within one file the first row counts, also where the campaign held it already: two rows of
one contact in one file are a fault of the file, which the verdict tells. Once a campaign was started, the first row counts,
whatever comes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.ground.ids import ContactId
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


class FileJobs:
    """Ordinals of the jobs whose values are those of one file's first row about their contact.

    One bit an ordinal: 1.3 MB for a file of ten million contacts.
    """

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, ordinal: int) -> None:
        byte, bit = divmod(ordinal, 8)
        self._bits.extend(bytes(max(0, byte + 1 - len(self._bits))))
        self._bits[byte] |= 1 << bit

    def __contains__(self, ordinal: int) -> bool:
        byte, bit = divmod(ordinal, 8)
        return byte < len(self._bits) and bool(self._bits[byte] & 1 << bit)


@dataclass(frozen=True, slots=True)
class Repeats:
    """One staged page against the campaign. held: before the page joins. of_file: from the pages before it, in the same
    file; `note` adds those of this page, before `verdicts` and `count`.
    """

    rows: Sequence[JobRow]
    contacts: Sequence[ContactId]
    held: Held
    of_file: FileJobs

    def replacing(self) -> dict[int, int]:
        """Index of each row that is the file's first about its contact, and differs from the one that the campaign holds →
        that one's ordinal.
        """
        firsts = self._firsts()
        return {
            index: ordinal
            for contact, (ordinal, row) in self.held.items()
            if ordinal not in self.of_file and _differs(self.rows[index := firsts[contact]], row)
        }

    def note(self, admission: Admission) -> None:
        """Add the jobs of this page's first rows to `of_file`: the new ones, and those that say the same already."""
        for contact, index in self._firsts().items():
            if index not in admission.duplicates:
                if admission.first is not None:
                    self.of_file.add(admission.first + index)
            elif contact in self.held and not _differs(self.rows[index], self.held[contact][1]):
                self.of_file.add(self.held[contact][0])

    def _firsts(self) -> dict[ContactId, int]:
        """Index of each contact's first row in this page."""
        return {contact: index for index, contact in reversed(list(enumerate(self.contacts)))}

    def admitted(self, lines: Sequence[int], admission: Admission) -> dict[ContactId, int]:
        """The line of each contact that is new. lines: of the rows in the file."""
        repeated = {*admission.duplicates, *admission.replaced}
        return {contact: lines[i] for i, contact in enumerate(self.contacts) if i not in repeated}

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
        """Whether the row that counts says what the file's first one says."""
        contact = self.contacts[index]
        if self.contacts.index(contact) not in admission.duplicates:
            return True
        return contact in self.held and self.held[contact][0] in self.of_file


def _differs(one: JobRow, other: JobRow) -> bool:
    """Whether two rows of one contact say different things; national variants of the number are the same."""
    return replace(one, address=other.address) != other
