"""The envelope of Hey's webhook, the same for a contact's message and for one of ours. Owns no content.

Source: two recorded bodies, github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/` @b716e664
"""

import hashlib
from collections.abc import Mapping

from workers.simulator.plain import iso
from workers.simulator.provider import number
from workers.simulator.traffic import SECOND_US

CHANNEL = "1"  # WhatsApp, where nothing was sent that would tell
COMPANY, ABILITY = 20_000, "default"
DAY_US = 86_400 * SECOND_US


def key_of(platform: str, contact: str, wire: Mapping[str, str]) -> dict[str, object]:
    """Which conversation. wire: of a message of that platform's."""
    return {
        "channel": number(wire.get("channel", CHANNEL)),
        "platformId": platform,
        "clientId": contact.removeprefix("+"),
        "session": session_of(platform, contact),
    }


def session_of(platform: str, contact: str) -> str:
    """One a contact, for ever. Assumed: what ends a session is not known."""
    return hashlib.blake2b(f"{platform}\0{contact}".encode(), digest_size=8).hexdigest()


def event(key: Mapping[str, object], data: Mapping[str, object], at_us: int, person: Mapping[str, str]) -> object:
    """data: what the event is about.  person: the contact's names, where they are known."""
    at = iso(at_us)
    whole = {**key, "rnd": session_of(str(key["session"]), at)}
    new = {"idMessage": data["idMessage"], "date": at, "headerMessage": data.get("message", "")}
    return {
        "event": {
            "new": {**new, "__contact": person} if person else new,
            "key": whole,
            "newMessage": True,
            "ability": ABILITY,
        },
        "data": {
            **key,
            "_id": whole,
            "companyId": COMPANY,
            "contactId": key["clientId"],
            "date": at,
            "createdAt": at,
            "lastUpdate": at,
            "endSession": False,
            "__EndSessionTimeOut": iso(at_us + DAY_US),
            "options": "None",
            "sequence": "None",
            "ability": ABILITY,
            **data,
        },
    }
