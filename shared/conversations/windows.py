"""Windows: whether a contact may be written to in free form now, until when, and why not. Pure.

`rules` judges; this is its judgement as people and programs read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.people.consent.model import Records
from shared.people.sessions.model import Received, Session
from shared.rules.judge import judge
from shared.rules.question import ReplyQuestion
from shared.rules.verdict import Allowed, Reason
from shared.rules.window import free_form_until


@dataclass(frozen=True, slots=True)
class Window:
    """expires_at, left, reply_until: None if the window is closed. reply_until: the end of `left`, minus the margin.

    held_by: who else holds the thread and answers, None where it is us.

    reason: why no reply would be accepted now, None if one would be. messages: received inside the open window, oldest
    first.
    """

    is_open: bool
    expires_at: datetime | None
    left: timedelta | None
    reply_until: datetime | None
    reason: Reason | None
    last_inbound_at: datetime | None
    messages: Sequence[Received]
    held_by: str | None = None

    @property
    def may_reply(self) -> bool:
        return self.reason is None


def window_of(session: Session, records: Records, margin: timedelta) -> Window:
    """records: the contact's consents. margin: before the window's end, in which no reply is accepted any more."""
    verdict = judge(ReplyQuestion(records, session, margin))
    expires_at = session.expires_at if session.is_open else None
    return Window(
        is_open=session.is_open,
        expires_at=expires_at,
        left=None if expires_at is None else expires_at - session.asked_at,
        reply_until=free_form_until(session, margin) if session.is_open else None,
        reason=None if isinstance(verdict, Allowed) else verdict.reason,
        last_inbound_at=session.last_inbound_at,
        messages=session.messages if session.is_open else (),
        held_by=session.holder or None,
    )
