"""Twilio's error codes: text and HTTP status of each, and the response that carries one. Owns no decision.

Source: https://www.twilio.com/docs/api/errors
"""

from workers.simulator.http_values import HttpResponse, make_json_response, parse_code
from workers.simulator.messages import Refusal

HTTP_STATUS = {"20003": 401, "20006": 403, "20404": 404, "20429": 429, "20500": 500, "20503": 503}
TEXTS = {
    "20003": "Authenticate",
    "20404": "The requested resource was not found",
    "20429": "Too Many Requests",
    "20500": "An internal server error has occurred",
    "20503": "Service unavailable",
    "21610": "Attempt to send to unsubscribed recipient",
    "21611": "This From number has exceeded the maximum number of queued messages",
    "63016": "Failed to send freeform message because you are outside the allowed window",
    "63024": "Invalid message recipient",
    "63028": "Number of parameters provided does not match the expected number of parameters",
    "63041": "The template is paused",
    "63049": "Meta chose not to deliver this WhatsApp marketing message",
}


def make_refusal(code: str, text: str | None = None) -> Refusal:
    return Refusal(code, text or TEXTS.get(code, "The request was refused"), HTTP_STATUS.get(code, 400))


def build_refusal_response(refusal: Refusal) -> HttpResponse:
    content = {
        "code": parse_code(refusal.code),
        "message": refusal.text,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.http_status,
    }
    return make_json_response(refusal.http_status, content, refusal.retry_after_s)
