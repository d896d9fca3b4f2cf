"""A page of contacts, asked about one template: the judge's own answer, asked once for all contacts with records alike.

Without a refusal and without a `send_at`, every contact has the same times, so the names of the records decide.
Everything else goes to the judge. A property test compares the two.
"""

from collections.abc import Callable
from datetime import datetime

from shared.people.consent.model import ConsentKind, Records
from shared.rules.judge import judge
from shared.rules.question import TemplateQuestion
from shared.rules.verdict import Verdict

REFUSAL = f"{ConsentKind.OPT_OUT}:"


def template_judge(
    category: str | None, require_opt_in: bool, now: datetime, deadline_at: datetime | None = None
) -> Callable[[Records, datetime | None], Verdict]:
    """From a contact's records, and its row's `send_at`. The others: as in `TemplateQuestion`."""
    by_names: dict[tuple[str, ...], Verdict] = {}

    def judged(records: Records, send_at: datetime | None) -> Verdict:
        names = tuple(records)
        if send_at is None and (verdict := by_names.get(names)) is not None:
            return verdict
        verdict = judge(TemplateQuestion(records, category, require_opt_in, now, send_at, deadline_at))
        if send_at is None and not any(name.startswith(REFUSAL) for name in names):
            by_names[names] = verdict
        return verdict

    return judged
