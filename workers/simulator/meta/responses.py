"""Meta's responses to a send: the contact's ids, the message's id, and a template's pacing.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (2026-04-23)
"""

from workers.simulator.http_values import HttpResponse, make_json_response
from workers.simulator.messages import Message, Submission

ACCEPTED, HELD = "accepted", "held_for_quality_assessment"


def choose_first_status(submission: Submission) -> str:
    return submission.wire.get("pace", ACCEPTED)


def build_receipt(message: Message) -> HttpResponse:
    """Only templates have a `message_status`. A contact who is addressed by user id has no wa_id here."""
    wire = message.submission.wire
    names = ("input", "user_id") if wire["input"] == wire.get("user_id") else ("input", "wa_id", "user_id")
    contact = {name: wire[name] for name in names if name in wire}
    pace = {"message_status": wire["pace"]} if "pace" in wire else {}
    return make_json_response(
        200, {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message.id, **pace}]}
    )


def confirm_read_receipt() -> HttpResponse:
    """The response to a read receipt, which submits no message."""
    return make_json_response(200, {"success": True})
