"""What a contact says, in Hey's envelope. It names no message that it answers.

Assumed: what a button or a list gives comes as its title, and a place without a word: no such body was ever recorded.
Source: two recorded bodies, github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/` @b716e664
"""

from workers.simulator.hey.events import event, key_of
from workers.simulator.plain import iso, posted
from workers.simulator.provider import Callback, Letter, Line
from workers.simulator.speech import Media


def inbound(letter: Letter, line: Line, *, forged: bool) -> Callback:
    """Single fields that are given go into `data`."""
    key = key_of(line.account, letter.contact, line.wire)
    data = {**_data(letter, key), **letter.raw}
    told = {name: value for name, value in data.items() if value is not None}
    return posted(line.target.url, event(key, told, letter.at_us, _person(letter.profile_name)), forged=forged)


def _data(letter: Letter, key: dict[str, object]) -> dict[str, object]:
    """Quirk(hey): without words there is no `message` at all."""
    remark = letter.remark
    return {
        "idMessage": letter.id,
        "incoming": True,
        **({} if remark.words is None else {"message": remark.words}),
        "metaData": {} if remark.media is None else {"temporal": [_file(letter.id, remark.media, key)]},
        "massive": False,
        "proactive": False,
        "whatsAppSession": True,
        "contactLastInteractionDate": iso(letter.at_us),
    }


def _file(message_id: str, media: Media, key: dict[str, object]) -> dict[str, object]:
    return {
        "mimeType": media.mime_type,
        "encode": "base64",
        "name": media.url.rpartition("/")[2],
        "size": 100_000,
        "temporalId": message_id.encode().hex()[-24:],
        "urlFileshare": media.url,
        "channel": key["channel"],
        "platformId": key["platformId"],
    }


def _person(name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last}
