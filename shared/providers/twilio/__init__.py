"""WhatsApp by Twilio's Programmable Messaging, as a dialect. Owns nothing but the table of its parts.

Decision: the account's SID and token are both taken from `credentials`. The token signs webhooks even when an API key
authenticates our requests, so it is always required. `shared_key` is the secret of a SharedKey, which signs the webhooks
that a rule of Twilio's Webhooks configuration API covers.
Source: https://www.twilio.com/docs/messaging/api/message-resource and github.com/twilio/twilio-oai @d50069b4.
"""

from typing import Final

from shared.providers.capabilities import Capabilities, Feature, Limits
from shared.providers.dialect import Dialect
from shared.providers.twilio import (
    account,
    checks,
    files,
    polling,
    preparing,
    reconciling,
    sending,
    signing,
    templates,
    webhooks,
)
from shared.providers.twilio.codes import CODES
from shared.providers.twilio.inbound import normalise_sid

DIALECT: Final = Dialect(
    name="twilio",
    capabilities=Capabilities(
        required_credentials=("account_sid", "auth_token"),
        optional_credentials=("api_key", "api_secret", "shared_key"),
        account_credentials=("account_sid", "auth_token"),
        names_answered=True,
        default_urls={
            "api_base": "https://api.twilio.com",
            "content_base": "https://content.twilio.com",
            "messaging_base": "https://messaging.twilio.com",
        },
        takes_user_ids=True,
        templates_have_ids=True,
        webhook_status=204,
        features=frozenset(
            {Feature.TEXT, Feature.MEDIA, Feature.QUICK_REPLIES, Feature.LISTS, Feature.NAMED_PARAMETERS}
        ),
        limits=Limits(text=1_600),
    ),
    codes=CODES,
    account=account,
    sending=sending,
    preparing=preparing,
    templates=templates,
    checks=checks,
    polling=polling,
    reconciling=reconciling,
    files=files,
    signing=signing,
    webhooks=webhooks,
    normalise_id=normalise_sid,
)
