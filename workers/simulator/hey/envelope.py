"""The envelope of Hey's webhook, the same for a contact's message and for a status. Owns no content.

Source: two recorded bodies, github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/` @b716e664
"""

import hashlib
from collections.abc import Mapping

from workers.simulator.http_values import parse_code
from workers.simulator.traffic import DAY_US
from workers.simulator.unsigned_json import format_iso

CHANNEL = "1"  # WhatsApp, until a message of the client names the channel
COMPANY, ABILITY = 20_000, "default"


def build_key(platform: str, contact: str, wire: Mapping[str, str]) -> dict[str, object]:
    """The key of a conversation. wire: of a message of that platform."""
    return {
        "channel": parse_code(wire.get("channel", CHANNEL)),
        "platformId": platform,
        "clientId": contact.removeprefix("+"),
        "session": make_session_id(platform, contact),
    }


def make_session_id(platform: str, contact: str) -> str:
    """One session a contact, without end. Assumed: no source shows when a session ends."""
    return hashlib.blake2b(f"{platform}\0{contact}".encode(), digest_size=8).hexdigest()


def build_event(key: Mapping[str, object], data: Mapping[str, object], at_us: int, names: Mapping[str, str]) -> object:
    """data: the event's own fields.  names: the contact's, empty if unknown."""
    at = format_iso(at_us)
    full_key = {**key, "rnd": make_session_id(str(key["session"]), at)}
    new = {"idMessage": data["idMessage"], "date": at, "headerMessage": data.get("message", "")}
    return {
        "event": {
            "new": {**new, "__contact": names} if names else new,
            "key": full_key,
            "newMessage": True,
            "ability": ABILITY,
        },
        "data": {
            **key,
            "_id": full_key,
            "companyId": COMPANY,
            "contactId": key["clientId"],
            "date": at,
            "createdAt": at,
            "lastUpdate": at,
            "endSession": False,
            "__EndSessionTimeOut": format_iso(at_us + DAY_US),
            "options": "None",
            "sequence": "None",
            "ability": ABILITY,
            **data,
        },
    }
