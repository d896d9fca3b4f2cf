"""A message's statuses as they will really be told, and the accidents on the way. Fates come from contacts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workers.simulator.contacts import Step
from workers.simulator.courier import Chain
from workers.simulator.dice import happens, within
from workers.simulator.journal import CallbackRecord
from workers.simulator.messages import Message
from workers.simulator.provider import Callback
from workers.simulator.script import Script


@dataclass(slots=True, kw_only=True)
class StatusChain(Chain[Step]):
    """All statuses of one message. *Effects* (happen): the message moves."""

    message: Message

    @property
    def kind(self) -> str:
        return self.step.status

    def happen(self, at_us: int) -> None:
        self.message.move(self.step.status, self.step.code, at_us)

    def callback(self, _at_us: int, /) -> Callback:
        return self.dialect.callback(self.message, self.target, self.step)

    def record(self, at: float, http_status: int | None) -> CallbackRecord:
        return CallbackRecord(
            at=at,
            provider=self.dialect.name,
            message_id=self.message.id,
            status=self.step.status,
            code=self.step.code,
            http_status=http_status,
            attempt=self.attempt,
            forged=self.step.forged,
        )


@dataclass(frozen=True, slots=True)
class Copy:
    """What is really sent for one step. place: the step's."""

    place: int
    after_s: float
    forged: bool = False


def copies(pauses: Sequence[float], script: Script, *about: str | int) -> Iterator[Copy]:
    """Each step once, but for chance. pauses: before each step.  about: what chance asks about."""
    plan, seed = script.callbacks, script.seed
    for place, pause_s in enumerate(pauses):
        after_s = pause_s
        if happens(plan.bad_signature, seed, "forged", *about, place):
            yield Copy(place, after_s, forged=True)
            after_s = 0.0  # the forgery has taken the pause
        yield Copy(place, after_s)
        if happens(plan.duplicate, seed, "duplicate", *about, place):
            yield Copy(place, 0.0)


def with_accidents(steps: Sequence[Step], script: Script, ordinal: int) -> tuple[Step, ...]:
    """The statuses as they will really be sent. ordinal: the request's number, which is what chance asks about."""
    plan, seed = script.callbacks, script.seed
    if happens(plan.reorder, seed, "reorder", ordinal):
        steps = _backwards(steps)
    if plan.bad_signature or plan.duplicate:
        told = copies([step.after_s for step in steps], script, ordinal)
        steps = [replace(steps[copy.place], after_s=copy.after_s, forged=copy.forged) for copy in told]
    late_s = within(plan.late_ms, seed, "late", ordinal) / 1_000
    return (replace(steps[0], after_s=steps[0].after_s + late_s), *steps[1:]) if late_s else tuple(steps)


def _backwards(steps: Sequence[Step]) -> list[Step]:
    """The last status first; the pauses stay where they are."""
    pauses = (step.after_s for step in steps)
    return [replace(step, after_s=after_s) for step, after_s in zip(reversed(steps), pauses, strict=True)]
