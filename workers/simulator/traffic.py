"""The traffic in numbers: outcomes, acceptances a second, duplicates, webhooks. In memory; the journal keeps the lines."""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

NowUs = Callable[[], int]
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


def make_steady_clock() -> NowUs:
    """Microseconds since the epoch that never step back: the wall clock once, the monotonic clock from then on."""
    offset_ns = time.time_ns() - time.monotonic_ns()
    return lambda: (offset_ns + time.monotonic_ns()) // 1_000


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    CUT = "cut"


class SlidingSecond:
    """Counts instants, and the most in any one second. Exact: a second may begin at any microsecond.

    Two instants exactly one second apart never share a second.
    """

    def __init__(self) -> None:
        self._instants: deque[int] = deque()
        self.most = 0

    def count(self, at_us: int) -> int:
        """The number of instants in the second that ends at `at_us`. Instants never go back."""
        instants = self._instants
        while instants and instants[0] <= at_us - SECOND_US:
            instants.popleft()
        return len(instants)

    def add(self, at_us: int) -> None:
        self._instants.append(at_us)
        self.most = max(self.most, self.count(at_us))


@dataclass(slots=True)
class SenderTraffic:
    accepted: int = 0
    second: SlidingSecond = field(default_factory=SlidingSecond)


@dataclass(slots=True)
class WebhookTally:
    """Webhooks of one kind: statuses, contacts' messages or news.

    pending: to come, or still being repeated.  attempted: at least once.  answered: with a 2xx, also by kind.
    failed: given up.  forged: counted in none of the others.
    """

    pending: int = 0
    attempted: int = 0
    answered: int = 0
    failed: int = 0
    forged: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)


class Tally:
    """The counters since the start, or since the last reset."""

    def __init__(self) -> None:
        self.requests = 0
        self.unanswered = 0
        self.callbacks = WebhookTally()
        self.inbound = WebhookTally()
        self.news = WebhookTally()
        self._outcomes: Counter[Outcome] = Counter()
        self._by_code: Counter[str] = Counter()
        self._duplicates = 0
        self._recipients: set[str] = set()
        self._recipients_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._senders: defaultdict[str, SenderTraffic] = defaultdict(SenderTraffic)
        self._second = SlidingSecond()
        self._first_us: int | None = None
        self._last_us: int | None = None

    def count_last_second(self, sender: str, at_us: int) -> int:
        """Acceptances of one sender in the second that ends at `at_us`."""
        return self._senders[sender].second.count(at_us)

    def count(self, outcome: Outcome, code: str | None) -> None:
        self.requests += 1
        self._outcomes[outcome] += 1
        if code is not None:
            self._by_code[code] += 1

    def accept(self, at_us: int, sender: str, to: str, template: str | None) -> None:
        """Counts an acceptance; call `count` too. template: None for a free-form message, which is never a duplicate."""
        if template is not None:
            recipients = self._recipients_of[sender, template]
            self._duplicates += to in recipients
            recipients.add(to)
        self._recipients.add(to)
        traffic = self._senders[sender]
        traffic.accepted += 1
        traffic.second.add(at_us)
        self._second.add(at_us)
        self._first_us = at_us if self._first_us is None else self._first_us
        self._last_us = at_us

    def summarize(self) -> dict[str, object]:
        """*Shape*: instants in epoch seconds; duplicates: acceptances beyond the first of (sender, to, template).

        unanswered: acceptances whose response did not reach the client.  pending: all webhooks to come; once it is 0,
        no webhook follows unless the client sends or an operator commands one.
        """
        return {
            "requests": self.requests,
            **{outcome.value: self._outcomes[outcome] for outcome in Outcome},
            "unanswered": self.unanswered,
            "duplicates": self._duplicates,
            "recipients": len(self._recipients),
            "first_accepted_at": _convert_to_seconds(self._first_us),
            "last_accepted_at": _convert_to_seconds(self._last_us),
            "max_accepted_in_one_second": self._second.most,
            "senders": {
                sender: {"accepted": traffic.accepted, "max_accepted_in_one_second": traffic.second.most}
                for sender, traffic in self._senders.items()
            },
            "pending": self.callbacks.pending + self.inbound.pending + self.news.pending,
            "callbacks": _summarize_callbacks(self.callbacks),
            "inbound": _summarize_inbound(self.inbound),
            "by_code": dict(self._by_code),
        }


def _summarize_callbacks(tally: WebhookTally) -> dict[str, object]:
    return {
        "pending": tally.pending,
        "sent": tally.answered,
        "failed": tally.failed,
        "forged": tally.forged,
        "by_status": dict(tally.by_kind),
    }


def _summarize_inbound(tally: WebhookTally) -> dict[str, object]:
    return {
        "pending": tally.pending,
        "sent": tally.attempted,
        "answered": tally.answered,
        "failed": tally.failed,
        "forged": tally.forged,
        "by_content": dict(tally.by_kind),
    }


def _convert_to_seconds(at_us: int | None) -> float | None:
    return None if at_us is None else at_us / SECOND_US
