"""The contacts: what becomes of a message once the provider has it, and what they answer.

Owns fates, not the callbacks that report them.
"""

from dataclasses import dataclass

from workers.simulator.dice import happens, roll, within
from workers.simulator.script import Habits, Script
from workers.simulator.speech import Answer

ARRIVED = frozenset({"delivered", "read"})


@dataclass(frozen=True, slots=True)
class Step:
    """One status to come. after_s: since the step before. forged: signed with a secret that is not the account's."""

    status: str
    after_s: float
    code: str | None = None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Intention:
    """Something that a contact will say. after_s: since what it did before."""

    answer: Answer
    after_s: float


class ContactBook:
    """Everybody, invented on demand: a fate is a pure function of (seed, number) and the script's habits.

    number: any address; a contact that the script gives a bsuid goes by either.
    """

    def __init__(self, script: Script) -> None:
        self._seed = script.seed
        self._default = script.contacts.default
        self._known = {number: self._default.but(own) for number, own in script.contacts.numbers.items()}
        self._known |= {habits.bsuid: habits for habits in self._known.values() if habits.bsuid is not None}
        self._absent = script.not_on_whatsapp
        self.may_answer = any(habits.answers for habits in (self._default, *self._known.values()))

    def fate(self, number: str, absent_code: str) -> tuple[Step, ...]:
        """The statuses of any message to this number, in order. absent_code: what the provider calls "not there"."""
        habits = self.habits(number)
        if habits.fails_with is not None:
            return (self._step(habits, number, habits.fails_as, habits.fails_with),)
        if number in self._absent:
            return (self._step(habits, number, "undelivered", absent_code),)
        return tuple(self._step(habits, number, status) for status in self._statuses(habits, number))

    def failure(self, number: str, code: str) -> tuple[Step, ...]:
        """The statuses of a message that the provider itself gives up."""
        return (self._step(self.habits(number), number, "failed", code),)

    def habits(self, number: str) -> Habits:
        return self._known.get(number, self._default)

    def intentions(self, number: str) -> tuple[Intention, ...]:
        """What this contact says to any template that has reached it, in order; mostly nothing."""
        answers = self.habits(number).answers
        if not answers:
            return ()
        if answers[0].share is not None:
            answers = self._drawn(answers, number)
        return tuple(
            Intention(answer, within(answer.after_ms, self._seed, "answer delay", number, place) / 1_000)
            for place, answer in enumerate(answers)
        )

    def _drawn(self, answers: tuple[Answer, ...], number: str) -> tuple[Answer, ...]:
        """One of them, or none: each share is a stretch of [0, 1), and the roll falls into one of them or behind all."""
        left = roll(self._seed, "answer", number)
        for answer in answers:
            left -= answer.share or 0.0
            if left < 0:
                return (answer,)
        return ()

    def _statuses(self, habits: Habits, number: str) -> list[str]:
        statuses = ["sent"]
        if happens(habits.delivered, self._seed, "delivered", number):
            statuses.append("delivered")
            if happens(habits.read, self._seed, "read", number):
                statuses.append("read")
        return statuses

    def _step(self, habits: Habits, number: str, status: str, code: str | None = None) -> Step:
        return Step(status, within(habits.delay_ms, self._seed, "delay", number, status) / 1_000, code)
