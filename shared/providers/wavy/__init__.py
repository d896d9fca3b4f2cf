"""WhatsApp by Wavy (Movile, later Sinch Latin America), as a dialect. Owns nothing but the gathering of its parts.

Decision: the three credentials are what Wavy gives a customer for a number; `namespace` is not a secret and required,
because every template is named by it. Nothing is signed, so the configuration should have a `webhook_secret`.
Decision: named placeholders are not declared, since the wire has an order and no names. Headers are, though they need the
option `style = "template"`; in the other style a campaign with one stops at its first contact, before anything is sent.
Buttons, quick replies, lists and answers to one message are in no public document of Wavy's. A video can stand in a
template's header, and not by itself.

Wavy publishes no rate: begin with 20 messages a second. Unverified against the live service.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api.
"""

from collections.abc import Mapping
from typing import Final

from shared.providers.base import Account, Capabilities, Code, Dialect, Feature, Limits, file_by_link
from shared.providers.wavy import lists, sending, templates, webhooks
from shared.providers.wavy.codes import CODES
from shared.providers.wavy.wire import address


class WavyDialect:
    """See `shared.providers.base.Dialect` for what each method promises."""

    name = "wavy"
    capabilities = Capabilities(
        required=("username", "authentication_token", "namespace"),
        optional=(),
        default_urls={"api_base": "https://api-messaging.wavy.global"},
        lists_templates=False,
        signs_webhooks=False,
        features=frozenset({Feature.TEXT, Feature.MEDIA, Feature.HEADERS}),
        limits=Limits(text=4_096),  # WhatsApp's own: Wavy names none
    )
    codes: Mapping[str, Code] = CODES

    template_request = staticmethod(sending.template_request)
    preparation = staticmethod(sending.preparation)
    prepared = staticmethod(sending.prepared)
    free_request = staticmethod(sending.free_request)
    receipt = staticmethod(sending.receipt)
    templates_request = staticmethod(templates.templates_request)
    templates_page = staticmethod(templates.templates_page)
    news = staticmethod(lists.news)
    file = staticmethod(file_by_link)
    probes = staticmethod(templates.probes)
    finding = staticmethod(templates.finding)
    handshake = staticmethod(webhooks.handshake)
    authenticate = staticmethod(webhooks.authenticate)
    classify = staticmethod(webhooks.classify)
    events = staticmethod(webhooks.events)

    def account_key(self, account: Account) -> str:
        """The user name: nothing else names an account."""
        return account.secret("username")

    def names(self, account: Account) -> tuple[str, ...]:
        """`origin` is the number's digits; here and in events it has its `+`."""
        number = address(account.address)
        return (account.address,) if number is None else (number, number[1:])

    def same_message(self, one: str, other: str) -> bool:
        return one == other


DIALECT: Final[Dialect] = WavyDialect()
