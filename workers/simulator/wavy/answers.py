"""What Wavy answers to a send: an id for the request and one for its destination, or why not. Owns no decision.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (answers, "Errors")
"""

from uuid import NAMESPACE_OID, uuid5

from workers.simulator.messages import Message, Refusal
from workers.simulator.provider import Answer, json_answer, number

TEXTS = {
    "401": "Authentication error",
    "420": "Message is rate limited",
}


def receipt(message: Message) -> Answer:
    wire = message.submission.wire
    destination = {
        "id": message.id,
        **({"correlationId": wire["correlationId"]} if "correlationId" in wire else {}),
        "destination": wire["destination"],
    }
    return json_answer(200, {"id": str(uuid5(NAMESPACE_OID, message.id)), "destinations": [destination]})


def refused(refusal: Refusal) -> Answer:
    content = {"errorCode": number(refusal.code), "errorMessage": refusal.text}
    return json_answer(refusal.http_status, content, refusal.retry_after_s)
