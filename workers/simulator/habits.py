"""The contacts' habits, as the script has them: whether messages arrive and are read, and the replies. Owns no chance."""

from typing import Literal, Self

from pydantic import Field, model_validator

from workers.simulator.inbound_content import ScriptedReply
from workers.simulator.schema import Address, Code, Probability, Span, StrictModel, UserId

_ROUNDING = 1e-9  # of shares such as 0.1 + 0.2 + 0.7


class Habits(StrictModel):
    """How a contact treats a message.

    delivered: probability that a sent message arrives.  read: probability that an arrived message is read.
    delay_ms: between any two statuses.  fails_with: every message ends with this code, with the status `fails_as`.
    answers: replies to a template that has arrived. With shares, at most one of them is drawn; without shares, all of
    them follow in order. A contact does not reply to free-form messages: two automatic writers would never stop.
    """

    delivered: Probability = 1.0
    read: Probability = 1.0
    delay_ms: Span = (100, 1_000)
    fails_with: Code | None = None
    fails_as: Literal["failed", "undelivered"] = "undelivered"
    answers: tuple[ScriptedReply, ...] = ()
    profile_name: str | None = None
    bsuid: UserId | None = None

    @model_validator(mode="after")
    def _check_shares(self) -> Self:
        shares = [reply.share for reply in self.answers if reply.share is not None]
        if shares and len(shares) < len(self.answers):
            raise ValueError("answers: either all have a share, or none has")
        if sum(shares) > 1 + _ROUNDING:
            raise ValueError("answers: the shares are more than the whole")
        return self

    def override(self, exceptions: "Habits") -> "Habits":
        """These habits with every field that `exceptions` sets."""
        return self.model_copy(update={name: getattr(exceptions, name) for name in exceptions.model_fields_set})


class Contacts(StrictModel):
    """numbers: the fields that differ from `default`, by address."""

    default: Habits = Habits()
    numbers: dict[Address, Habits] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_default(self) -> Self:
        if self.default.bsuid is not None:
            raise ValueError("default: a bsuid is one contact's own")
        return self
