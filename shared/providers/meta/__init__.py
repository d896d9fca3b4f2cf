"""WhatsApp by Meta's own Cloud API, as a dialect. Owns nothing but the table of its parts.

Decision: every credential is required. `waba_id` is needed to list templates; without `app_secret` no webhook could be
believed, and without `verify_token` Meta would send none. Any app secret authenticates, and any verify token, so both can
be rotated while Meta still uses the older one; the newest access token sends.
Decision: one app serves many numbers. Its webhook comes to one sender's URL, and every event names its number by
`phone_number_id` or by the number itself. News of templates, of an account or a portfolio name the account instead.
Decision: a sender's option `api_version` moves the Graph API; its default is the version whose pages were read.

Begin with 80 messages a second, Meta's own start; a webhook tells when it has raised a number to 1,000.
Unverified against the live service.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/.
"""

from typing import Final

from shared.providers.capabilities import Capabilities, Feature, Limits
from shared.providers.dialect import Dialect
from shared.providers.meta import account, checks, files, sending, signing, templates, webhooks
from shared.providers.meta.codes import CODES

DIALECT: Final = Dialect(
    name="meta",
    capabilities=Capabilities(
        required_credentials=("phone_number_id", "waba_id", "access_token", "app_secret", "verify_token"),
        optional_credentials=(),
        account_credentials=("app_secret", "waba_id"),
        names_answered=True,
        default_urls={"api_base": "https://graph.facebook.com"},
        takes_user_ids=True,
        shares_webhooks=True,
        features=frozenset(Feature),
        limits=Limits(
            text=4_096, caption=1_024, quick_replies=3, title=20, list_rows=10, row_title=24, row_description=72
        ),
    ),
    codes=CODES,
    account=account,
    sending=sending,
    templates=templates,
    checks=checks,
    files=files,
    signing=signing,
    webhooks=webhooks,
)
