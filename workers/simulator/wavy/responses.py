"""Wavy's responses to a send: an id for the request and one for its destination, or a refusal. Owns no decision.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (answers, "Errors")
"""

from uuid import NAMESPACE_OID, uuid5

from workers.simulator.http_values import HttpResponse, make_json_response, parse_code
from workers.simulator.messages import Message, Refusal

TEXTS = {
    "401": "Authentication error",
    "420": "Message is rate limited",
}


def build_receipt(message: Message) -> HttpResponse:
    wire = message.submission.wire
    destination = {
        "id": message.id,
        **({"correlationId": wire["correlationId"]} if "correlationId" in wire else {}),
        "destination": wire["destination"],
    }
    return make_json_response(200, {"id": str(uuid5(NAMESPACE_OID, message.id)), "destinations": [destination]})


def build_refusal_response(refusal: Refusal) -> HttpResponse:
    content = {"errorCode": parse_code(refusal.code), "errorMessage": refusal.text}
    return make_json_response(refusal.http_status, content, refusal.retry_after_s)
