"""The outcome of an error, in the outbox's words: whether the message ends, waits in its line, or waits aside. Pure."""

from datetime import datetime, timedelta

from shared.conversations.outbox.model import OutgoingMessage
from shared.conversations.outbox.store import Settled, Word
from shared.ground.errors import SendError
from shared.ground.outcomes import Fate, outcome_of

ASIDE_AFTER = timedelta(minutes=1)  # the longest that a template's wait may hold up the replies behind it
MAX_DELAY = timedelta(hours=48)  # after its order, what a template says may be wrong: a day's limit is waited for once

WORDS = {
    Fate.FAILED: Word.FAILED,
    Fate.SUPPRESSED: Word.FAILED,
    Fate.DEFERRED: Word.DEFER,
    Fate.UNCONFIRMED: Word.UNKNOWN,
    Fate.RETURNED: Word.FAILED,  # no campaign would pause, and nobody would resume a single message
}


def settled_of(
    message: OutgoingMessage, error: SendError, now: datetime, last_chance: datetime, chance: float
) -> Settled:
    """last_chance: from then on it is too late for the message. chance: 0 … 1, spreads those who are deferred together."""
    outcome = outcome_of(error, now, chance)
    word, due = WORDS[outcome.fate], outcome.due
    if due is not None and due >= last_chance:
        word, due = Word.FAILED, None
    elif due is not None and due - now > ASIDE_AFTER and not message.needs_window:
        word = Word.ASIDE
    return Settled(word, now, code=outcome.code, reason=outcome.reason, due=due)
