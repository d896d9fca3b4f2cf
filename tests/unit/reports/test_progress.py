"""How far a campaign is, from its standing: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.campaigns.model import Campaign, Rules, UnconfirmedPolicy
from shared.ground.ids import BY_ORIEL, CampaignId, SenderId, TenantId
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.reports.holdups import UNTHROTTLED, Surroundings
from shared.reports.progress import progress_of
from shared.senders.limits.store import Throttle

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
CAMPAIGN = Campaign(CampaignId("c"), TenantId("acme"), SenderId("clinic"), "May", "reminder", "en", AT)


def standing(state=CampaignState.RUNNING, **counts) -> Standing:
    every = {job: counts.get(job.value, 0) for job in JobState}
    return Standing(state, "", "", sum(every.values()), every, 1, 1, AT, AT, None, 0)


def around(rate_per_second: float | None = 80.0, throttle: Throttle = UNTHROTTLED) -> Surroundings:
    return Surroundings(AT, rate_per_second, throttle=throttle)


@pytest.mark.parametrize(
    ("state", "counts", "allowed", "rate", "eta", "limited_by"),
    [
        (CampaignState.DRAFT, {"pending": 100}, 80, None, None, None),
        (CampaignState.PAUSED, {"pending": 100}, 80, 0.0, None, "paused"),
        (CampaignState.RUNNING, {"pending": 160}, 80, None, 2.0, None),
        (CampaignState.RUNNING, {"pending": 150, "leased": 6, "sending": 4}, 80, 40.0, 4.0, None),
        (CampaignState.RUNNING, {"pending": 160}, 80, 79.0, 2.0, "rate"),
        (CampaignState.RUNNING, {"pending": 160}, 80, 0.0, 2.0, None),
        (CampaignState.RUNNING, {"pending": 160}, None, None, None, "sender"),
        (CampaignState.RUNNING, {"read": 160}, 80, 79.0, 0.0, None),
        (CampaignState.FINISHED, {"read": 160}, 80, 0.0, None, None),
    ],
)
def test_progress(state, counts, allowed, rate, eta, limited_by):
    found = progress_of(CAMPAIGN, standing(state, **counts), around(rate_per_second=allowed), allowed, rate)

    assert (found.eta_s, found.limited_by, found.rate) == (eta, limited_by, rate)


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (UnconfirmedPolicy.HOLD, "2 unconfirmed: outcome unknown; kept, not resent."),
        (UnconfirmedPolicy.RESEND, "2 unconfirmed: outcome unknown; resent if it stays so."),
    ],
)
def test_what_is_unconfirmed_is_explained(rule, hint):
    campaign = replace(CAMPAIGN, rules=Rules(unconfirmed=rule))

    assert progress_of(campaign, standing(unconfirmed=2), around(), None, None).hint == hint
    assert progress_of(campaign, standing(), around(), None, None).hint is None


def test_the_most_frequent_answer_comes_first():
    counted = replace(standing(), answers={"no": 2, "yes": 7, "later": 2})

    assert list(progress_of(CAMPAIGN, counted, around(), None, None).answers) == ["yes", "later", "no"]


def test_a_campaign_paused_for_refusals_says_so_with_the_providers_words_and_the_remedy() -> None:
    reason = "refused:63062: Terms: not accepted"
    paused = replace(standing(), state=CampaignState.PAUSED, reason=reason, by=BY_ORIEL)
    hint = progress_of(CAMPAIGN, paused, around(), None, None).hint
    assert hint is not None
    assert "63062: Terms: not accepted" in hint
    assert "resume" in hint


def test_while_a_base_is_split_it_says_how_many_are_checked() -> None:
    early = replace(standing(pending=1_000), planned=2, pages=8)
    hint = progress_of(CAMPAIGN, early, around(), None, None).hint
    assert hint == "256 of 1000 contacts are checked so far; more of them may turn out to be suppressed."


def test_while_the_provider_holds_the_sender_no_time_is_promised():
    held = around(throttle=Throttle(0.7, AT + timedelta(minutes=2), AT + timedelta(days=1), "429"))

    found = progress_of(CAMPAIGN, standing(pending=232), held, 80, None)

    assert (found.eta_s, found.limited_by) == (None, "throttled")


def test_while_the_provider_slows_the_sender_the_time_is_that_of_the_slower_rate():
    assert progress_of(CAMPAIGN, standing(pending=80), around(throttle=Throttle(0.5)), 80, None).eta_s == 2.0


def test_a_campaign_that_opened_again_says_why():
    opened = replace(standing(deferred=1), reason="reopened")

    hint = progress_of(CAMPAIGN, opened, around(), 80, None).hint or ""

    assert hint.startswith("Open again: a failure that may be tried again")
    assert "The last 1 wait for their time" in hint
