"""WhatsApp by Wavy (Movile, later Sinch Latin America), as a dialect. Owns nothing but the table of its parts.

Decision: the three credentials are the ones that Wavy gives a customer for a number; `namespace` is not a secret and
required, because every template is named by it. Nothing is signed, so the configuration should have a `webhook_secret`.
Decision: named placeholders are not declared, since the wire has an order and no names. Headers are, though they need the
option `style = "template"`; in the other style a campaign with one stops at its first contact, before anything is sent.
Buttons, quick replies, lists and answers to one message are in no public document of Wavy's. A video can stand in a
template's header, and not by itself.

Wavy lists no templates: the configuration declares them. Wavy publishes no rate: begin with 20 messages a second.
Unverified against the live service.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api.
"""

from typing import Final

from shared.providers.capabilities import Capabilities, Feature, Limits
from shared.providers.dialect import Dialect
from shared.providers.wavy import account, checks, polling, sending, webhooks
from shared.providers.wavy.codes import CODES

DIALECT: Final = Dialect(
    name="wavy",
    capabilities=Capabilities(
        required_credentials=("username", "authentication_token", "namespace"),
        optional_credentials=(),
        account_credentials=("username", "authentication_token"),
        default_urls={"api_base": "https://api-messaging.wavy.global"},
        features=frozenset({Feature.TEXT, Feature.MEDIA, Feature.HEADERS}),
        limits=Limits(text=4_096),  # WhatsApp's own: Wavy names none
    ),
    codes=CODES,
    account=account,
    sending=sending,
    checks=checks,
    polling=polling,
    webhooks=webhooks,
)
