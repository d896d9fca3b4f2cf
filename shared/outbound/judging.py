"""Judging: whether a contact of a campaign may be written to now, by the rules. Pure but for the template's category."""

from collections.abc import Callable
from datetime import datetime

from shared.campaigns.model import Campaign
from shared.people.consent.model import Records
from shared.rules.page import template_judge
from shared.rules.verdict import Verdict
from shared.templates.pins import NO_PINS, Pins
from shared.templates.registry import TemplateRegistry

Judge = Callable[[Records, datetime | None], Verdict]
"""From a contact's records, and its row's `send_at`."""


def judge_of(campaign: Campaign, templates: TemplateRegistry, now: datetime, pins: Pins = NO_PINS) -> Judge:
    """The judge, told all that is the same for every contact of the campaign. pins: the campaign's.

    *Raises*: NotFound and AmbiguousTemplate for its template.
    """
    category = templates.get(campaign.sender, campaign.template_name, campaign.template_language, pins).category
    return template_judge(category, campaign.rules.require_opt_in, now, campaign.rules.deadline_at)
