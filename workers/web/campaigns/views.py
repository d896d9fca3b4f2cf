"""From a campaign and its progress to what is told of it. Pure."""

from collections.abc import Iterable

from shared.campaigns.model import Campaign
from shared.ground.ids import CampaignId
from shared.ledger.model import Redrive, Standing
from shared.ledger.states import JobState
from shared.outbound.warnings import CampaignWarning, Forecast
from shared.reports.progress import Progress
from workers.web.campaigns.schemas import (
    CampaignView,
    Counts,
    RedriveView,
    RulesView,
    StartedCampaign,
    TemplateNameView,
    WarningView,
)


def warning_views(warnings: Iterable[CampaignWarning]) -> list[WarningView]:
    return [WarningView(code=one.code, count=one.count, message=one.message) for one in warnings]


def started_view(view: CampaignView, forecast: Forecast) -> StartedCampaign:
    return StartedCampaign(**dict(view), warnings=warning_views(forecast.warnings))


def campaign_view(progress: Progress) -> CampaignView:
    campaign, standing = progress.campaign, progress.standing
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
        answers=progress.answers,
        priced=dict(sorted(standing.priced.items())),
        rate=progress.rate,
        eta=progress.eta_s,
        limited_by=progress.limited_by,
        hint=progress.hint,
        created_at=campaign.created_at,
        started_at=standing.started_at,
        finished_at=standing.finished_at,
        links=_links(campaign.id),
    )


def redrive_view(redrive: Redrive) -> RedriveView:
    order = redrive.order
    return RedriveView(
        states=sorted(order.states),
        codes=sorted(order.codes),
        by=order.by,
        at=order.at,
        redriven=redrive.redriven,
        left_out=redrive.left_out,
        done=redrive.page is None,
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
        deadline_at=rules.deadline_at,
    )


def _counts(standing: Standing) -> Counts:
    return Counts.model_validate({"total": standing.total, **{s.value: standing.counts[s] for s in JobState}})


def _links(campaign: CampaignId) -> dict[str, str]:
    this = f"/v1/campaigns/{campaign}"
    return {
        "self": this,
        "contacts": f"{this}/contacts",
        "jobs": f"{this}/jobs",
        "redrives": f"{this}/redrives",
        "results_csv": f"{this}/results.csv",
        "results_ndjson": f"{this}/results.ndjson",
    }
