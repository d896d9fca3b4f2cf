"""Twilio's side of the wire: Programmable Messaging with WhatsApp senders. This module assembles the parts.

Written from the public protocol alone; shares nothing with `shared.providers.twilio`, so that the two must agree over
real HTTP. Has no scheduled messages and no SMS.

    submissions       a form as a submission, and its mistakes    authentication  HTTP Basic, API keys
    message_resource  the message in responses                    codes           refusals and their texts
    statuses          status webhooks                             inbound         webhooks with contacts' messages
    webhooks          URLs, retries, signatures                   lookups         messages, looked up later
    content           the Content API: routes                     content_schema  … contents that a client may create
    account           the account and its numbers                 paging          pages of lists
"""

from collections.abc import Sequence

from workers.simulator.conversations import Keyword, find_keyword
from workers.simulator.dialect import Route
from workers.simulator.messages import Refusal, Submission
from workers.simulator.twilio import account, codes, content, inbound, lookups, message_resource, statuses, webhooks
from workers.simulator.twilio.submissions import read_submission

MESSAGES = f"/{message_resource.API_VERSION}/Accounts/{{account}}/Messages"


class Twilio:
    """The dialect, as `workers.simulator.dialect.Dialect` demands it."""

    name = "twilio"
    send_path = f"{MESSAGES}.json"
    not_on_whatsapp = "63024"
    outside_window = "63016"
    opted_out = "21610"
    refuses_opted_out = True
    combine = None
    news = None
    routes: Sequence[Route] = (
        Route("GET", f"{MESSAGES}.json", lookups.list_messages),
        Route("GET", f"{MESSAGES}/{{message}}.json", lookups.show_message),
        *content.ROUTES,
        *account.ROUTES,
    )

    read = staticmethod(read_submission)
    build_receipt = staticmethod(message_resource.build_receipt)
    build_refusal_response = staticmethod(codes.build_refusal_response)
    build_status_webhook = staticmethod(statuses.build_status_webhook)
    build_inbound_webhook = staticmethod(inbound.build_inbound_webhook)
    parse_target = staticmethod(webhooks.parse_target)

    def choose_first_status(self, submission: Submission) -> str:
        return "accepted" if "MessagingServiceSid" in submission.wire else "queued"

    def make_message_id(self, unique: str) -> str:
        return f"SM{unique}"

    def match_keyword(self, words: str) -> Keyword | None:
        return find_keyword(inbound.KEYWORDS, words)

    def make_refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        usual = codes.make_refusal(code)
        return Refusal(code, usual.text, http_status or usual.http_status, retry_after_s)

    def make_throttle(self, retry_after_s: int | None) -> Refusal:
        return self.make_refusal("20429", retry_after_s=retry_after_s)

    def make_internal_error(self) -> Refusal:
        return self.make_refusal("20500")
