"""Sinch's numbers for what became of a message: Wavy's callbacks carry them, and so does what Hey tells of a channel.

Owns the numbers and which part of a record each belongs to; no record.
Assumed: a template that is not there or not approved is accepted, and told to be bad content later, since Wavy's answers
have no word for it; and which words put a contact on its list of opt-outs, where the script has such a list kept.
Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Status"
"""

from collections.abc import Mapping, Sequence

from workers.simulator.conversations import Keyword
from workers.simulator.provider import number
from workers.simulator.script import Script

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
AFTER_SENDING = frozenset({"101", "104"})  # every other failure is one of sending
KEYWORDS: Mapping[str, Keyword] = {
    **dict.fromkeys(("STOP", "PARAR", "SAIR", "BAJA", "SALIR"), Keyword.STOP),
    **dict.fromkeys(("START", "VOLTAR", "ALTA"), Keyword.START),
}


def standing(status: str, code: str | None) -> tuple[str | None, str | None]:
    """All that has become of a message with this status: the numbers for its being sent and its being delivered."""
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


def channel_status(status: str, code: str | None) -> dict[str, object]:
    """The same as four fields of a record. What has not happened is null."""
    sent, delivered = standing(status, code)
    return {
        "sentStatusCode": sent and number(sent),
        "sentStatus": sent and NAMES.get(sent, "ERROR"),
        "deliveredStatusCode": delivered and number(delivered),
        "deliveredStatus": delivered and NAMES.get(delivered, "ERROR"),
    }


def defect(script: Script, name: str, language: str, parameters: Sequence[str]) -> str | None:
    """What is told later of a template that cannot be filled."""
    if script.templates is None:
        return None
    template = script.template(name, language)
    if template is None or template.status != "approved":
        return BAD_CONTENT
    return None if len(parameters) == len(template.names) else BAD_TEXT


def keyword(words: str) -> Keyword | None:
    """Only where the word is the whole message, in capitals or not."""
    return KEYWORDS.get(words.strip().upper())
