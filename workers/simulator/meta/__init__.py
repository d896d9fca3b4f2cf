"""Meta's side of the wire: WhatsApp's Cloud API, as a part of the Graph API. Owns nothing but the gathering of its parts.

Written from public documents alone; shares nothing with `shared.providers.meta`, so that the two must agree over real
HTTP. A public client of Meta's that neither side wrote is asked as well. Unverified against the live service.

A path names a number by its id, which is the account; the script's `services` says which number that is. All numbers
belong to one business account, and everything is told where the script's `webhooks` says, signed with the app's secret.

    access      bearer tokens, nodes            codes       error codes, in answers and in statuses
    wire        what may be sent                reading     a request as a submission
    filling     a template and its parameters   people      what a contact is called
    answers     receipts                        envelope    what everything is told in
    statuses    what became of a message        inbound     contacts' messages
    posting     signatures, batches             news        of templates and numbers; the handshake
    fields      which fields were asked for     lookups     numbers, the account, its subscription
    templates   the list of templates
"""

import base64
from collections.abc import Sequence

from workers.simulator.messages import Refusal
from workers.simulator.meta import answers, codes, lookups, posting, reading, statuses, templates
from workers.simulator.meta.access import NODE, VERSION
from workers.simulator.meta.inbound import inbound
from workers.simulator.meta.news import MetaNews
from workers.simulator.provider import Route


class Meta:
    """The dialect, as `workers.simulator.provider.Dialect` wants it."""

    name = "meta"
    send_path = f"/{VERSION}/{NODE}/messages"
    not_on_whatsapp = codes.NOT_ON_WHATSAPP
    outside_window = codes.OUTSIDE_WINDOW
    opted_out = codes.UNWANTED
    refuses_opted_out = False
    news = MetaNews()
    routes: Sequence[Route] = (
        Route("GET", f"/{VERSION}/{NODE}", lookups.show),
        Route("GET", f"/{VERSION}/{NODE}/message_templates", templates.show_list),
        Route("GET", f"/{VERSION}/{NODE}/phone_numbers", lookups.show_numbers),
        Route("GET", f"/{VERSION}/{NODE}/subscribed_apps", lookups.show_subscriptions),
    )

    read = staticmethod(reading.submission)
    receipt = staticmethod(answers.receipt)
    first_status = staticmethod(answers.first_status)
    refusal = staticmethod(codes.usual_refusal)
    refused = staticmethod(codes.refused)
    callback = staticmethod(statuses.status_callback)
    inbound = staticmethod(inbound)
    target = staticmethod(posting.target)
    together = staticmethod(posting.together)

    def message_id(self, unique: str) -> str:
        """WhatsApp's own."""
        return f"wamid.{base64.b64encode(unique.encode()).decode()}"

    def keyword(self, _words: str) -> None:
        """Meta obeys no word: a contact's STOP is the client's business."""

    def throttle(self, retry_after_s: int | None) -> Refusal:
        return codes.refusal(codes.THROTTLED, retry_after_s=retry_after_s)

    def internal_error(self) -> Refusal:
        return codes.refusal(codes.INTERNAL)
