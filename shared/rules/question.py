"""Everything a rule may look at, by the kind of message. Values; the caller reads them from the stores."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ground.values import value
from shared.people.consent.model import Records
from shared.people.sessions.model import Session


@value(frozen=True, slots=True)
class TemplateQuestion:
    """May a template be sent at `now`? category: the template's, None where it is not certain: then any refusal counts, and
    only an agreement to everything does. send_at: None without a time of its own. deadline_at: the campaign's, or None.
    """

    records: Records
    category: str | None
    require_opt_in: bool
    now: datetime
    send_at: datetime | None = None
    deadline_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReplyQuestion:
    """May something free-form be sent? Now is `session.asked_at`, on the store's clock.

    margin: how long before the window's end nothing is taken any more.
    """

    records: Records
    session: Session
    margin: timedelta


@dataclass(frozen=True, slots=True)
class ConfirmationQuestion:
    """May an opt-out be confirmed? Free form, but exempt from the refusal that it confirms."""

    session: Session
    margin: timedelta


Question = TemplateQuestion | ReplyQuestion | ConfirmationQuestion
