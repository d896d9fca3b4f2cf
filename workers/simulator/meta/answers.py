"""What Meta answers to a message that it takes: what the contact is called, the message's id, and a template's pace.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (2026-04-23)
"""

from workers.simulator.messages import Message, Submission
from workers.simulator.provider import Answer, json_answer

ACCEPTED, HELD = "accepted", "held_for_quality_assessment"


def first_status(submission: Submission) -> str:
    return submission.wire.get("pace", ACCEPTED)


def receipt(message: Message) -> Answer:
    """`message_status` is of templates alone. Who is written to by an id has no number here."""
    wire = message.submission.wire
    names = ("input", "user_id") if wire["input"] == wire.get("user_id") else ("input", "wa_id", "user_id")
    contact = {name: wire[name] for name in names if name in wire}
    pace = {"message_status": wire["pace"]} if "pace" in wire else {}
    return json_answer(
        200, {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message.id, **pace}]}
    )


def was_read() -> Answer:
    """To the word that a contact's message was read, which asks for no message."""
    return json_answer(200, {"success": True})
