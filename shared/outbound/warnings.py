"""Warnings: messages of a base or a campaign that will not be sent, with the number of contacts and the remedy. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.rules.verdict import Reason

REMEDIES: Mapping[str, str] = {
    Reason.NO_OPT_IN: "{count} of {total} have no opt-in: they will be suppressed. Record it with POST /v1/opt-ins or with "
    "the columns opt_in_source, opt_in_at.",
    Reason.OPTED_OUT: "{count} of {total} have opted out: they will be suppressed.",
    "unknown-scope": "{count} of {total} have an opt_in_scope that is none: it is all, marketing, utility or "
    "authentication. Those opt-ins were not recorded.",
    "opt-in-in-future": "{count} of {total} have an opt_in_at that has not come yet. Those opt-ins were not recorded.",
    "replaced": "{count} were in the campaign already with other values: the new rows replace the earlier ones.",
    "first-row-counts": "{count} rows have other values than the contact's first row, and the first one counts: "
    "rejections_url names them.",
    "refused-since": "{count} of {total} have refused, and an opt-in without opt_in_at does not undo that.",
}


@dataclass(frozen=True, slots=True)
class CampaignWarning:
    """code: stable, for programs. count: contacts that it concerns. message: a sentence for people."""

    code: str
    count: int
    message: str


def warnings_of(counts: Mapping[str, int], total: int) -> list[CampaignWarning]:
    """counts: of contacts, by code. total: of how many."""
    return [
        CampaignWarning(code, count, REMEDIES.get(code, "{count} of {total}.").format(count=count, total=total))
        for code, count in sorted(counts.items())
        if count
    ]
