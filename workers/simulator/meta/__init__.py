"""Meta's side of the wire: WhatsApp's Cloud API, a part of the Graph API. This module assembles the parts.

Written from public documents alone; shares nothing with `shared.providers.meta`, so that the two must agree over real
HTTP. The tests also drive it with a public client of Meta's that neither side wrote. Unverified against the live service.

A path names a number by its id, which is the account; the script's `services` names the number. All numbers belong to
one business account. Webhooks go to the URLs in the script's `webhooks`, signed with the app's secret.

    authentication      bearer tokens, nodes           codes            error codes, in responses and in statuses
    request_schema      the body of a send             submissions      a request as a submission
    content_schema interactive_schema template_schema  … its parts: free-form content, buttons and lists, templates
    template_check      a template's parameters        contact_ids      wa_id and user id
    responses           receipts                       envelope         the webhooks' envelope
    statuses            status webhooks                inbound          webhooks with contacts' messages
    inbound_parts       … their parts by type          news             news of templates and numbers; the handshake
    webhooks            signatures, batches            fields           the fields that a request asks for
    lookups             routes for nodes               nodes            numbers, the account, media
    templates           the list of templates          template_nodes   a template as a node
"""

from collections.abc import Sequence

from workers.simulator.dialect import Route
from workers.simulator.messages import Refusal, make_whatsapp_id
from workers.simulator.meta import codes, inbound, lookups, responses, statuses, submissions, templates, webhooks
from workers.simulator.meta.authentication import NODE, VERSION
from workers.simulator.meta.news import MetaNews


class Meta:
    """The dialect, as `workers.simulator.dialect.Dialect` demands it."""

    name = "meta"
    send_path = f"/{VERSION}/{NODE}/{{endpoint:(?:marketing_)?messages}}"
    not_on_whatsapp = codes.NOT_ON_WHATSAPP
    outside_window = codes.OUTSIDE_WINDOW
    opted_out = codes.UNWANTED
    refuses_opted_out = False
    news = MetaNews()
    routes: Sequence[Route] = (
        Route("GET", f"/{VERSION}/{NODE}", lookups.show_node),
        Route("GET", f"/{VERSION}/{NODE}/message_templates", templates.list_templates),
        Route("GET", f"/{VERSION}/{NODE}/phone_numbers", lookups.list_numbers),
        Route("GET", f"/{VERSION}/{NODE}/subscribed_apps", lookups.list_subscriptions),
    )

    read = staticmethod(submissions.read_submission)
    build_receipt = staticmethod(responses.build_receipt)
    choose_first_status = staticmethod(responses.choose_first_status)
    make_refusal = staticmethod(codes.make_scripted_refusal)
    build_refusal_response = staticmethod(codes.build_refusal_response)
    build_status_webhook = staticmethod(statuses.build_status_webhook)
    build_inbound_webhook = staticmethod(inbound.build_inbound_webhook)
    parse_target = staticmethod(webhooks.parse_target)
    combine = staticmethod(webhooks.combine)
    make_message_id = staticmethod(make_whatsapp_id)

    def match_keyword(self, _words: str) -> None:
        """Meta obeys no keyword: a contact's STOP is the client's business."""

    def make_throttle(self, retry_after_s: int | None) -> Refusal:
        return codes.make_refusal(codes.THROTTLED, retry_after_s=retry_after_s)

    def make_internal_error(self) -> Refusal:
        return codes.make_refusal(codes.INTERNAL)
