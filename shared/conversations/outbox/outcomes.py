"""The outcome of an error or a rule, in the outbox's words: whether the message ends, waits in its line, or aside. Pure."""

from datetime import datetime, timedelta

from shared.conversations.outbox.model import OutgoingMessage
from shared.conversations.outbox.store import Settled, Word
from shared.ground.errors import SendError
from shared.ground.outcomes import Fate, outcome_of
from shared.rules.verdict import Later

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
    elif due is not None:
        word = _word_of_wait(message, due, now)
    return Settled(word, now, code=outcome.code, reason=outcome.reason, due=due)


def settled_by_rule(message: OutgoingMessage, later: Later, now: datetime) -> Settled:
    """A rule asks for a later time: until then the message waits, and its record says why."""
    return Settled(_word_of_wait(message, later.until, now), now, reason=later.reason.value, due=later.until)


def _word_of_wait(message: OutgoingMessage, due: datetime, now: datetime) -> Word:
    return Word.ASIDE if due - now > ASIDE_AFTER and not message.needs_window else Word.DEFER
