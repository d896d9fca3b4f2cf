"""Webhooks about one subject, which follow each other in order: a message's statuses, a contact's messages, news.

Owns the state of a sequence. The dispatcher owns the waiting; the subclasses own the contents.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from workers.simulator.dialect import Dialect
from workers.simulator.http_client import PostResult
from workers.simulator.http_values import WebhookRequest
from workers.simulator.journal import JournalRecord
from workers.simulator.messages import WebhookTarget
from workers.simulator.traffic import WebhookTally


class WebhookStep(Protocol):
    """after_s: since the step before.  forged: signed with a secret that is not the account's."""

    @property
    def after_s(self) -> float: ...

    @property
    def forged(self) -> bool: ...


StepT_co = TypeVar("StepT_co", bound=WebhookStep, covariant=True)


@dataclass(slots=True, kw_only=True)
class WebhookSequence(ABC, Generic[StepT_co]):
    """Webhooks about one subject; each step waits for the step before it.

    steps: all webhooks, in order.  position: of the next step.  attempt: of that step, from 1.
    generation: a reset of the dispatcher ends the sequences of earlier generations.
    first_result: resolved after the first attempt at the first genuine step; None if no caller waits for it.
    """

    dialect: Dialect
    target: WebhookTarget
    steps: Sequence[StepT_co]
    tally: WebhookTally
    position: int = 0
    attempt: int = 1
    generation: int = 0
    first_result: asyncio.Future[PostResult] | None = field(default=None, repr=False)

    @property
    def step(self) -> StepT_co:
        return self.steps[self.position]

    @property
    @abstractmethod
    def kind(self) -> str:
        """The step's kind, by which the tally counts."""

    @abstractmethod
    def apply(self, at_us: int) -> None:
        """Make the step's content true in the memory, just before its first attempt. *Effects*: once, if called again."""

    @abstractmethod
    def build_request(self, at_us: int, /) -> WebhookRequest:
        """The step as a request. at_us: now."""

    @abstractmethod
    def build_record(self, at: float, http_status: int | None) -> JournalRecord:
        """The journal's record of one attempt at the step."""

    def resolve_first_result(self, result: PostResult) -> None:
        if self.first_result is not None and not self.first_result.done():
            self.first_result.set_result(result)

    def may_repeat(self, result: PostResult) -> bool:
        """Whether the target's retry policy asks for another attempt. A forgery is never repeated."""
        outcome = result.failure or f"{(result.http_status or 0) // 100}xx"
        return outcome in self.target.retry_on and self.attempt <= self.target.retries and not self.step.forged

    def count(self, result: PostResult) -> None:
        """Count the step's last attempt."""
        if self.step.forged:
            self.tally.forged += 1
            return
        self.tally.pending -= 1
        if result.http_status is not None and result.http_status // 100 == 2:  # noqa: PLR2004 (the class of successes)
            self.tally.answered += 1
            self.tally.by_kind[self.kind] += 1
        else:
            self.tally.failed += 1


AnySequence = WebhookSequence[WebhookStep]
