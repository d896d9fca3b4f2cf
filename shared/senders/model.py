"""The state of a sender's number, as its provider reports it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

RED = "red"


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """A field is None until a provider reports it.

    unique_contacts_a_day: of the whole portfolio; 0 means no limit.  quality: `green`, `yellow`, `red` or `unknown`.
    seen_at: when the provider reported the newest of these fields.
    """

    usable: bool | None = None
    rate_per_second: int | None = None
    unique_contacts_a_day: int | None = None
    quality: str | None = None
    reason: str = ""
    seen_at: datetime | None = None

    def merge(self, news: "NumberStanding") -> "NumberStanding":
        """This one with the fields that `news` reports. News older than `seen_at` change nothing."""
        if self.seen_at is not None and news.seen_at is not None and news.seen_at < self.seen_at:
            return self
        reported = {
            name: value
            for name in ("usable", "rate_per_second", "unique_contacts_a_day", "quality", "seen_at")
            if (value := getattr(news, name)) is not None
        }
        return replace(self, **reported, reason=self._reason(news))

    def _reason(self, news: "NumberStanding") -> str:
        """The reason for an unusable number stays until the number is usable; otherwise the newest reason counts."""
        if news.usable is not None:
            return news.reason
        return self.reason if self.usable is False else news.reason or self.reason

    def pause_reason(self) -> str | None:
        """Why campaigns of this number must wait, as a code; None when they may go on."""
        if self.usable is False:
            return f"sender-unusable:{self.reason or 'reported'}"
        return "quality-red" if self.quality == RED else None
