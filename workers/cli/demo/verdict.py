"""Whether it all adds up: the gate's sums, the ledger's, and the provider's own journal against both. Pure arithmetic.

Owns the judgement; where the figures come from is the story's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workers.simulator.journal import CallbackRecord, InboundRecord, JournalRecord, RequestRecord
from workers.simulator.traffic import Outcome

STATES: Final = (
    "pending", "deferred", "leased", "sending", "accepted", "delivered", "read", "failed", "suppressed",
    "unconfirmed", "cancelled", "expired",
)  # fmt: skip
REFUSAL: Final = "BAJA"  # as config/demo has the contacts say it
SUCCESSES: Final = range(200, 300)
TAKEN: Final = ("accepted", "delivered", "read")
PERHAPS_TAKEN: Final = (*TAKEN, "failed", "unconfirmed")


Campaign = Mapping[str, Any]
"""As the API shows it."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the gate said of the base."""

    received: int
    admitted: int
    rejected: int
    duplicates: int

    @property
    def adds_up(self) -> bool:
        return self.received == self.admitted + self.rejected + self.duplicates


@dataclass(frozen=True, slots=True)
class Witness:
    """What the provider saw, by its own journal.

    accepted, recipients, duplicates: of templates; duplicates are acceptances beyond the first of (sender, recipient,
    template).  spoken: acceptances in free form.  first_at: epoch seconds.
    read, delivered: templates of which we have been told that, and answered that we know; each in one of the two.
    answered, refused: contacts who wrote, and who said no, each once.
    """

    accepted: int
    recipients: int
    duplicates: int
    first_at: float | None
    delivered: int = 0
    read: int = 0
    spoken: int = 0
    answered: int = 0
    refused: int = 0

    def is_matched_by(self, campaign: Campaign) -> bool:
        """Whether all that was told has been counted."""
        counts = campaign["counts"]
        ours = (counts["delivered"], counts["read"], campaign["replied"], campaign["opted_out"])
        return ours == (self.delivered, self.read, self.answered, self.refused)


def witness(records: Sequence[JournalRecord]) -> Witness:
    accepted = [one for one in records if isinstance(one, RequestRecord) and one.outcome is Outcome.ACCEPTED]
    taken = [one for one in accepted if one.template is not None]
    written = Counter((one.sender, one.to, one.template) for one in taken)
    told, templates = _told(records), {one.message_id for one in taken}
    read = told["read"] & templates
    heard = [one for one in records if isinstance(one, InboundRecord) and _is_taken(one)]
    return Witness(
        accepted=len(taken),
        recipients=len({one.to for one in taken}),
        duplicates=sum(written.values()) - len(written),
        first_at=min((one.at for one in taken), default=None),
        delivered=len((told["delivered"] & templates) - read),
        read=len(read),
        spoken=len(accepted) - len(taken),
        answered=len({one.sender for one in heard}),
        refused=len({one.sender for one in heard if one.text == REFUSAL}),
    )


def _told(records: Iterable[JournalRecord]) -> Mapping[str, set[str]]:
    """Status → the messages of which it was told, true and with success."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for one in records:
        if isinstance(one, CallbackRecord) and _is_taken(one):
            told[one.status].add(one.message_id)
    return told


def _is_taken(one: CallbackRecord | InboundRecord) -> bool:
    return not one.forged and one.http_status in SUCCESSES


def counts_add_up(counts: Mapping[str, int]) -> bool:
    return sum(counts.get(state, 0) for state in STATES) == counts["total"]


def sums_hold(intake: Intake, counts: Mapping[str, int]) -> bool:
    """Nobody was lost on the way from the file to the end."""
    return intake.adds_up and counts_add_up(counts) and counts["total"] == intake.admitted


def problems(intake: Intake, campaign: Campaign, seen: Witness) -> Sequence[str]:
    """What does not add up, a sentence each; nothing is a success."""
    return [sentence for sentence in _checks(intake, campaign, seen) if sentence]


def _checks(intake: Intake, campaign: Campaign, seen: Witness) -> Iterable[str]:
    counts, state = campaign["counts"], campaign["state"]
    total, least, most = counts["total"], _sum(counts, TAKEN), _sum(counts, PERHAPS_TAKEN)
    if not intake.adds_up:
        parts = intake.admitted + intake.rejected + intake.duplicates
        yield f"{intake.received} rows were received, and verdicts given on {parts}."
    if not counts_add_up(counts):
        yield f"The states add up to {_sum(counts, STATES)}, the campaign has {total} contacts."
    if total != intake.admitted:
        yield f"{intake.admitted} contacts were admitted, the campaign has {total}."
    if state != "finished":
        yield f"The campaign is {state}, not finished."
    if seen.duplicates:
        yield f"The provider accepted {seen.duplicates} messages to contacts whom it had accepted one to before."
    if not least <= seen.recipients <= most:
        yield f"The provider accepted messages to {seen.recipients} contacts, we count between {least} and {most}."
    if not seen.is_matched_by(campaign):
        yield (
            f"The provider told us of {seen.read} read, {seen.delivered} delivered, {seen.answered} who answered and "
            f"{seen.refused} who refused; we count {counts['read']}, {counts['delivered']}, {campaign['replied']} and "
            f"{campaign['opted_out']}."
        )


def _sum(counts: Mapping[str, int], states: Iterable[str]) -> int:
    return sum(counts.get(state, 0) for state in states)
