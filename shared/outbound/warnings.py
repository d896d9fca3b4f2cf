"""Warnings: messages of a base or a campaign that will not be sent, with the number of contacts and the remedy. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.rules.verdict import Reason

REMEDIES: Mapping[str, str] = {
    Reason.NO_OPT_IN: "{count} of {total} have no opt-in: they will be suppressed. Record it with POST /v1/opt-ins or with "
    "the columns opt_in_source, opt_in_at.",
    Reason.OPTED_OUT: "{count} of {total} have opted out: they will be suppressed.",
    Reason.DEADLINE: "{count} of {total} have their turn after the campaign's deadline: they will expire.",
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


@dataclass(frozen=True, slots=True)
class Forecast:
    """What planning would say of a campaign.

    total: its contacts.  looked_at: those that were judged, all of them or a sample.
    suppressed: reason → how many of those that were looked at would not be written to, expired ones included.
    """

    total: int = 0
    looked_at: int = 0
    suppressed: Mapping[str, int] = field(default_factory=dict)

    @property
    def warnings(self) -> list[CampaignWarning]:
        """With estimates, named as such, where only a sample was looked at."""
        return [
            CampaignWarning(code, self._estimate(count), self._message(code, count))
            for code, count in sorted(self.suppressed.items())
            if count
        ]

    def is_unsent_from(self, share: float) -> bool:
        """Whether so large a share, or a larger one, would not be written to. 0 … 1; 0 is a single contact."""
        unsent = sum(self.suppressed.values())
        return unsent > 0 and unsent >= share * self.looked_at

    def _message(self, code: str, count: int) -> str:
        if self.looked_at >= self.total:
            return message_of(code, str(count), self.total)
        found = f"{count} of the {self.looked_at} that were looked at"
        return f"{message_of(code, f'About {self._estimate(count)}', self.total)} ({found}.)"

    def _estimate(self, count: int) -> int:
        return count if self.looked_at >= self.total else round(count / self.looked_at * self.total)


def warnings_of(counts: Mapping[str, int], total: int) -> list[CampaignWarning]:
    """counts: of contacts, by code. total: of how many."""
    return Forecast(total, total, counts).warnings


def message_of(code: str, count: str, total: int) -> str:
    return REMEDIES.get(code, "{count} of {total}.").format(count=count, total=total)
