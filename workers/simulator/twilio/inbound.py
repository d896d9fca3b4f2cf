"""Twilio's incoming message: the form that brings what a contact says, and the words that Twilio obeys by itself.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request (fields)
Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out (OptOutType)
"""

import json
from collections.abc import Mapping

from workers.simulator.conversations import Keyword
from workers.simulator.provider import Callback, Letter, Line
from workers.simulator.speech import Remark
from workers.simulator.twilio.posting import signed
from workers.simulator.twilio.reading import CHANNEL
from workers.simulator.twilio.receipts import API_VERSION

KEYWORDS: Mapping[str, Keyword] = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), Keyword.STOP),
    **dict.fromkeys(("START", "YES", "UNSTOP"), Keyword.START),
    **dict.fromkeys(("HELP", "INFO"), Keyword.HELP),
}


UNTOLD = frozenset({"unknown", "cards", "order", "reaction", "form", "preference"})  # some are, and nobody says how


def keyword(words: str) -> Keyword | None:
    """Only where the word is the whole message, in capitals or not."""
    return KEYWORDS.get(words.strip().upper())


def inbound(letter: Letter, line: Line, *, forged: bool) -> Callback:
    params = {**_params(letter, line), **letter.raw}
    sent = [(name, str(value)) for name, value in params.items() if value is not None]
    return signed(line.target.url, sent, line.secret, letter.id, forged=forged)


def _params(letter: Letter, line: Line) -> dict[str, str]:
    context = _context(letter)
    metadata = {"type": CHANNEL.removesuffix(":"), "data": {"context": context}}
    return {
        "AccountSid": line.account,
        "ApiVersion": API_VERSION,
        "From": CHANNEL + letter.contact,
        "MessageSid": letter.id,
        "NumMedia": "0",
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "SmsMessageSid": letter.id,
        "SmsSid": letter.id,
        "SmsStatus": "received",
        "To": CHANNEL + line.sender,
        **context,
        **_service(line),
        **_identity(letter),
        **_content(letter.remark),
        **_reply(letter, line),
        **({"OptOutType": letter.keyword.value.upper()} if letter.keyword else {}),
        "ChannelMetadata": json.dumps(metadata, separators=(",", ":")),
    }


def _context(letter: Letter) -> dict[str, str]:
    """What WhatsApp itself has told Twilio; it comes twice, the second time inside ChannelMetadata."""
    found = {"WaId": letter.contact.removeprefix("+")} if letter.contact.startswith("+") else {}
    if letter.profile_name is not None:
        found["ProfileName"] = letter.profile_name
    if letter.remark.button is not None:
        found |= {"ButtonText": letter.remark.button.text, "Forwarded": "false", "FrequentlyForwarded": "false"}
    return found


def _service(line: Line) -> dict[str, str]:
    service = line.wire.get("MessagingServiceSid")
    return {"MessagingServiceSid": service} if service else {}


def _identity(letter: Letter) -> dict[str, str]:
    user_id = letter.bsuid or (None if letter.contact.startswith("+") else letter.contact)
    return {"ExternalUserId": CHANNEL + user_id} if user_id else {}


def _content(remark: Remark) -> dict[str, str]:
    """Body repeats whatever can be read; without that there is none."""
    found = {"MessageType": _message_type(remark)}
    if remark.words is not None:
        found["Body"] = remark.words
    if remark.button is not None:
        found["ButtonPayload"] = remark.payload or ""
    if remark.choice is not None:
        found |= {"ListId": remark.choice.id, "ListTitle": remark.choice.title}
    if remark.media is not None:
        found |= {"NumMedia": "1", "MediaUrl0": remark.media.url, "MediaContentType0": remark.media.mime_type}
    if remark.location is not None:
        place = remark.location
        found |= {"Latitude": str(place.latitude), "Longitude": str(place.longitude)}
        found |= {name: text for name, text in (("Label", place.label), ("Address", place.address)) if text}
    return found


def _message_type(remark: Remark) -> str:
    if remark.payload is not None:
        return "interactive"
    return "unsupported" if remark.kind in UNTOLD else remark.kind


def _reply(letter: Letter, line: Line) -> dict[str, str]:
    if letter.reply_to is None:
        return {}
    replied = letter.reply_to
    if letter.remark.button is not None:
        # Quirk(twilio): a button names a message that was created as SM… by MM… and the same digits (seen in the
        # sandbox).
        replied = "MM" + replied[2:]
    return {"OriginalRepliedMessageSid": replied, "OriginalRepliedMessageSender": CHANNEL + line.sender}
