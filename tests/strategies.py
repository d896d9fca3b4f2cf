"""What hypothesis may make up: facts about an attempt, as statuses and answers bring them; and arrivals at a limiter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st

from shared.ledger.facts import Facts, Failure
from shared.ledger.model import Kind
from tests.stores import START


@dataclass(frozen=True)
class Fact:
    """One fact of an attempt. retry: the failure may be tried again."""

    kind: Kind
    at: datetime
    message: str = ""
    code: str = ""
    reason: str = ""
    retry: bool = False

    @property
    def facts(self) -> Facts:
        match self.kind:
            case Kind.FAILED:
                return Facts(failed=Failure.RETRIABLE if self.retry else Failure.FINAL)
            case Kind.SUPPRESSED:
                return Facts(failed=Failure.SUPPRESSED)
            case Kind.ACCEPTED:
                return Facts(accepted=True)
            case Kind.DELIVERED:
                return Facts(delivered=True)
            case Kind.READ:
                return Facts(read=True)
            case _:
                raise AssertionError(f"{self.kind} is no fact of an attempt")

    @property
    def due(self) -> datetime | None:
        return self.at + timedelta(minutes=5) if self.retry else None


_AT = st.integers(0, 3).map(lambda seconds: START + timedelta(seconds=seconds))
_MESSAGE = st.sampled_from(["", "SM1"])  # an attempt has one message id, where its fact carries it
_successes = st.builds(Fact, st.sampled_from([Kind.ACCEPTED, Kind.DELIVERED, Kind.READ]), _AT, _MESSAGE)
_failures = st.builds(
    Fact,
    st.sampled_from([Kind.FAILED, Kind.SUPPRESSED]),
    _AT,
    _MESSAGE,
    st.sampled_from(["63016", "63024", "63049"]),
    st.sampled_from(["closed", "gone"]),
    st.booleans(),
).map(lambda fact: fact if fact.kind is Kind.FAILED else Fact(fact.kind, fact.at, fact.message, fact.code, fact.reason))

facts = st.one_of(_successes, _failures)
merged_facts = st.builds(Facts, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(Failure))
