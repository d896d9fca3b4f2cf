"""What Hey answers to a send. Assumed but for 200, and for `success`, which is the Client API's word; no id is given."""

from workers.simulator.messages import Message, Refusal
from workers.simulator.provider import Answer, json_answer


def receipt(_message: Message) -> Answer:
    return json_answer(200, {"success": True})


def refused(refusal: Refusal) -> Answer:
    return json_answer(refusal.http_status, {"success": False, "message": refusal.text}, refusal.retry_after_s)
