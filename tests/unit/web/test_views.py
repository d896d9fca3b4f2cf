"""What is told of a campaign, from its progress: pure."""

from datetime import UTC, datetime

import pytest

from shared.campaigns.model import Campaign
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.reports.holdups import Surroundings
from shared.reports.progress import progress_of
from workers.web.campaigns.schemas import Counts
from workers.web.campaigns.views import campaign_view

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
CAMPAIGN = Campaign(CampaignId("c"), TenantId("acme"), SenderId("clinic"), "May", "reminder", "en", AT)


def standing(state=CampaignState.RUNNING, **counts) -> Standing:
    every = {job: counts.get(job.value, 0) for job in JobState}
    return Standing(state, "", "", sum(every.values()), every, 1, 1, AT, AT, None, 0)


@pytest.mark.parametrize("state", JobState)
def test_each_state_is_counted_by_its_own_name(state):
    counts = campaign_view(progress_of(CAMPAIGN, standing(**{state.value: 7}), Surroundings(AT), None, None)).counts

    assert counts == Counts.model_validate({**dict.fromkeys(Counts.model_fields, 0), "total": 7, state.value: 7})
