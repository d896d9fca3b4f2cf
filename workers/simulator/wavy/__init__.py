"""Wavy's side of the wire (Movile, later Sinch Latin America). This module assembles the parts.

Written from public documents alone; shares nothing with `shared.providers.wavy`, so that the two must agree over real
HTTP. Unverified against the live service. Takes one destination a request; its lists of contacts are empty.

A request names no sender: its account belongs to one number, which the script's `services` names. The webhook URLs are
configured at Wavy, so they come from the script's `webhooks`.

    submissions  a request as a submission, and its mistakes    responses  receipts and refusals
    statuses     status webhooks                                inbound    webhooks with contacts' messages
    webhooks     batches, retries                               lists      lists of opt-outs and opt-ins
    authentication  two headers
"""

from collections.abc import Sequence

from workers.simulator.dialect import Route
from workers.simulator.messages import Refusal
from workers.simulator.sinch import SinchDialect
from workers.simulator.wavy import inbound, lists, responses, statuses, submissions, webhooks


class Wavy(SinchDialect):
    """The dialect, as `workers.simulator.dialect.Dialect` demands it."""

    name = "wavy"
    texts = responses.TEXTS
    send_path = "/v1/whatsapp/send"
    routes: Sequence[Route] = (Route("GET", "/v1/list/{kind}", lists.show_list),)

    read = staticmethod(submissions.read_submission)
    build_receipt = staticmethod(responses.build_receipt)
    build_refusal_response = staticmethod(responses.build_refusal_response)
    build_status_webhook = staticmethod(statuses.build_status_webhook)
    build_inbound_webhook = staticmethod(inbound.build_inbound_webhook)
    parse_target = staticmethod(webhooks.parse_target)
    combine = staticmethod(webhooks.combine)

    def make_message_id(self, unique: str) -> str:
        """In the form of a UUID."""
        return "-".join((unique[:8], unique[8:12], unique[12:16], unique[16:20], unique[20:]))

    def make_throttle(self, retry_after_s: int | None) -> Refusal:
        return self.make_refusal("420", retry_after_s=retry_after_s)
