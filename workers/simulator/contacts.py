"""The contacts: the statuses that a message to them will have, and their replies. Owns no webhook.

Every draw is a pure function of (seed, number) and the script's habits, so that no contact has to be stored.
"""

from dataclasses import dataclass

from workers.simulator.habits import Habits
from workers.simulator.inbound_content import ScriptedReply
from workers.simulator.random_source import draw_between, draw_bool, draw_unit
from workers.simulator.script import Script

ARRIVED = frozenset({"delivered", "read"})


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One status to come. after_s: since the step before.  forged: signed with a secret that is not the account's."""

    status: str
    after_s: float
    code: str | None = None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """A reply to come. after_s: since the contact's last status or reply."""

    content: ScriptedReply
    after_s: float


class ContactBook:
    """Every contact. number: any address; a contact that the script gives a bsuid goes by either."""

    def __init__(self, script: Script) -> None:
        self._seed = script.seed
        self._default = script.contacts.default
        self._exceptions = {number: self._default.override(own) for number, own in script.contacts.numbers.items()}
        self._exceptions |= {habits.bsuid: habits for habits in self._exceptions.values() if habits.bsuid is not None}
        self._absent = script.not_on_whatsapp
        self.may_reply = any(habits.answers for habits in (self._default, *self._exceptions.values()))

    def plan_statuses(self, number: str, absent_code: str) -> tuple[StatusStep, ...]:
        """The statuses of any message to this number, in order. absent_code: the provider's code for "no WhatsApp"."""
        habits = self.find_habits(number)
        if habits.fails_with is not None:
            return (self._make_step(habits, number, habits.fails_as, habits.fails_with),)
        if number in self._absent:
            return (self._make_step(habits, number, "undelivered", absent_code),)
        return tuple(self._make_step(habits, number, status) for status in self._draw_statuses(habits, number))

    def plan_failure(self, number: str, code: str) -> tuple[StatusStep, ...]:
        """The one status of a message that the provider itself gives up."""
        return (self._make_step(self.find_habits(number), number, "failed", code),)

    def find_habits(self, number: str) -> Habits:
        return self._exceptions.get(number, self._default)

    def plan_replies(self, number: str) -> tuple[PlannedReply, ...]:
        """This contact's replies to any template that has reached it, in order; mostly none."""
        replies = self.find_habits(number).answers
        if not replies:
            return ()
        if replies[0].share is not None:
            replies = self._draw_reply(replies, number)
        return tuple(
            PlannedReply(reply, draw_between(reply.after_ms, self._seed, "answer delay", number, place) / 1_000)
            for place, reply in enumerate(replies)
        )

    def _draw_reply(self, replies: tuple[ScriptedReply, ...], number: str) -> tuple[ScriptedReply, ...]:
        """At most one of them. Each share is a stretch of [0, 1); a draw behind all stretches is silence."""
        left = draw_unit(self._seed, "answer", number)
        for reply in replies:
            left -= reply.share or 0.0
            if left < 0:
                return (reply,)
        return ()

    def _draw_statuses(self, habits: Habits, number: str) -> list[str]:
        statuses = ["sent"]
        if draw_bool(habits.delivered, self._seed, "delivered", number):
            statuses.append("delivered")
            if draw_bool(habits.read, self._seed, "read", number):
                statuses.append("read")
        return statuses

    def _make_step(self, habits: Habits, number: str, status: str, code: str | None = None) -> StatusStep:
        after_s = draw_between(habits.delay_ms, self._seed, "delay", number, status) / 1_000
        return StatusStep(status, after_s, code)
