"""The contacts: what becomes of a message once the provider has it. Owns fates, not the callbacks that report them."""

from dataclasses import dataclass

from workers.simulator.dice import happens, within
from workers.simulator.script import Habits, Script


@dataclass(frozen=True, slots=True)
class Step:
    """One status to come. after_s: since the step before. forged: signed with a secret that is not the account's."""

    status: str
    after_s: float
    code: str | None = None
    forged: bool = False


class ContactBook:
    """Everybody, invented on demand: a fate is a pure function of (seed, number) and the script's habits."""

    def __init__(self, script: Script) -> None:
        self._seed = script.seed
        self._default = script.contacts.default
        self._known = {number: self._default.but(own) for number, own in script.contacts.numbers.items()}
        self._absent = script.not_on_whatsapp

    def fate(self, number: str, absent_code: str) -> tuple[Step, ...]:
        """The statuses of any message to this number, in order. absent_code: what the provider calls "not there"."""
        habits = self._known.get(number, self._default)
        if habits.fails_with is not None:
            return (self._step(habits, number, habits.fails_as, habits.fails_with),)
        if number in self._absent:
            return (self._step(habits, number, "undelivered", absent_code),)
        return tuple(self._step(habits, number, status) for status in self._statuses(habits, number))

    def failure(self, number: str, code: str) -> tuple[Step, ...]:
        """The statuses of a message that the provider itself gives up."""
        return (self._step(self._known.get(number, self._default), number, "failed", code),)

    def _statuses(self, habits: Habits, number: str) -> list[str]:
        statuses = ["sent"]
        if happens(habits.delivered, self._seed, "delivered", number):
            statuses.append("delivered")
            if happens(habits.read, self._seed, "read", number):
                statuses.append("read")
        return statuses

    def _step(self, habits: Habits, number: str, status: str, code: str | None = None) -> Step:
        return Step(status, within(habits.delay_ms, self._seed, "delay", number, status) / 1_000, code)
