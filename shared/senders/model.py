"""A number's standing as a value. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

RED = "red"


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """What is None was never said. unique_contacts_a_day: of the whole portfolio; 0 is without a limit."""

    usable: bool | None = None
    rate_per_second: int | None = None
    unique_contacts_a_day: int | None = None
    quality: str | None = None
    reason: str = ""
    seen_at: datetime | None = None

    def merged(self, news: "NumberStanding") -> "NumberStanding":
        """This, with what is new; an older word changes nothing."""
        if self.seen_at is not None and news.seen_at is not None and news.seen_at < self.seen_at:
            return self
        said = {
            name: value
            for name in ("usable", "rate_per_second", "unique_contacts_a_day", "quality", "seen_at")
            if (value := getattr(news, name)) is not None
        }
        return replace(self, **said, reason=self._reason(news))

    def _reason(self, news: "NumberStanding") -> str:
        """Why it may not be used stays said until it may; else the last word."""
        if news.usable is not None:
            return news.reason
        return self.reason if self.usable is False else news.reason or self.reason

    def why_not(self) -> str | None:
        """Why campaigns of this number should wait, in a word; None when nothing speaks against it."""
        if self.usable is False:
            return f"sender-unusable:{self.reason or 'reported'}"
        return "quality-red" if self.quality == RED else None
