"""Wavy's side of the wire (Movile, later Sinch Latin America). Owns nothing but the gathering of its parts.

Written from public documents alone; shares nothing with `shared.providers.wavy`, so that the two must agree over real
HTTP. Unverified against the live service. Takes one destination a request, and has nobody on its lists.

A request names no sender: its account is one number's, so the script's `services` says which. Where things are told is
configured at Wavy, so the script's `webhooks` says where.

    reading     a request as a submission, and its faults   answers     receipts and refusals
    statuses    records of all so far                       inbound     contacts' messages
    posting     batches, impatience                         lists       who is on a list
"""

from collections.abc import Sequence

from workers.simulator import plain, sinch
from workers.simulator.messages import Refusal, Submission
from workers.simulator.provider import Route
from workers.simulator.wavy import answers, lists, posting, reading, statuses
from workers.simulator.wavy.inbound import inbound


class Wavy:
    """The dialect, as `workers.simulator.provider.Dialect` wants it."""

    name = "wavy"
    send_path = "/v1/whatsapp/send"
    not_on_whatsapp = sinch.NOT_ON_WHATSAPP
    outside_window = sinch.NO_SESSION
    opted_out = sinch.OPTED_OUT
    refuses_opted_out = False
    news = None
    routes: Sequence[Route] = (Route("GET", "/v1/list/{kind}", lists.show_list),)

    read = staticmethod(reading.submission)
    receipt = staticmethod(answers.receipt)
    refused = staticmethod(answers.refused)
    callback = staticmethod(statuses.status_callback)
    inbound = staticmethod(inbound)
    keyword = staticmethod(sinch.keyword)
    target = staticmethod(posting.target)
    together = staticmethod(posting.together)

    def first_status(self, _submission: Submission) -> str:
        return "accepted"

    def message_id(self, unique: str) -> str:
        """A uuid's form."""
        return "-".join((unique[:8], unique[8:12], unique[12:16], unique[16:20], unique[20:]))

    def refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        return plain.refusal(code, answers.TEXTS.get(code), http_status, retry_after_s)

    def throttle(self, retry_after_s: int | None) -> Refusal:
        return self.refusal("420", retry_after_s=retry_after_s)

    def internal_error(self) -> Refusal:
        return self.refusal("500")
