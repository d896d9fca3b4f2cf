"""Whatever holds a campaign up is named, in a word and in one sentence with its end: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.campaigns.model import Rules
from shared.ground.presence import DIALER, JANITOR, SENDER
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.reports.holdups import NOTHING, PAUSES, Holdup, Surroundings, find_holdup
from shared.senders.limits.store import Throttle
from tests.factories import campaign

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MADE = campaign()
GLOSSES = {"63018": "the limit was exceeded", "429": "too many requests", "190": "the token has expired"}


def standing(
    state: CampaignState = CampaignState.RUNNING, by: str = "oriel", reason: str = "", **counts: int
) -> Standing:
    every = {job: counts.get(job.value, 0) for job in JobState}
    began = NOW - timedelta(minutes=1)
    return Standing(state, reason, by, sum(every.values()), every, 1, 1, began, began, None, 0)


AROUND = Surroundings(NOW, 80.0, 80.0, gloss_of=GLOSSES.get)
PENDING = standing(pending=10)


def found(
    standing: Standing = PENDING,
    around: Surroundings = AROUND,
    rate: float | None = None,
    rules: Rules | None = None,
) -> Holdup:
    made = MADE if rules is None else replace(MADE, rules=rules)
    return find_holdup(made, standing, around, around.rate_per_second, rate)


def said(holdup: Holdup) -> tuple[str | None, str | None]:
    return holdup.limited_by, holdup.hint


@pytest.mark.parametrize(
    ("throttle", "limited_by", "hint"),
    [
        (
            Throttle(0.7, NOW + timedelta(minutes=2), NOW + timedelta(days=1), "429", is_cut=True),
            "throttled",
            (
                "The provider asked to slow down (429: too many requests): nothing is sent until 12:02:00 UTC, then one "
                "message asks again; it named 2026-05-05 12:00 UTC."
            ),
        ),
        (
            Throttle(0.7, NOW + timedelta(seconds=7), None, "http-429"),
            "throttled",
            "The provider asked to slow down (http-429): nothing is sent until 12:00:07 UTC.",
        ),
        (
            Throttle(1.0, None, NOW + timedelta(days=1), "429", is_cut=True),
            "throttled",
            (
                "The provider asked to slow down (429: too many requests): one message asks every few seconds whether that "
                "still holds."
            ),
        ),
        (
            Throttle(0.49, code="63018"),
            "throttled",
            (
                "The provider asked to slow down (63018: the limit was exceeded): at 49% of the rate, and rising while it "
                "accepts."
            ),
        ),
        (
            Throttle(0.12, code="connect", asks=False),
            "provider",
            (
                "The provider could not be reached, or accepted nothing (connect): at 12% of the rate, and rising while it "
                "accepts."
            ),
        ),
    ],
)
def test_a_throttle_and_a_provider_that_is_not_reached_are_named_with_their_end(
    throttle: Throttle, limited_by: str, hint: str
) -> None:
    assert said(found(around=replace(AROUND, throttle=throttle), rate=0.0)) == (limited_by, hint)


@pytest.mark.parametrize(
    ("kinds", "limited_by", "begin"),
    [
        ({DIALER, SENDER}, "broker", "No dialer reads the broker (queue dialer)"),
        ({SENDER}, "broker", "No sender reads the broker (queue send.bulk)"),
        ({JANITOR}, "worker", "No janitor is running"),
    ],
)
def test_a_process_that_is_missing_is_named_unless_messages_go_out(
    kinds: set[str], limited_by: str, begin: str
) -> None:
    around = replace(AROUND, absent=frozenset(kinds))
    holdup = found(around=around)
    assert (holdup.limited_by, holdup.is_still) == (limited_by, True)
    assert holdup.hint is not None
    assert holdup.hint.startswith(begin)
    assert found(around=around, rate=5.0) == NOTHING


def test_a_sender_that_is_not_configured_any_more_is_named() -> None:
    holdup = found(around=replace(AROUND, rate_per_second=None))
    assert holdup.limited_by == "sender"
    assert "put it back into [[senders]]" in str(holdup.hint)


def test_what_waits_for_its_time_says_until_when() -> None:
    around = replace(AROUND, next_due=NOW + timedelta(hours=2))
    assert said(found(standing(deferred=4, read=1), around)) == (
        "due", "The last 4 wait for their time, or for another try; the next is due 14:00:00 UTC.",
    )  # fmt: skip
    assert found(standing(deferred=4, pending=1), around) == NOTHING


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        (
            "daily-limit:63018",
            (
                "Paused: the provider's limit of the day is reached (63018: the limit was exceeded). Resume it when that "
                "has passed, a day later at most."
            ),
        ),
        (
            "sender-unusable:190",
            (
                "Paused: the sender cannot be used (190: the token has expired). `oriel sender check` names what is wrong; "
                "resume it afterwards."
            ),
        ),
        ("template-unusable:9", "Paused: the provider refuses the template (9). Resume it once the template is right."),
        (
            "refused:63062: Terms missing",
            (
                "Paused: the provider refuses too many (63062: Terms missing). Correct the cause, then resume it: the rest "
                "is kept."
            ),
        ),
        (
            "unconfirmed:timeout: no answer came; it may have accepted",
            (
                "Paused: the provider's last answers, if any, do not say whether it took the messages (timeout: no answer "
                "came; it may have accepted): 7 are unconfirmed and are not sent again by themselves, the rest is kept. "
                "Resume it once the provider answers as it should; `oriel campaign redrive --state unconfirmed` then tries "
                "the 7 again."
            ),
        ),
        ("template-paused", "Paused: its template is paused. Resume it once the template may be used again."),
        ("store_restored", "Paused by Oriel: store_restored. Resume it to go on."),
    ],
)
def test_a_pause_by_oriel_says_why_and_what_to_do(reason: str, hint: str) -> None:
    assert said(found(standing(CampaignState.PAUSED, reason=reason, pending=5, unconfirmed=7))) == ("brake", hint)


@pytest.mark.parametrize("reason", PAUSES)
def test_every_brake_has_its_sentence(reason: str) -> None:
    assert "{" not in str(found(standing(CampaignState.PAUSED, reason=f"{reason}:7", pending=5)).hint)


def test_a_pause_by_a_person_names_the_person() -> None:
    paused = standing(CampaignState.PAUSED, by="ana", reason="lunch", pending=5)
    assert said(found(paused)) == ("paused", "Paused by ana: lunch. Resume it to go on.")


def test_a_provider_that_allows_less_than_is_configured_is_named() -> None:
    around = replace(AROUND, rate_per_second=10.0)
    assert said(found(around=around, rate=9.7)) == (
        "rate", "The provider allows this number 10 messages a second, fewer than the 80 configured.",
    )  # fmt: skip
    assert said(found(rate=79.0)) == ("rate", None)


def test_a_campaign_that_stands_still_for_no_known_cause_says_so() -> None:
    assert "no cause is recorded" in str(found(rate=0.0).hint)
    just_started = replace(PENDING, started_at=NOW - timedelta(seconds=3))
    assert found(just_started, rate=0.0) == NOTHING


@pytest.mark.parametrize(
    ("rules", "hint"),
    [(Rules(open=True), "Everybody in it was written to; it stays open for more."), (Rules(), None)],
)
def test_an_open_campaign_without_work_waits_for_contacts(rules: Rules, hint: str | None) -> None:
    assert said(found(standing(read=5), rules=rules)) == (None, hint)


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.FINISHED, CampaignState.CANCELLED])
def test_what_does_not_run_waits_for_nothing(state: CampaignState) -> None:
    throttled = replace(AROUND, throttle=Throttle(0.5), absent=frozenset({SENDER}))
    assert found(standing(state, pending=5), throttled) == NOTHING
