"""WhatsApp by Hey Now's Direct API, as a dialect, unverified against the live service. Owns nothing but the table of its
parts.

Decision: Hey publishes no API. The dialect speaks as recorded traffic and working clients show; the points that they do not
show (a call for templates, answers, statuses) are assumed, marked as assumed in each module, and left to configuration: see
`sending` for the options. Cost: a sender's first messages are the proof, so send to your own number first.
Decision: `domain` is uContact's field and the base of the Direct API, which has no address of its own; an `api_base` that
is configured precedes it. `username` and `password` are the Client API's, which only reports.

Hey lists no templates: the configuration declares them.
"""

from typing import Final

from shared.providers.capabilities import Capabilities, Feature
from shared.providers.dialect import Dialect
from shared.providers.hey import account, checks, polling, sending, webhooks
from shared.providers.hey.codes import CODES

DIALECT: Final = Dialect(
    name="hey",
    capabilities=Capabilities(
        required_credentials=("domain", "channel", "platform_id", "partner_token"),
        optional_credentials=("username", "password"),
        account_credentials=("platform_id", "partner_token"),
        default_urls={"api_base": "", "client_base": "https://api.heynowbots.com"},  # api_base: credentials.domain
        receipts_have_ids=False,
        features=frozenset({Feature.TEXT}),  # a file must come as its bytes, and we have its URL
    ),
    codes=CODES,
    account=account,
    sending=sending,
    checks=checks,
    polling=polling,
    webhooks=webhooks,
)
