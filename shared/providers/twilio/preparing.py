"""A message's choices as a Content resource, which must exist before the message. Owns no sending.

Source: https://www.twilio.com/docs/content/twilio-quick-reply and …/twilio-list-picker: inside a window such content needs
no approval.
"""

import hashlib
import json
from typing import Final

from shared.ground.errors import Again, NotAccepted
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.codes import require_answer
from shared.providers.messages import FreeMessage
from shared.providers.twilio.account import build_headers
from shared.providers.twilio.codes import judge
from shared.providers.twilio.wire import ContentResource
from shared.providers.wire import Json, parse_json

CONTENT_LANGUAGE: Final = "en"  # Twilio requires a language, and WhatsApp ignores it
UNPREPARED: Final = "the choices could not be prepared; nothing was sent"


def build_preparation(account: Account, message: FreeMessage) -> HttpRequest | None:
    """None without choices."""
    if not message.choices:
        return None
    button = message.list_button
    types = _build_quick_replies(message) if button is None else _build_list_picker(message, button)
    name = "oriel_" + hashlib.sha256(json.dumps(types).encode()).hexdigest()[:32]
    body = {"friendly_name": name, "language": CONTENT_LANGUAGE, "variables": {}, "types": types}
    headers = {**build_headers(account), "Content-Type": "application/json"}
    return HttpRequest("POST", f"{account.get_base('content_base')}/v1/Content", headers, json.dumps(body).encode())


def _build_quick_replies(message: FreeMessage) -> Json:
    actions = [{"title": choice.title, "id": choice.id} for choice in message.choices]
    return {"twilio/quick-reply": {"body": message.text, "actions": actions}}


def _build_list_picker(message: FreeMessage, button: str) -> Json:
    items = [{"item": choice.title, "id": choice.id, "description": choice.description} for choice in message.choices]
    return {"twilio/list-picker": {"body": message.text, "button": button, "items": items}}


def read_preparation(response: HttpResponse) -> str:
    """The ContentSid. *Raises*: a leaf of SendError, never OutcomeUnknown."""
    require_answer(response, judge, UNPREPARED)
    content = parse_json(ContentResource, response.body)
    if content is None:
        raise NotAccepted(f"http-{response.status}", UNPREPARED, Again.BACK_OFF)
    return content.sid
