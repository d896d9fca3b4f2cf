"""Meta's error codes: text and HTTP status of each, the response and the status that carry one. Owns no decision.

No document gives the HTTP status of a code any more: those here come from the reference's table of 2023 and from
responses in the tests of public code. The texts are as public code quotes them.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from collections.abc import Mapping
from http import HTTPStatus

from workers.simulator.http_values import HttpResponse, make_json_response, parse_code, parse_count
from workers.simulator.messages import Refusal

THROTTLED, INTERNAL, TOKEN, PARAMETER, NO_OBJECT = "130429", "131000", "190", "100", "33"
MISSING, BAD_VALUE, TO_ITSELF, UNSUPPORTED = "131008", "131009", "131021", "131051"
NOT_ON_WHATSAPP, OUTSIDE_WINDOW, UNWANTED = "131026", "131047", "131050"
MARKETING_API, MARKETING_OFF, NOT_MARKETING, PREPARING = "131055", "131063", "134100", "134101"
COUNT, NO_TEMPLATE, TOO_LONG, FORMAT, PAUSED, DISABLED, FILLING = (
    "132000", "132001", "132005", "132012", "132015", "132016", "132018",
)  # fmt: skip

HELP = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
TRACE = "AmadeUpTraceOfSimulator"
HTTP_STATUS: Mapping[str, int] = {
    "0": 401,
    "2": 503,
    "3": 500,
    "4": 429,
    "10": 403,
    "190": 401,
    "368": 403,
    "80007": 429,
    "130429": 429,
    "130497": 403,
    "131000": 500,
    "131005": 403,
    "131016": 500,
    "131031": 403,
    "131045": 500,
    "131057": 500,
    "132001": 404,
    "133000": 500,
    "133004": 503,
}
PERMISSIONS = range(200, 300)
TITLES: Mapping[str, str] = {
    "4": "Application request limit reached",
    "33": "Parameter value is not valid",
    "100": "Invalid parameter",
    "130429": "Rate limit hit",
    "130472": "User's number is part of an experiment",
    "131000": "Something went wrong",
    "131008": "Required parameter is missing",
    "131009": "Parameter value is not valid",
    "131021": "Recipient cannot be sender",
    "131026": "Message undeliverable",
    "131047": "Re-engagement message",
    "131048": "Spam rate limit hit",
    "131049": "This message was not delivered to maintain healthy ecosystem engagement.",
    "131050": "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages from you",
    "131051": "Unsupported message type",
    "131052": "Media download error",
    "131053": "Media upload error",
    "131055": "Method not allowed",
    "131056": "(Business Account, Consumer Account) pair rate limit hit",
    "131057": "Account in maintenance mode",
    "131063": "Marketing templates disabled on Cloud API",
    "132000": "Number of parameters does not match the expected number of params",
    "132001": "Template name does not exist in the translation",
    "132005": "Translated text too long",
    "132012": "Parameter format does not match format in the created template",
    "132015": "Template is paused",
    "132016": "Template is disabled",
    "134100": "Only marketing messages are supported",
    "134101": "Template is being synchronised",
    "132018": "There's an issue with the parameters in your template",
}
DETAILS: Mapping[str, str] = {
    "130429": "Cloud API message throughput has been reached.",
    "131026": "Message undeliverable.",
    "131047": "Message failed to send because more than 24 hours have passed since the customer last replied to this "
    "number.",
    "131056": "Message failed to send because there were too many messages sent from this phone number to the same phone "
    "number in a short period of time.",
    "132015": "Template is paused due to low quality so it cannot be sent in a template message.",
    "132016": "Template has been paused too many times due to low quality and is now permanently disabled.",
}
OTHER = "An error occurred"


def make_refusal(
    code: str, details: str | None = None, http_status: int | None = None, retry_after_s: int | None = None
) -> Refusal:
    return Refusal(code, details or DETAILS.get(code, ""), http_status or _find_http_status(code), retry_after_s)


def make_scripted_refusal(code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
    """The refusal that a script's `error` asks for."""
    return make_refusal(code, None, http_status, retry_after_s)


def _find_http_status(code: str) -> int:
    if parse_count(code) in PERMISSIONS:
        return HTTPStatus.FORBIDDEN
    return HTTP_STATUS.get(code, HTTPStatus.BAD_REQUEST)


def build_refusal_response(refusal: Refusal) -> HttpResponse:
    """An error about messages has its details in a field; an error of the Graph API has them in its one sentence."""
    code, details = parse_code(refusal.code), refusal.text
    if refusal.code not in TITLES or refusal.code in {PARAMETER, NO_OBJECT}:
        texts: dict[str, object] = {"message": f"(#{refusal.code}) {details or TITLES.get(refusal.code, OTHER)}"}
    else:
        data = {"messaging_product": "whatsapp", "details": details or TITLES[refusal.code]}
        texts = {"message": f"(#{refusal.code}) {TITLES[refusal.code]}", "error_data": data}
    content = {"error": {"type": "OAuthException", "code": code, **texts, "fbtrace_id": TRACE}}
    return make_json_response(refusal.http_status, content, refusal.retry_after_s)


def build_status_error(code: str) -> dict[str, object]:
    """The error in the status of an accepted message."""
    title = TITLES.get(code, OTHER)
    return {
        "code": parse_code(code),
        "title": title,
        "message": title,
        "error_data": {"details": DETAILS.get(code, title)},
        "href": HELP,
    }


def build_unsupported_error() -> dict[str, object]:
    """The error in a contact's message whose type Meta does not pass on."""
    title = "Message type unknown"
    details = {"details": "Message type is currently not supported."}
    return {"code": parse_code(UNSUPPORTED), "title": title, "message": title, "error_data": details}
