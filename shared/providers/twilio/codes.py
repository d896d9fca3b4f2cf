"""Twilio's error codes: what each means for a job. Owns the table, not the reading of answers (see `sending`).

One table serves REST answers and status callbacks, because Twilio uses one numbering for both. In a callback the
message has failed by Twilio's own word, so `again` alone says whether another attempt may follow.
Templates and senders that became unusable are `never`: nothing helps until a person has acted, and then redrives.

Source: https://www.twilio.com/docs/api/errors/<code>, one page a code (each row names its own), and for the codes of
WhatsApp behind them https://www.twilio.com/docs/whatsapp/api/error-code-mapping.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from shared.ground.errors import Again, Disposition
from shared.providers.base import Code

_PAGE = "https://www.twilio.com/docs/api/errors/"
_HTTP = "https://www.rfc-editor.org/rfc/rfc9110#section-15"
UNKNOWN_CODE: Final = "unknown code"


def _row(code: str, gloss: str, disposition: Disposition, again: Again = Again.NEVER) -> Code:
    return Code(code, gloss, disposition, again, _PAGE + code)


def _refused(code: str, gloss: str, again: Again = Again.NEVER) -> Code:
    return _row(code, gloss, Disposition.REFUSED, again)


def _suppress(code: str, gloss: str) -> Code:
    return _row(code, gloss, Disposition.SUPPRESS)


def _later(code: str, gloss: str) -> Code:
    return _row(code, gloss, Disposition.NOT_ACCEPTED, Again.BACK_OFF)


def _slower(code: str, gloss: str, again: Again = Again.BACK_OFF) -> Code:
    return Code(code, gloss, Disposition.NOT_ACCEPTED, again, _PAGE + code, throttles=True)


def _unknown(code: str, gloss: str) -> Code:
    return _row(code, gloss, Disposition.UNKNOWN)


def _template(code: str, gloss: str) -> Code:
    return _row(code, gloss, Disposition.TEMPLATE_UNUSABLE)


def _sender(code: str, gloss: str) -> Code:
    return _row(code, gloss, Disposition.SENDER_UNUSABLE)


_ROWS: Final = (
    # ── the request, the account and the API ──
    _unknown("11200", "our webhook could not be fetched; says nothing about the message"),
    _unknown("11750", "our webhook answered too much; says nothing about the message"),
    _refused("11751", "the media is larger than the channel takes"),
    _unknown("12300", "our webhook answered with a wrong Content-Type; says nothing about the message"),
    _slower("14107", "too many messages were sent by TwiML"),
    _sender("20003", "the credentials were refused"),
    _sender("20005", "the account is not active"),
    _sender("20006", "the account may not use this"),
    _sender("20008", "test credentials cannot send"),
    _sender("20404", "there is no such account or resource"),
    _slower("20429", "too many requests; this one was not processed"),
    _unknown("20500", "internal error at Twilio; the message may have been accepted"),
    _unknown("20503", "service unavailable; the message may have been accepted"),
    # ── addresses and permissions ──
    _refused("21211", "the recipient's number is not valid"),
    _sender("21212", "the sender's number is not valid"),
    _refused("21214", "the recipient's number cannot be reached"),
    _refused("21217", "the recipient's number seems not to be valid"),
    _refused("21408", "sending to the recipient's region is not enabled"),
    _sender("21601", "the sender's number cannot send messages"),
    _template("21602", "the message had no content"),
    _sender("21603", "the message had no sender"),
    _refused("21604", "the message had no recipient"),
    _sender("21606", "the sender's number cannot send messages of this kind"),
    _refused("21608", "a trial account sends to verified numbers only"),
    _sender("21609", "our status URL was refused"),
    _suppress("21610", "the recipient has unsubscribed from this sender"),
    _slower("21611", "the sender's queue is full"),
    _refused("21612", "there is no route from this sender to this recipient"),
    _refused("21614", "the recipient's number is not a mobile number"),
    _refused("21617", "the text is longer than 1,600 characters"),
    _refused("21620", "a media URL is not valid"),
    _template("21654", "the template's ContentSid is missing"),
    _template("21655", "the template's ContentSid is not valid"),
    _template("21656", "the template's variables are not valid"),
    _sender("21701", "there is no such messaging service"),
    _sender("21703", "the messaging service has no sender"),
    _sender("21705", "the messaging service is not valid"),
    # ── carriers ──
    _slower("30001", "the queue overflowed"),
    _refused("30003", "the recipient's device cannot be reached"),
    _refused("30004", "the message was blocked"),
    _refused("30005", "the recipient's device is not known"),
    _refused("30006", "the recipient has a landline or an unreachable carrier"),
    _refused("30007", "the message was filtered"),
    _refused("30008", "delivery failed for an unknown reason"),
    # ── channels; here: WhatsApp ──
    _sender("63001", "the channel refused the sender's authentication"),
    _sender("63002", "the sender is not known to the channel"),
    _refused("63003", "the recipient is not known to the channel"),
    _refused("63005", "the channel did not accept the content"),
    _refused("63006", "the content could not be formatted for the channel"),
    _sender("63007", "the sender's number is not a channel sender of this account"),
    _sender("63008", "the channel is not configured rightly"),
    _later("63009", "the channel failed"),
    _later("63010", "internal error at Twilio"),
    _refused("63011", "the channel called the request invalid"),
    _later("63012", "internal error of the channel"),
    _template("63013", "the message violates the channel's policy"),
    _suppress("63014", "the recipient has blocked this sender"),
    _refused("63015", "the recipient has not joined the sandbox"),
    replace(_refused("63016", "free text outside the 24-hour window"), closes_window=True),
    _slower("63017", "the account's rate limit was exceeded"),
    _slower("63018", "the channel's rate or messaging limit was exceeded"),
    _later("63019", "the media could not be downloaded"),
    _sender("63020", "the business account has an error at Meta"),
    _refused("63021", "the channel called the content invalid"),
    _sender("63022", "the sender's display name is not certified"),
    _later("63023", "the channel failed without saying why"),
    _refused("63024", "the recipient is not on WhatsApp"),
    _later("63025", "the media was already there"),
    _sender("63026", "the sender was flagged as spam"),
    _template("63027", "the template does not exist in this language"),
    _template("63028", "the number of variables is not the template's"),
    _later("63029", "the recipient could not download the template"),
    _refused("63030", "a parameter is not supported by the channel"),
    _refused("63031", "sender and recipient are the same"),
    _refused("63032", "WhatsApp limits what this recipient is sent"),
    _suppress("63033", "the recipient is blocked from receiving"),
    _refused("63034", "the media is larger than the channel takes"),
    _refused("63035", "the operation is for RCS only"),
    _refused("63036", "the recipient cannot be reached by RCS"),
    _later("63037", "the media could not be uploaded"),
    _slower("63038", "the account's daily limit was reached", Again.NEXT_DAY),
    _refused("63039", "a warning of Messenger, which we do not use"),
    _template("63040", "the template was not accepted"),
    _template("63041", "the template is paused"),
    _refused("63049", "Meta chose not to deliver this marketing message", Again.NEXT_DAY),
    # Seen in the vendor's list without an explanation; refused is what cannot send twice.
    _refused("63051", "a refusal that Twilio does not explain"),
)

CODES: Final[Mapping[str, Code]] = MappingProxyType({row.code: row for row in _ROWS})


def by_http_status(status: int) -> Code:
    """The row for an answer without a code that we know. Total on integers.

    Twilio refuses with 4xx, and nothing is documented to be accepted by one. 5xx, 3xx and 408 prove nothing: a
    message POST is not idempotent and may have been accepted before the answer went wrong (its page on 20500).
    """
    code = f"http-{status}"
    match status:
        case 429:
            return Code(code, "too many requests", Disposition.NOT_ACCEPTED, Again.BACK_OFF, _HTTP, throttles=True)
        case 401 | 403 | 404:
            return Code(code, "account or address refused", Disposition.SENDER_UNUSABLE, Again.NEVER, _HTTP)
        case _ if 400 <= status < 500 and status != 408:  # noqa: PLR2004 (the class of statuses, as in the docstring)
            return Code(code, UNKNOWN_CODE, Disposition.REFUSED, Again.NEVER, _HTTP)
        case _:
            return Code(code, "an answer that proves nothing", Disposition.UNKNOWN, Again.NEVER, _HTTP)
