"""Hey's responses to a send, without a message id. Assumed, except 200 and `success`, a word of the Client API."""

from workers.simulator.http_values import HttpResponse, make_json_response
from workers.simulator.messages import Message, Refusal


def build_receipt(_message: Message) -> HttpResponse:
    return make_json_response(200, {"success": True})


def build_refusal_response(refusal: Refusal) -> HttpResponse:
    content = {"success": False, "message": refusal.text}
    return make_json_response(refusal.http_status, content, refusal.retry_after_s)
