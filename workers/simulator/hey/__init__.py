"""Hey Now's side of the wire. This module assembles the parts.

Hey publishes no API. The simulator follows recorded traffic and public clients where they exist, and elsewhere the
contract that we assume: a template in `hsm`, refusals by HTTP status, statuses in the webhook's own envelope. Shares
nothing with `shared.providers.hey`, so that the two must agree over real HTTP. Unverified against the live service.

A path names the platform, which belongs to one number: the script's `services` names it. The webhook URLs are configured
at Hey, so they come from the script's `webhooks`.

    submissions  Direct API: a request as a submission    responses  receipts and refusals
    envelope     the webhook's envelope                   statuses   status webhooks
    inbound      webhooks with contacts' messages         webhooks   retries
    login        Client API: tokens                       reports    Client API: sessions, in pages
"""

from collections.abc import Sequence

from workers.simulator.dialect import Route
from workers.simulator.hey import inbound, login, reports, responses, statuses, submissions, webhooks
from workers.simulator.messages import Refusal, make_whatsapp_id
from workers.simulator.sinch import SinchDialect


class Hey(SinchDialect):
    """The dialect, as `workers.simulator.dialect.Dialect` demands it."""

    name = "hey"
    send_path = "/{channel:[0-9]+}/{platform}/{client}{session:(?:/[^/]+)?}"
    combine = None
    routes: Sequence[Route] = (
        Route("POST", "/api/login", login.log_in),
        Route("GET", "/api/report/session", reports.show_first_page),
        Route("GET", "/api/report/{scroll}", reports.show_next_page),
    )

    read = staticmethod(submissions.read_submission)
    build_receipt = staticmethod(responses.build_receipt)
    build_refusal_response = staticmethod(responses.build_refusal_response)
    build_status_webhook = staticmethod(statuses.build_status_webhook)
    build_inbound_webhook = staticmethod(inbound.build_inbound_webhook)
    parse_target = staticmethod(webhooks.parse_target)
    make_message_id = staticmethod(make_whatsapp_id)

    def make_throttle(self, retry_after_s: int | None) -> Refusal:
        return self.make_refusal("429", retry_after_s=retry_after_s)
