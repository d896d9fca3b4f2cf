"""WhatsApp by Hey Now's Direct API, as a dialect, unverified against the live service. Owns nothing but the gathering of
its parts.

Decision: Hey publishes no API. What recorded traffic and working clients show is spoken as they show it; what they do not
show (a call for templates, answers, statuses) is assumed, said to be where it stands, and left to configuration: see
`sending` for the options. Cost: a sender's first messages are the proof, so send to your own number first.
Decision: `domain` is uContact's field and the base of the Direct API, which has no address of its own; an `api_base` that
is configured goes before it. `username` and `password` are the Client API's, which only reports.
"""

from collections.abc import Mapping
from typing import Final

from shared.providers.base import Account, Capabilities, Code, Dialect, Feature, file_by_link
from shared.providers.hey import reports, sending, templates, webhooks
from shared.providers.hey.codes import CODES


class HeyDialect:
    """See `shared.providers.base.Dialect` for what each method promises."""

    name = "hey"
    capabilities = Capabilities(
        required=("domain", "channel", "platform_id", "partner_token"),
        optional=("username", "password"),
        default_urls={"api_base": "", "client_base": "https://api.heynowbots.com"},  # api_base: credentials.domain
        lists_templates=False,
        signs_webhooks=False,
        receipts_have_ids=False,
        features=frozenset({Feature.TEXT}),  # a file must come as its bytes, and we have its URL
    )
    codes: Mapping[str, Code] = CODES

    template_request = staticmethod(sending.template_request)
    preparation = staticmethod(sending.preparation)
    prepared = staticmethod(sending.prepared)
    free_request = staticmethod(sending.free_request)
    receipt = staticmethod(sending.receipt)
    templates_request = staticmethod(templates.templates_request)
    templates_page = staticmethod(templates.templates_page)
    news = staticmethod(reports.news)
    file = staticmethod(file_by_link)
    probes = staticmethod(templates.probes)
    finding = staticmethod(templates.finding)
    handshake = staticmethod(webhooks.handshake)
    authenticate = staticmethod(webhooks.authenticate)
    classify = staticmethod(webhooks.classify)
    events = staticmethod(webhooks.events)

    def account_key(self, account: Account) -> str:
        """The platform: the number's id behind the channel."""
        return account.secret("platform_id")

    def names(self, account: Account) -> tuple[str, ...]:
        """What `data.platformId` calls the number."""
        return (account.secret("platform_id"), account.address)

    def same_message(self, one: str, other: str) -> bool:
        return one == other


DIALECT: Final[Dialect] = HeyDialect()
