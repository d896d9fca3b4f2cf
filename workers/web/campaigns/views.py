"""From a campaign and its standing to what is told of it. Pure."""

from collections.abc import Mapping

from shared.campaigns.model import Campaign, Unconfirmed
from shared.ground.ids import CampaignId
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.outbound.controlling import Outlook
from workers.web.campaigns.schemas import (
    CampaignView,
    Counts,
    RulesView,
    StartedCampaign,
    TemplateNameView,
    WarningView,
)

ACCEPTED = (JobState.ACCEPTED, JobState.DELIVERED, JobState.READ)
NEARLY = 0.85  # of the rate that is allowed: above it, the rate is what holds a campaign back

REMEDIES: Mapping[str, str] = {
    "no-opt-in": "{count} of {total} have no opt-in: they will be suppressed. Record it with POST /v1/opt-ins or with the "
    "columns opt_in_source, opt_in_at.",
    "opted-out": "{count} of {total} have opted out: they will be suppressed.",
    "unknown-scope": "{count} of {total} have an opt_in_scope that is none: it is all, marketing, utility or "
    "authentication. Those opt-ins were not recorded.",
    "opt-in-in-future": "{count} of {total} have an opt_in_at that has not come yet. Those opt-ins were not recorded.",
    "refused-since": "{count} of {total} have refused, and an opt-in without opt_in_at does not undo that.",
}


def warnings_of(counts: Mapping[str, int], total: int) -> list[WarningView]:
    """counts: of contacts, by code. total: of how many."""
    return [
        WarningView(
            code=code, count=count, message=REMEDIES.get(code, "{count} of {total}.").format(count=count, total=total)
        )
        for code, count in sorted(counts.items())
        if count
    ]


def accepted(standing: Standing) -> int:
    """Messages that the provider took, whatever became of them since."""
    return sum(standing.counts[state] for state in ACCEPTED)


def started_view(view: CampaignView, outlook: Outlook) -> StartedCampaign:
    warnings = warnings_of(outlook.suppressed, outlook.looked_at)
    return StartedCampaign(**dict(view), warnings=warnings)


def campaign_view(
    campaign: Campaign, standing: Standing, allowed_per_second: float | None, rate: float | None
) -> CampaignView:
    """allowed_per_second: by sender and campaign, None while no such sender is configured. rate: as measured."""
    return CampaignView(
        id=campaign.id,
        external_id=campaign.external_id,
        name=campaign.name,
        sender=campaign.sender,
        template=TemplateNameView(name=campaign.template_name, language=campaign.template_language),
        rules=_rules(campaign),
        state=standing.state,
        reason=standing.reason or None,
        by=standing.by or None,
        counts=_counts(standing),
        replied=standing.replied,
        opted_out=standing.opted_out,
        answers=dict(sorted(standing.answers.items(), key=lambda one: (-one[1], one[0]))),
        priced=dict(sorted(standing.priced.items())),
        rate=None if rate is None else round(rate, 1),
        eta=_eta(standing, allowed_per_second, rate),
        limited_by=_limited_by(standing, allowed_per_second, rate),
        hint=_hint(campaign, standing),
        created_at=campaign.created_at,
        started_at=standing.started_at,
        finished_at=standing.finished_at,
        links=_links(campaign.id),
    )


def _rules(campaign: Campaign) -> RulesView:
    rules = campaign.rules
    return RulesView(
        require_opt_in=rules.require_opt_in,
        region=rules.region,
        rate_per_second=rules.rate_per_second,
        weight=rules.weight,
        unconfirmed=rules.unconfirmed,
        open=rules.open,
        languages=list(rules.languages),
        opt_out_words=None if rules.opt_out_words is None else list(rules.opt_out_words),
        answers={label: list(words) for label, words in rules.answers.items()},
    )


def _counts(standing: Standing) -> Counts:
    return Counts.model_validate({"total": standing.total, **{s.value: standing.counts[s] for s in JobState}})


def _eta(standing: Standing, allowed: float | None, rate: float | None) -> float | None:
    pace = rate or allowed
    if standing.state is not CampaignState.RUNNING or not pace:
        return None
    if standing.counts[JobState.PENDING] + standing.in_flight == 0 and standing.waiting:
        return None  # what is left waits for its time, not for the rate
    return round((standing.waiting + standing.in_flight) / pace, 1)


def _limited_by(standing: Standing, allowed: float | None, rate: float | None) -> str | None:
    """Only what is known: a slow campaign may wait for its share, for the machine, or for nothing."""
    if standing.state is CampaignState.PAUSED:
        return "paused"
    is_busy = standing.state is CampaignState.RUNNING and standing.waiting > 0
    return "rate" if is_busy and rate and allowed and rate >= NEARLY * allowed else None


def _hint(campaign: Campaign, standing: Standing) -> str | None:
    count = standing.counts[JobState.UNCONFIRMED]
    if not count:
        return None
    follows = "kept, not resent" if campaign.rules.unconfirmed is Unconfirmed.HOLD else "resent if it stays so"
    return f"{count} unconfirmed: outcome unknown; {follows}."


def _links(campaign: CampaignId) -> dict[str, str]:
    this = f"/v1/campaigns/{campaign}"
    return {
        "self": this,
        "contacts": f"{this}/contacts",
        "jobs": f"{this}/jobs",
        "results_csv": f"{this}/results.csv",
        "results_ndjson": f"{this}/results.ndjson",
    }
