"""How much came, how fast, how often twice: counters in memory. Owns no file; the journal keeps the lines."""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

NowUs = Callable[[], int]
SECOND_US = 1_000_000


def steady_clock() -> NowUs:
    """Microseconds since the epoch that never step back: the wall clock once, the monotonic clock from then on."""
    offset_ns = time.time_ns() - time.monotonic_ns()
    return lambda: (offset_ns + time.monotonic_ns()) // 1_000


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    CUT = "cut"


class SlidingSecond:
    """Instants of the last second, and the most there ever were in one. Exact: integers, and any second at all.

    Two instants exactly one second apart never share a second.
    """

    def __init__(self) -> None:
        self._instants: deque[int] = deque()
        self.most = 0

    def count(self, at_us: int) -> int:
        """How many instants the second that ends at `at_us` holds. Instants never go back."""
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
class PostTally:
    """What is told to the client. pending: to come, or still being repeated.  begun: tried at least once.

    answered: with a 2xx; by_kind, too.  failed: given up.  forged ones are in none of the others.
    """

    pending: int = 0
    begun: int = 0
    answered: int = 0
    failed: int = 0
    forged: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)


class Tally:
    """What the simulator has seen since it began, or since its last reset."""

    def __init__(self) -> None:
        self.requests = 0
        self.unanswered = 0
        self.callbacks = PostTally()
        self.inbound = PostTally()
        self.news = PostTally()
        self._outcomes: Counter[Outcome] = Counter()
        self._by_code: Counter[str] = Counter()
        self._duplicates = 0
        self._recipients: set[str] = set()
        self._written: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._senders: defaultdict[str, SenderTraffic] = defaultdict(SenderTraffic)
        self._second = SlidingSecond()
        self._first_us: int | None = None
        self._last_us: int | None = None

    def in_last_second(self, sender: str, at_us: int) -> int:
        """Acceptances of one sender in the second that ends at `at_us`."""
        return self._senders[sender].second.count(at_us)

    def count(self, outcome: Outcome, code: str | None) -> None:
        self.requests += 1
        self._outcomes[outcome] += 1
        if code is not None:
            self._by_code[code] += 1

    def accept(self, at_us: int, sender: str, to: str, template: str | None) -> None:
        """What only acceptances count; call `count` too. template: None for what may well be said twice."""
        if template is not None:
            written = self._written[sender, template]
            self._duplicates += to in written
            written.add(to)
        self._recipients.add(to)
        traffic = self._senders[sender]
        traffic.accepted += 1
        traffic.second.add(at_us)
        self._second.add(at_us)
        self._first_us = at_us if self._first_us is None else self._first_us
        self._last_us = at_us

    def summary(self) -> dict[str, object]:
        """*Shape*: instants in epoch seconds; duplicates: acceptances beyond the first of (sender, to, template).

        unanswered: acceptances of which the client was not told.  pending: all that the client will still be told; once
        it is 0, nothing more comes unless the client sends or somebody has a contact write.
        """
        return {
            "requests": self.requests,
            **{outcome.value: self._outcomes[outcome] for outcome in Outcome},
            "unanswered": self.unanswered,
            "duplicates": self._duplicates,
            "recipients": len(self._recipients),
            "first_accepted_at": _seconds(self._first_us),
            "last_accepted_at": _seconds(self._last_us),
            "max_accepted_in_one_second": self._second.most,
            "senders": {
                sender: {"accepted": traffic.accepted, "max_accepted_in_one_second": traffic.second.most}
                for sender, traffic in self._senders.items()
            },
            "pending": self.callbacks.pending + self.inbound.pending + self.news.pending,
            "callbacks": _callbacks(self.callbacks),
            "inbound": _inbound(self.inbound),
            "by_code": dict(self._by_code),
        }


def _callbacks(tally: PostTally) -> dict[str, object]:
    return {
        "pending": tally.pending,
        "sent": tally.answered,
        "failed": tally.failed,
        "forged": tally.forged,
        "by_status": dict(tally.by_kind),
    }


def _inbound(tally: PostTally) -> dict[str, object]:
    return {
        "pending": tally.pending,
        "sent": tally.begun,
        "answered": tally.answered,
        "failed": tally.failed,
        "forged": tally.forged,
        "by_content": dict(tally.by_kind),
    }


def _seconds(at_us: int | None) -> float | None:
    return None if at_us is None else at_us / SECOND_US
