"""WhatsApp by Twilio's Programmable Messaging, as a dialect. Owns nothing but the gathering of its parts.

Decision: the account's SID and token are both taken from `credentials`. The token signs webhooks even when an API key
authenticates our requests, so it is always required.
Source: https://www.twilio.com/docs/messaging/api/message-resource and github.com/twilio/twilio-oai @d50069b4.
"""

from collections.abc import Mapping
from typing import Final

from shared.providers.base import Account, Capabilities, Code, Dialect, Feature, Limits
from shared.providers.twilio import files, number, sending, templates, webhooks
from shared.providers.twilio.codes import CODES
from shared.providers.twilio.inbound import same_id


class TwilioDialect:
    """See `shared.providers.base.Dialect` for what each method promises."""

    name = "twilio"
    capabilities = Capabilities(
        required=("account_sid", "auth_token"),
        optional=("api_key", "api_secret"),
        default_urls={
            "api_base": "https://api.twilio.com",
            "content_base": "https://content.twilio.com",
            "messaging_base": "https://messaging.twilio.com",
        },
        lists_templates=True,
        signs_webhooks=True,
        user_ids=True,
        webhook_status=204,
        features=frozenset(
            {Feature.TEXT, Feature.MEDIA, Feature.QUICK_REPLIES, Feature.LISTS, Feature.NAMED_PARAMETERS}
        ),
        limits=Limits(text=1_600),
    )
    codes: Mapping[str, Code] = CODES

    template_request = staticmethod(sending.template_request)
    preparation = staticmethod(sending.preparation)
    prepared = staticmethod(sending.prepared)
    free_request = staticmethod(sending.free_request)
    receipt = staticmethod(sending.receipt)
    templates_request = staticmethod(templates.templates_request)
    templates_page = staticmethod(templates.templates_page)
    news = staticmethod(number.news)
    file = staticmethod(files.file)
    probes = staticmethod(templates.probes)
    finding = staticmethod(templates.finding)
    handshake = staticmethod(webhooks.handshake)
    authenticate = staticmethod(webhooks.authenticate)
    classify = staticmethod(webhooks.classify)
    events = staticmethod(webhooks.events)

    def account_key(self, account: Account) -> str:
        """The account's SID: rates are counted by (sub-)account."""
        return account.secret("account_sid")

    def names(self, account: Account) -> tuple[str, ...]:
        """Its number, or its messaging service's id."""
        return (account.address,)

    def same_message(self, one: str, other: str) -> bool:
        return same_id(one) == same_id(other)


DIALECT: Final[Dialect] = TwilioDialect()
