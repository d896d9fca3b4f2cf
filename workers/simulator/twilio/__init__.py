"""Twilio's side of the wire: Programmable Messaging with WhatsApp senders. Owns nothing but the gathering of its parts.

Written from the public protocol alone; shares nothing with `shared.providers.twilio`, so that the two must agree over
real HTTP. Plays no scheduled messages and no SMS.

    reading     a form as a submission, and its faults      access      who asks
    receipts    the message resource                        codes       refusals and their words
    statuses    status callbacks                            inbound     contacts' messages
    posting     URLs, repeating, signature                  lookups     messages, asked about later
    content     the Content API                             account     the account and its numbers
    paging      which page of a list
"""

from collections.abc import Sequence

from workers.simulator.messages import Refusal, Submission
from workers.simulator.provider import Route
from workers.simulator.twilio import account, codes, content, lookups, posting, reading, receipts, statuses
from workers.simulator.twilio.inbound import inbound, keyword

MESSAGES = f"/{receipts.API_VERSION}/Accounts/{{account}}/Messages"


class Twilio:
    """The dialect, as `workers.simulator.provider.Dialect` wants it."""

    name = "twilio"
    send_path = f"{MESSAGES}.json"
    not_on_whatsapp = "63024"
    outside_window = "63016"
    opted_out = "21610"
    refuses_opted_out = True
    together = None
    news = None
    routes: Sequence[Route] = (
        Route("GET", f"{MESSAGES}.json", lookups.list_messages),
        Route("GET", f"{MESSAGES}/{{message}}.json", lookups.show_message),
        *content.ROUTES,
        *account.ROUTES,
    )

    read = staticmethod(reading.submission)
    receipt = staticmethod(receipts.receipt)
    refused = staticmethod(codes.refused)
    callback = staticmethod(statuses.status_callback)
    inbound = staticmethod(inbound)
    keyword = staticmethod(keyword)
    target = staticmethod(posting.target)

    def first_status(self, submission: Submission) -> str:
        return "accepted" if "MessagingServiceSid" in submission.wire else "queued"

    def message_id(self, unique: str) -> str:
        return f"SM{unique}"

    def refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        usual = codes.refusal(code)
        return Refusal(code, usual.text, http_status or usual.http_status, retry_after_s)

    def throttle(self, retry_after_s: int | None) -> Refusal:
        return self.refusal("20429", retry_after_s=retry_after_s)

    def internal_error(self) -> Refusal:
        return self.refusal("20500")
