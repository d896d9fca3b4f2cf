"""An installation's configuration for a benchmark: senders and their rates, one template each."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks import message

NO_LIMIT = 100_000.0  # nobody here is as fast
JOBS_PER_MESSAGE = 200
HEAD = """\
[api]
listen = "127.0.0.1:0"
[webhook]
listen = "127.0.0.1:0"
[sending]
jobs_per_message = {jobs_per_message}
[[tenants]]
id = "{message.TENANT}"
api_keys = ["{message.API_KEY}"]
region = "US"
"""
SENDER = """\
[[senders]]
id = "{sender.name}"
tenant = "{message.TENANT}"
provider = "twilio"
address = "{sender.address}"
rate_per_second = {sender.rate}
api_base = "{url}"
credentials = {{ account_sid = "{message.ACCOUNT_SID}", auth_token = "{message.TOKEN}" }}
[[templates]]
sender = "{sender.name}"
name = "{message.TEMPLATE}"
language = "{message.LANGUAGE}"
category = "utility"
status = "approved"
provider_id = "{message.CONTENT_SID}"
body = "Your {{{{1}}}} appointment is coming up on {{{{2}}}}."
"""


class Sender(NamedTuple):
    """rate: messages a second that it is allowed."""

    name: str
    address: str
    rate: float


UNLIMITED = Sender(message.SENDER, message.ADDRESS, NO_LIMIT)


def senders(rates: Sequence[float]) -> list[Sender]:
    """One a rate, each with a number of its own."""
    return [Sender(f"{message.SENDER}-{place}", f"+141555501{place:02d}", rate) for place, rate in enumerate(rates)]


def configuration(
    provider_url: str, senders: Sequence[Sender] = (UNLIMITED,), jobs_per_message: int = JOBS_PER_MESSAGE
) -> str:
    """As TOML."""
    head = HEAD.format(message=message, jobs_per_message=jobs_per_message)
    return head + "".join(SENDER.format(message=message, sender=sender, url=provider_url) for sender in senders)
