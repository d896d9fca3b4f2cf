"""Codes: the meaning of a provider's answer for a job. Owns the shape of a dialect's tables and the rules that all dialects
share; the rows are each dialect's own (`codes` in its package).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from shared.ground.errors import BY_DISPOSITION, Again, Disposition, OutcomeUnknown, SendError
from shared.ground.http import HttpResponse, retry_after_s
from shared.providers.words import redact_words

UNKNOWN_CODE: Final = "unknown code"
UNCODED: Final = "none"  # the code of a failure to which the provider gives no code
UNCONFIRMED: Final = "success without a message id; it may have been accepted"
_CLIENT_ERRORS: Final = range(400, 500)


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a table.

    code: the provider's own code, or `http-<status>`.  gloss: one sentence for the report.
    source: address of the page that explains the code.  The other fields: as in SendError; `words` only in an answer's row.
    """

    code: str
    gloss: str
    disposition: Disposition
    again: Again
    source: str
    throttles: bool = False
    closes_window: bool = False
    scope: str = "all"
    wait_s: float = 0.0
    may_concern_all: bool = False
    words: str = ""

    def to_error(self, retry_after_s: float | None = None) -> SendError:
        return BY_DISPOSITION[self.disposition](
            self.code,
            self.gloss,
            self.again,
            self.throttles,
            retry_after_s,
            self.closes_window,
            self.scope,
            self.wait_s,
            self.may_concern_all,
            self.words,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Makes rows that cite one page. url: `{code}` in it is replaced by the row's code.

    Each method is named for the consequence of the code.
    """

    url: str

    def refuse(self, code: str, gloss: str, again: Again = Again.NEVER, *, closes_window: bool = False) -> Code:
        """Permanent for this content or account, as far as is known: a campaign in which everybody gets it pauses."""
        row = self._make(code, gloss, Disposition.REFUSED, again)
        return replace(row, closes_window=closes_window, may_concern_all=True)

    def refuse_contact(self, code: str, gloss: str, again: Again = Again.NEVER) -> Code:
        """Permanent for this recipient. It says nothing about the others, so it never pauses a campaign."""
        return self._make(code, gloss, Disposition.REFUSED, again)

    def suppress(self, code: str, gloss: str, scope: str = "all") -> Code:
        """The contact refused us. scope: everything, or a template category."""
        return replace(self._make(code, gloss, Disposition.SUPPRESS), scope=scope)

    def retry(self, code: str, gloss: str, wait_s: float = 0.0) -> Code:
        """Provably not accepted, and the cause passes by itself. wait_s: of this job, not of the whole sender.

        An answer like this costs nobody anything. A status like this is a failure, and everybody may get it.
        """
        return replace(self.retry_contact(code, gloss, wait_s), may_concern_all=True)

    def retry_contact(self, code: str, gloss: str, wait_s: float = 0.0) -> Code:
        """As `retry`, for a cause that says nothing about the other contacts, so it never pauses a campaign."""
        return replace(self._make(code, gloss, Disposition.NOT_ACCEPTED, Again.BACK_OFF), wait_s=wait_s)

    def slow_down(self, code: str, gloss: str, again: Again = Again.BACK_OFF) -> Code:
        """As `retry`, and the whole sender slows down. That is its cure, so it pauses no campaign."""
        return replace(self._make(code, gloss, Disposition.NOT_ACCEPTED, again), throttles=True)

    def doubt(self, code: str, gloss: str) -> Code:
        """The message may have been accepted. Where everybody gets it, a campaign pauses: none of them is sent again."""
        return replace(self.ignore(code, gloss), may_concern_all=True)

    def ignore(self, code: str, gloss: str) -> Code:
        """A code about something else than the message: it proves nothing, and says nothing about the next message."""
        return self._make(code, gloss, Disposition.UNKNOWN)

    def stop_campaign(self, code: str, gloss: str) -> Code:
        """The template cannot be used until a person has acted."""
        return self._make(code, gloss, Disposition.TEMPLATE_UNUSABLE)

    def stop_sender(self, code: str, gloss: str) -> Code:
        """The number or its account cannot be used until a person has acted."""
        return self._make(code, gloss, Disposition.SENDER_UNUSABLE)

    def _make(self, code: str, gloss: str, disposition: Disposition, again: Again = Again.NEVER) -> Code:
        return Code(code, gloss, disposition, again, self.url.replace("{code}", code))


HTTP: Final = Page("https://www.rfc-editor.org/rfc/rfc9110#section-15")
# Wavy became Sinch, and is the channel behind Hey: both report the same codes.
SINCH: Final = Page("https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api")
COURIER: Final = Page(
    "https://github.com/nyaruka/courier/blob/350e935007fd7e7cab689feee5ce97e326d49099/handlers/wavy/handler.go"
)


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def index_rows(rows: Iterable[Code]) -> Mapping[str, Code]:
    """Code → row, in the order of the rows."""
    return MappingProxyType({row.code: row for row in rows})


_NO_ROWS: Final = index_rows(())


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A provider's tables.

    rows: by the provider's own code.  statuses: by `http-<status>`, for answers without a code.
    unsendable: refusals of ours, before any request.
    refuses_unlisted: whether a 4xx outside `statuses` is a refusal. 408, 3xx and 5xx never prove anything, since a POST is
    not idempotent: the message may have been accepted before the answer went wrong.
    """

    rows: Mapping[str, Code]
    statuses: Mapping[str, Code]
    unsendable: Mapping[str, Code] = field(default_factory=lambda: _NO_ROWS)
    refuses_unlisted: bool = True

    def judge_status(self, status: int) -> Code:
        """The row of an HTTP status. Total on integers."""
        code = f"http-{status}"
        is_clients = status in _CLIENT_ERRORS and status != HTTPStatus.REQUEST_TIMEOUT
        is_refusal = self.refuses_unlisted and is_clients
        unlisted = HTTP.refuse(code, UNKNOWN_CODE) if is_refusal else HTTP.doubt(code, "an answer that proves nothing")
        return self.statuses.get(code, unlisted)

    def judge(self, status: int, code: str | None, words: str = "") -> Code:
        """The row of an answer. The provider's code decides, within the bounds of the HTTP status: 429 always throttles,
        and 5xx never proves anything. An unknown code has the status's meaning.

        words: the provider's sentence, as it came.
        """
        return replace(self._judge(status, code), words=redact_words(words))

    def _judge(self, status: int, code: str | None) -> Code:
        by_status = self.judge_status(status)
        if code is None:
            return by_status
        row = self.rows.get(code, replace(by_status, code=code))
        if by_status.throttles:
            agrees = row.disposition is Disposition.NOT_ACCEPTED
            return replace(row, throttles=True) if agrees else replace(by_status, code=code)
        if by_status.disposition is Disposition.UNKNOWN:
            return replace(row, disposition=Disposition.UNKNOWN, again=Again.NEVER, may_concern_all=True)
        return row

    def explain_failure(self, code: str | None, words: str = "") -> SendError:
        """The error of a message that has failed by the provider's own word. code: None where the provider gives none.

        words: the provider's sentence, as it came. A code that would leave an answer in doubt is a failure here.
        """
        gloss = "failed without a code" if code is None else UNKNOWN_CODE
        unlisted = HTTP.refuse(code or UNCODED, gloss)
        row = self.rows.get(code or UNCODED, unlisted)
        if row.disposition is Disposition.UNKNOWN:
            row = replace(row, disposition=Disposition.REFUSED)
        return replace(row, words=redact_words(words)).to_error()


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Judge = Callable[[HttpResponse], Code]


def require_success(response: HttpResponse, judge: Judge) -> None:
    """*Raises*: the leaf of SendError that `judge` names, with the delay that the answer asks for."""
    if not response.is_success:
        raise judge(response).to_error(retry_after_s(response))


def require_answer(response: HttpResponse, judge: Judge, gloss: str | None = None) -> None:
    """As `require_success`, for a question that precedes any message, so never OutcomeUnknown: an answer that would prove
    nothing about a message proves here that none was accepted. gloss: of the error in that case.
    """
    if response.is_success:
        return
    row = judge(response)
    if row.disposition is Disposition.UNKNOWN:
        row = replace(row, gloss=gloss or row.gloss, disposition=Disposition.NOT_ACCEPTED, again=Again.BACK_OFF)
    raise row.to_error(retry_after_s(response))


def make_doubt(response: HttpResponse, gloss: str) -> OutcomeUnknown:
    """The error for a success whose body cannot be used. Where everybody gets it, a campaign pauses."""
    return OutcomeUnknown(f"http-{response.status}", gloss, may_concern_all=True)
