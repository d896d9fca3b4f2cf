"""What is told of senders. Owns names."""

from pydantic import Field

from workers.web.api import View


class SenderView(View):
    id: str
    provider: str
    address: str = Field(description="The number, or the provider's id of a messaging service.")
    rate_per_second: float
    region: str | None = Field(description="Country of numbers without +, unless a campaign says otherwise.")
