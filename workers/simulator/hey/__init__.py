"""Hey Now's side of the wire. Owns nothing but the gathering of its parts.

Hey publishes no API. What recorded traffic and public clients show is played as they show it, and the rest as the
contract that we assume: a template in `hsm`, refusals by HTTP status, statuses in the webhook's own envelope. Shares
nothing with `shared.providers.hey`, so that the two must agree over real HTTP. Unverified against the live service.

A path names the platform, which is one number's: the script's `services` says which. Where things are told is configured
at Hey, so the script's `webhooks` says where.

    reading     Direct API: a request as a submission       answers     receipts and refusals
    events      the webhook's envelope                      statuses    of our messages
    inbound     contacts' messages                          posting     how often
    login       Client API: who is let in, how long         reports     Client API: sessions, in pages
"""

import base64
from collections.abc import Sequence

from workers.simulator import plain, sinch
from workers.simulator.hey import answers, login, posting, reading, reports, statuses
from workers.simulator.hey.inbound import inbound
from workers.simulator.messages import Refusal, Submission
from workers.simulator.provider import Route


class Hey:
    """The dialect, as `workers.simulator.provider.Dialect` wants it."""

    name = "hey"
    send_path = "/{channel:[0-9]+}/{platform}/{client}{session:(?:/[^/]+)?}"
    not_on_whatsapp = sinch.NOT_ON_WHATSAPP
    outside_window = sinch.NO_SESSION
    opted_out = sinch.OPTED_OUT
    refuses_opted_out = False
    news = None
    together = None
    routes: Sequence[Route] = (
        Route("POST", "/api/login", login.log_in),
        Route("GET", "/api/report/session", reports.first_page),
        Route("GET", "/api/report/{scroll}", reports.next_page),
    )

    read = staticmethod(reading.submission)
    receipt = staticmethod(answers.receipt)
    refused = staticmethod(answers.refused)
    callback = staticmethod(statuses.status_callback)
    inbound = staticmethod(inbound)
    keyword = staticmethod(sinch.keyword)
    target = staticmethod(posting.target)

    def first_status(self, _submission: Submission) -> str:
        return "accepted"

    def message_id(self, unique: str) -> str:
        """WhatsApp's own."""
        return f"wamid.{base64.b64encode(unique.encode()).decode()}"

    def refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        return plain.refusal(code, None, http_status, retry_after_s)

    def throttle(self, retry_after_s: int | None) -> Refusal:
        return self.refusal("429", retry_after_s=retry_after_s)

    def internal_error(self) -> Refusal:
        return self.refusal("500")
