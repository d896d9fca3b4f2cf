"""WhatsApp by Meta's own Cloud API, as a dialect. Owns nothing but the gathering of its parts.

Decision: every credential is required. `waba_id` is needed to list templates; without `app_secret` no webhook could be
believed, and without `verify_token` Meta would send none. Any app secret authenticates, and any verify token, so both can
be rotated while Meta still uses the older one; the newest access token sends.
Decision: one app serves many numbers. Its webhook comes to one sender's URL, and every event says by `phone_number_id`
(or the number itself) whom it is about. News of templates, of an account or a portfolio name no number, but the account.
Decision: a sender's option `api_version` moves the Graph API; v25.0 is what was read.

Begin with 80 messages a second, Meta's own start; a webhook tells when it has raised a number to 1,000.
Unverified against the live service.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/.
"""

from collections.abc import Mapping
from typing import Final

from shared.providers.base import Account, Capabilities, Code, Dialect, Feature, Limits, no_news
from shared.providers.meta import files, sending, templates, webhooks
from shared.providers.meta.codes import CODES


class MetaDialect:
    """See `shared.providers.base.Dialect` for what each method promises."""

    name = "meta"
    capabilities = Capabilities(
        required=("phone_number_id", "waba_id", "access_token", "app_secret", "verify_token"),
        optional=(),
        default_urls={"api_base": "https://graph.facebook.com"},
        lists_templates=True,
        signs_webhooks=True,
        user_ids=True,
        shares_webhooks=True,
        features=frozenset(Feature),
        limits=Limits(
            text=4_096, caption=1_024, quick_replies=3, title=20, list_rows=10, row_title=24, row_description=72
        ),
    )
    codes: Mapping[str, Code] = CODES

    template_request = staticmethod(sending.template_request)
    preparation = staticmethod(sending.preparation)
    prepared = staticmethod(sending.prepared)
    free_request = staticmethod(sending.free_request)
    receipt = staticmethod(sending.receipt)
    templates_request = staticmethod(templates.templates_request)
    templates_page = staticmethod(templates.templates_page)
    news = staticmethod(no_news)
    file = staticmethod(files.file)
    probes = staticmethod(templates.probes)
    finding = staticmethod(templates.finding)
    handshake = staticmethod(webhooks.handshake)
    authenticate = staticmethod(webhooks.authenticate)
    classify = staticmethod(webhooks.classify)
    events = staticmethod(webhooks.events)

    def account_key(self, account: Account) -> str:
        """The number's id: throughput (80 a second) and pair rates are counted by number, and numbers of one account do
        not slow each other down. What an app or an account may call at all (codes 4 and 80007) is far above that.
        """
        return account.secret("phone_number_id")

    def names(self, account: Account) -> tuple[str, ...]:
        """Its id, in messages and statuses; the number itself, in news of its quality; its account, in other news."""
        return (account.secret("phone_number_id"), account.address, account.secret("waba_id"))

    def same_message(self, one: str, other: str) -> bool:
        return one == other


DIALECT: Final[Dialect] = MetaDialect()
