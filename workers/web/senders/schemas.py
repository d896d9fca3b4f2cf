"""Answers about senders. Owns names."""

from datetime import datetime

from pydantic import Field

from workers.web.api import View


class StandingView(View):
    """The provider's report of the number; null where it has reported nothing."""

    usable: bool | None
    quality: str | None
    rate_per_second: int | None
    unique_contacts_a_day: int | None = Field(description="Of the whole portfolio; 0 is without a limit.")
    reason: str
    seen_at: datetime | None


class SenderView(View):
    id: str
    provider: str
    address: str = Field(description="The number, or the provider's id of a messaging service.")
    rate_per_second: float = Field(description="As configured; the provider's own goes before it where it is lower.")
    region: str | None = Field(description="Country of numbers without +, unless a campaign says otherwise.")


class OneSenderView(SenderView):
    standing: StandingView


class FindingView(View):
    name: str = Field(description="What was asked about: credentials, number, templates, limits …")
    good: bool
    said: str = Field(description="What is there, or what is wrong and what to do.")


class CheckView(View):
    sender: str
    provider: str
    webhook_url: str = Field(description="Where the provider should call us; put your own secret where one is named.")
    good: bool
    findings: list[FindingView]
