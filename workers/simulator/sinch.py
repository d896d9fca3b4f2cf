"""Sinch's status numbers, which Wavy's webhooks carry, and Hey's reports of a channel.

Owns the numbers, the part of a record that each belongs to, and the parts of a dialect that Wavy and Hey share.
Assumed: a template that is missing or not approved is accepted and reported as bad content later, since Wavy's responses
have no word for it; and the words that put a contact on its list of opt-outs, if the script enables that.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Status"
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from workers.simulator.conversations import Keyword, find_keyword
from workers.simulator.http_values import parse_code
from workers.simulator.messages import Refusal, Submission
from workers.simulator.script import Script
from workers.simulator.unsigned_json import make_refusal

SENT, DELIVERED, READ = "2", "4", "5"
NOT_ON_WHATSAPP, OPTED_OUT, BAD_TEXT, BAD_CONTENT, NO_SESSION = "202", "204", "207", "209", "210"
NAMES: Mapping[str, str] = {
    SENT: "SENT_SUCCESS",
    DELIVERED: "DELIVERED_SUCCESS",
    READ: "READ_SUCCESS",
    "101": "EXPIRED",
    "102": "CARRIER_COMMUNICATION_ERROR",
    "103": "REJECTED_BY_CARRIER",
    "104": "NOT_DELIVERED",
    NOT_ON_WHATSAPP: "INVALID_DESTINATION_NUMBER",
    OPTED_OUT: "DESTINATION_BLOCKED_BY_OPTOUT",
    "206": "INVALID_MESSAGE_LENGTH",
    BAD_TEXT: "INVALID_MESSAGE_TEXT",
    BAD_CONTENT: "INVALID_CONTENT",
    NO_SESSION: "INVALID_SESSION",
    "211": "DESTINATION_BLOCKED_BY_OPTIN",
    "212": "DESTINATION_BLOCKED_BY_WHITELIST",
    "311": "INTERNAL_ERROR",
}
AFTER_SENDING = frozenset({"101", "104"})  # every other failure belongs to the sending
KEYWORDS: Mapping[str, Keyword] = {
    **dict.fromkeys(("STOP", "PARAR", "SAIR", "BAJA", "SALIR"), Keyword.STOP),
    **dict.fromkeys(("START", "VOLTAR", "ALTA"), Keyword.START),
}


def split_status(status: str, code: str | None) -> tuple[str | None, str | None]:
    """A status as two numbers, for sending and for delivery; None for a part that has not happened."""
    match status:
        case "sent":
            return SENT, None
        case "delivered":
            return SENT, DELIVERED
        case "read":
            return SENT, READ
        case _ if code in AFTER_SENDING:
            return SENT, code
        case _:
            return code, None


def build_channel_status(status: str, code: str | None) -> dict[str, object]:
    """A status as four fields of a record; null for a part that has not happened."""
    sent, delivered = split_status(status, code)
    return {
        "sentStatusCode": sent and parse_code(sent),
        "sentStatus": sent and NAMES.get(sent, "ERROR"),
        "deliveredStatusCode": delivered and parse_code(delivered),
        "deliveredStatus": delivered and NAMES.get(delivered, "ERROR"),
    }


class FilledTemplate(Protocol):
    """A template in a request, with its parameters."""

    @property
    def element_name(self) -> str: ...

    @property
    def language_code(self) -> str: ...

    @property
    def parameters(self) -> Sequence[str]: ...


def find_defect(script: Script, filled: FilledTemplate | None) -> str | None:
    """The code that a later status reports for a template that cannot be filled; None for a free-form message."""
    if filled is None or script.templates is None:
        return None
    template = script.find_template(filled.element_name, filled.language_code)
    if template is None or template.status != "approved":
        return BAD_CONTENT
    return None if len(filled.parameters) == len(template.names) else BAD_TEXT


class SinchDialect:
    """The parts of a dialect that Wavy and Hey share."""

    texts: Mapping[str, str] = {}
    not_on_whatsapp = NOT_ON_WHATSAPP
    outside_window = NO_SESSION
    opted_out = OPTED_OUT
    refuses_opted_out = False
    news = None

    def choose_first_status(self, _submission: Submission) -> str:
        return "accepted"

    def match_keyword(self, words: str) -> Keyword | None:
        return find_keyword(KEYWORDS, words)

    def make_refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        return make_refusal(code, self.texts.get(code), http_status, retry_after_s)

    def make_internal_error(self) -> Refusal:
        return self.make_refusal("500")
