"""What is told of a campaign, from its standing: pure."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.campaigns.model import Campaign, Rules, Unconfirmed
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from workers.web.campaigns.schemas import Counts
from workers.web.campaigns.views import campaign_view, warnings_of

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
CAMPAIGN = Campaign(CampaignId("c"), TenantId("acme"), SenderId("clinic"), "May", "reminder", "en", AT)


def standing(state=CampaignState.RUNNING, **counts) -> Standing:
    every = {job: counts.get(job.value, 0) for job in JobState}
    return Standing(state, "", "", sum(every.values()), every, 1, 1, AT, AT, None, 0)


@pytest.mark.parametrize(
    ("state", "counts", "allowed", "rate", "eta", "limited_by"),
    [
        (CampaignState.DRAFT, {"pending": 100}, 80, None, None, None),
        (CampaignState.PAUSED, {"pending": 100}, 80, 0.0, None, "paused"),
        (CampaignState.RUNNING, {"pending": 160}, 80, None, 2.0, None),
        (CampaignState.RUNNING, {"pending": 150, "leased": 6, "sending": 4}, 80, 40.0, 4.0, None),
        (CampaignState.RUNNING, {"pending": 160}, 80, 79.0, 2.0, "rate"),
        (CampaignState.RUNNING, {"pending": 160}, 80, 0.0, 2.0, None),
        (CampaignState.RUNNING, {"pending": 160}, None, None, None, None),
        (CampaignState.RUNNING, {"read": 160}, 80, 79.0, 0.0, None),
        (CampaignState.FINISHED, {"read": 160}, 80, 0.0, None, None),
    ],
)
def test_progress(state, counts, allowed, rate, eta, limited_by):
    view = campaign_view(CAMPAIGN, standing(state, **counts), allowed, rate)

    assert (view.eta, view.limited_by, view.rate) == (eta, limited_by, rate)


@pytest.mark.parametrize("state", JobState)
def test_each_state_is_counted_by_its_own_name(state):
    counts = campaign_view(CAMPAIGN, standing(**{state.value: 7}), None, None).counts

    assert counts == Counts.model_validate({**dict.fromkeys(Counts.model_fields, 0), "total": 7, state.value: 7})


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (Unconfirmed.HOLD, "2 unconfirmed: outcome unknown; kept, not resent."),
        (Unconfirmed.RESEND, "2 unconfirmed: outcome unknown; resent if it stays so."),
    ],
)
def test_what_is_unconfirmed_is_explained(rule, hint):
    campaign = replace(CAMPAIGN, rules=Rules(unconfirmed=rule))

    assert campaign_view(campaign, standing(unconfirmed=2), None, None).hint == hint
    assert campaign_view(campaign, standing(), None, None).hint is None


def test_warnings_say_how_many_and_what_to_do():
    (warning,) = warnings_of({"no-opt-in": 98, "opted-out": 0}, 100)

    assert (warning.code, warning.count) == ("no-opt-in", 98)
    assert warning.message.startswith("98 of 100 have no opt-in")
