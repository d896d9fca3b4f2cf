"""The status webhooks of a message, and their accidents: copies, forgeries, reversed order, delay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workers.simulator.contacts import StatusStep
from workers.simulator.http_values import WebhookRequest
from workers.simulator.journal import CallbackRecord
from workers.simulator.messages import Message
from workers.simulator.random_source import draw_between, draw_bool
from workers.simulator.script import Script
from workers.simulator.webhook_sequence import WebhookSequence


@dataclass(slots=True, kw_only=True)
class StatusSequence(WebhookSequence[StatusStep]):
    """All statuses of one message. *Effects* (apply): updates the message's status."""

    message: Message

    @property
    def kind(self) -> str:
        return self.step.status

    def apply(self, at_us: int) -> None:
        self.message.update_status(self.step.status, self.step.code, at_us)

    def build_request(self, _at_us: int, /) -> WebhookRequest:
        return self.dialect.build_status_webhook(self.message, self.target, self.step)

    def build_record(self, at: float, http_status: int | None) -> CallbackRecord:
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
    """One webhook for a step. place: the step's place in its sequence."""

    place: int
    after_s: float
    forged: bool = False


def plan_copies(pauses: Sequence[float], script: Script, *about: str | int) -> Iterator[Copy]:
    """One copy of each step, and those that the script's probabilities add.

    pauses: before each step.  about: the key of the draws.
    """
    plan, seed = script.callbacks, script.seed
    for place, pause_s in enumerate(pauses):
        after_s = pause_s
        if draw_bool(plan.bad_signature, seed, "forged", *about, place):
            yield Copy(place, after_s, forged=True)
            after_s = 0.0  # the forgery has taken the pause
        yield Copy(place, after_s)
        if draw_bool(plan.duplicate, seed, "duplicate", *about, place):
            yield Copy(place, 0.0)


def add_accidents(steps: Sequence[StatusStep], script: Script, ordinal: int) -> tuple[StatusStep, ...]:
    """The statuses as they are sent. ordinal: the request's number, the key of the draws."""
    plan, seed = script.callbacks, script.seed
    if draw_bool(plan.reorder, seed, "reorder", ordinal):
        steps = _reverse(steps)
    if plan.bad_signature or plan.duplicate:
        copies = plan_copies([step.after_s for step in steps], script, ordinal)
        steps = [replace(steps[copy.place], after_s=copy.after_s, forged=copy.forged) for copy in copies]
    late_s = draw_between(plan.late_ms, seed, "late", ordinal) / 1_000
    return (replace(steps[0], after_s=steps[0].after_s + late_s), *steps[1:]) if late_s else tuple(steps)


def _reverse(steps: Sequence[StatusStep]) -> list[StatusStep]:
    """The last status first; the pauses stay where they are."""
    pauses = (step.after_s for step in steps)
    return [replace(step, after_s=after_s) for step, after_s in zip(reversed(steps), pauses, strict=True)]
