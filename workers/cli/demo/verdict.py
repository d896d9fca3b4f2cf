"""The verdict: the gate's sums, the ledger's sums, and the provider's journal against both. Pure arithmetic.

Owns the judgement; `scenario` collects the figures.
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
REFUSAL: Final = "BAJA"  # the contacts' opt-out word in config/demo
SUCCESSES: Final = range(200, 300)
TAKEN: Final = ("accepted", "delivered", "read")
PERHAPS_TAKEN: Final = (*TAKEN, "failed", "unconfirmed")


Campaign = Mapping[str, Any]
"""As the API shows it."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The gate's report on the base."""

    received: int
    admitted: int
    rejected: int
    duplicates: int

    @property
    def is_balanced(self) -> bool:
        return self.received == self.admitted + self.rejected + self.duplicates


@dataclass(frozen=True, slots=True)
class ProviderTotals:
    """The provider's own totals, from its journal.

    accepted, recipients, duplicates: of templates; duplicates are acceptances beyond the first of (sender, recipient,
    template).  free_form: accepted messages without a template.  first_at: epoch seconds.
    delivered, read: templates with this last status in a webhook that we answered with a 2xx.
    answered, refused: contacts whose message, or opt-out, we answered with a 2xx, each once.
    """

    accepted: int
    recipients: int
    duplicates: int
    first_at: float | None
    delivered: int = 0
    read: int = 0
    free_form: int = 0
    answered: int = 0
    refused: int = 0

    def is_matched_by(self, campaign: Campaign) -> bool:
        """Whether the campaign counts every webhook that we answered."""
        counts = campaign["counts"]
        ours = (counts["delivered"], counts["read"], campaign["replied"], campaign["opted_out"])
        return ours == (self.delivered, self.read, self.answered, self.refused)


def count_journal(records: Sequence[JournalRecord]) -> ProviderTotals:
    accepted = [
        record for record in records if isinstance(record, RequestRecord) and record.outcome is Outcome.ACCEPTED
    ]
    templates = [record for record in accepted if record.template is not None]
    sends = Counter((record.sender, record.to, record.template) for record in templates)
    messages_by_status, template_ids = _find_messages_by_status(records), {record.message_id for record in templates}
    read = messages_by_status["read"] & template_ids
    inbound = [record for record in records if isinstance(record, InboundRecord) and _is_received(record)]
    return ProviderTotals(
        accepted=len(templates),
        recipients=len({record.to for record in templates}),
        duplicates=sum(sends.values()) - len(sends),
        first_at=min((record.at for record in templates), default=None),
        delivered=len((messages_by_status["delivered"] & template_ids) - read),
        read=len(read),
        free_form=len(accepted) - len(templates),
        answered=len({record.sender for record in inbound}),
        refused=len({record.sender for record in inbound if record.text == REFUSAL}),
    )


def _find_messages_by_status(records: Iterable[JournalRecord]) -> Mapping[str, set[str]]:
    """Status → ids of the messages for which we received a genuine webhook with it."""
    messages: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        if isinstance(record, CallbackRecord) and _is_received(record):
            messages[record.status].add(record.message_id)
    return messages


def _is_received(record: CallbackRecord | InboundRecord) -> bool:
    return not record.forged and record.http_status in SUCCESSES


def has_balanced_counts(counts: Mapping[str, int]) -> bool:
    return sum(counts.get(state, 0) for state in STATES) == counts["total"]


def is_balanced(intake: Intake, counts: Mapping[str, int]) -> bool:
    """Whether no contact was lost between the file and the end of the campaign."""
    return intake.is_balanced and has_balanced_counts(counts) and counts["total"] == intake.admitted


def find_problems(intake: Intake, campaign: Campaign, provider: ProviderTotals) -> Sequence[str]:
    """A sentence for each sum that does not hold; empty is success."""
    return list(_iterate_problems(intake, campaign, provider))


def _iterate_problems(intake: Intake, campaign: Campaign, provider: ProviderTotals) -> Iterable[str]:
    counts, state = campaign["counts"], campaign["state"]
    total, least, most = counts["total"], _sum(counts, TAKEN), _sum(counts, PERHAPS_TAKEN)
    if not intake.is_balanced:
        parts = intake.admitted + intake.rejected + intake.duplicates
        yield f"{intake.received} rows were received, and verdicts given on {parts}."
    if not has_balanced_counts(counts):
        yield f"The states add up to {_sum(counts, STATES)}, the campaign has {total} contacts."
    if total != intake.admitted:
        yield f"{intake.admitted} contacts were admitted, the campaign has {total}."
    if state != "finished":
        yield f"The campaign is {state}, not finished."
    if provider.duplicates:
        yield f"The provider accepted {provider.duplicates} messages to contacts for whom it had accepted one before."
    if not least <= provider.recipients <= most:
        yield (
            f"The provider accepted messages to {provider.recipients} contacts, we count between {least} and {most}."
        )
    if not provider.is_matched_by(campaign):
        yield (
            f"The provider reported {provider.read} read, {provider.delivered} delivered, {provider.answered} who answered "
            f"and {provider.refused} who refused; we count {counts['read']}, {counts['delivered']}, "
            f"{campaign['replied']} and {campaign['opted_out']}."
        )


def _sum(counts: Mapping[str, int], states: Iterable[str]) -> int:
    return sum(counts.get(state, 0) for state in states)
