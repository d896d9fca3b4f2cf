"""Every error that Oriel raises on purpose. Owns the tree and no decision: adapters raise, use cases decide.

OrielError
├─ InputError            the caller's fault: 4xx, exit status 2
│  ├─ NotFound           404
│  ├─ Conflict           409: the present state forbids it
│  ├─ Gone               410: it was there
│  └─ TooLarge           413
├─ SendError             a provider's answer that is not a receipt; its class is its disposition
│  ├─ Refused            permanent for this recipient or content
│  ├─ Suppressed         the contact refused us: also recorded as consent
│  ├─ NotAccepted        provably not accepted: may be tried again
│  ├─ OutcomeUnknown     may have been accepted
│  ├─ TemplateUnusable   stops the campaign
│  └─ SenderUnusable     stops the sender
├─ WebhookRejected       signature or shape wrong; counted, answered, never queued
├─ ConfigurationError    the installation cannot run like this: exit status 2, says what to change
├─ OutOfSpace            a disk is full: exit status 1, since it passes
└─ BackendUnavailable    nothing was decided; the caller tries again
"""

import errno
from enum import StrEnum
from typing import ClassVar, Self

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class Disposition(StrEnum):
    """The consequence of a provider's answer for the job. One per leaf of SendError."""

    REFUSED = "refused"
    SUPPRESS = "suppress"
    NOT_ACCEPTED = "not_accepted"
    UNKNOWN = "unknown"
    TEMPLATE_UNUSABLE = "template_unusable"
    SENDER_UNUSABLE = "sender_unusable"


class Again(StrEnum):
    """When the same message may be tried again."""

    NOW = "now"
    BACK_OFF = "back_off"
    DAY_IF_REPEATED = "day_if_repeated"  # first as BACK_OFF; refused again, as NEXT_DAY
    NEXT_DAY = "next_day"
    NEVER = "never"


class OrielError(Exception):
    """Root of the tree."""


class InputError(OrielError):
    """The caller's fault. `code` is stable and machine-readable; `detail` is a sentence: what is wrong, what to do."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class NotFound(InputError):  # noqa: N818 (named like the HTTP status)
    status = 404


class Conflict(InputError):  # noqa: N818
    status = 409


class Gone(InputError):  # noqa: N818
    status = 410


class TooLarge(InputError):  # noqa: N818
    status = 413


class SendError(OrielError):
    """A provider's answer, or its absence, that is not a receipt.

    code: the provider's own code as text, or a transport code of ours (`connect`, `timeout`, `reset`, `http-503`).
    gloss: one sentence for the report, never with content or a number in it.
    throttles: the answer asks the sender to slow down. The job keeps its attempt.
    retry_after_s: the provider's `Retry-After`, in seconds.
    closes_window: the provider reports the contact's window as closed; our own session record is wrong then.
    scope: of a contact's refusal: `all`, or a template category.
    wait_s: seconds that only this job waits, because the limit is the contact's and not the sender's.
    may_concern_all: the cause may lie in the message or the account, so the next contact may be refused for it as well.
    words: the provider's own sentence, without numbers and quotations; empty where it says none.
    """

    disposition: ClassVar[Disposition]

    def __init__(
        self,
        code: str,
        gloss: str,
        again: Again = Again.NEVER,
        throttles: bool = False,
        retry_after_s: float | None = None,
        closes_window: bool = False,
        scope: str = "all",
        wait_s: float = 0.0,
        may_concern_all: bool = False,
        words: str = "",
    ) -> None:
        super().__init__(
            code, gloss, again, throttles, retry_after_s, closes_window, scope, wait_s, may_concern_all, words
        )
        self.code = code
        self.gloss = gloss
        self.again = again
        self.throttles = throttles
        self.retry_after_s = retry_after_s
        self.closes_window = closes_window
        self.scope = scope
        self.wait_s = wait_s
        self.may_concern_all = may_concern_all
        self.words = words

    def with_retry_after(self, seconds: float) -> Self:
        """The same error with another delay."""
        return type(self)(**(vars(self) | {"retry_after_s": seconds}))

    def __str__(self) -> str:
        return f"{self.code}: {self.gloss}"


class Refused(SendError):  # noqa: N818
    disposition = Disposition.REFUSED


class Suppressed(SendError):  # noqa: N818
    disposition = Disposition.SUPPRESS


class NotAccepted(SendError):  # noqa: N818
    disposition = Disposition.NOT_ACCEPTED


class OutcomeUnknown(SendError):  # noqa: N818
    disposition = Disposition.UNKNOWN


class TemplateUnusable(SendError):  # noqa: N818
    disposition = Disposition.TEMPLATE_UNUSABLE


class SenderUnusable(SendError):  # noqa: N818
    disposition = Disposition.SENDER_UNUSABLE


BY_DISPOSITION: dict[Disposition, type[SendError]] = {
    leaf.disposition: leaf
    for leaf in (Refused, Suppressed, NotAccepted, OutcomeUnknown, TemplateUnusable, SenderUnusable)
}


class WebhookRejected(OrielError):  # noqa: N818
    """The request is not the provider's, or is incomplete. reason: a metric label, as `missing` or `wrong`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConfigurationError(OrielError):
    """The installation cannot run like this. The text names the key to change and the place where it stands."""


class OutOfSpace(OrielError):  # noqa: N818
    """A disk or a quota is full. Nothing is wrong with the configuration; all goes on when there is space again."""


def explain_file_error(place: object, error: OSError) -> OrielError:
    """What an error of a file means for a start: a full disk passes, anything else is to be changed. place: the file."""
    if error.errno in NO_SPACE:
        return OutOfSpace(f"{place} cannot be written: the disk is full; make room, then start again")
    return ConfigurationError(f"{place} cannot be used: {error.strerror or type(error).__name__}")


class BackendUnavailable(OrielError):  # noqa: N818
    """The state store or the broker did not answer. Nothing was decided, nothing was sent."""
