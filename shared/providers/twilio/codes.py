"""Twilio's error codes, and the judgement of an answer by them. Owns the tables, not the requests.

One table serves REST answers and status callbacks, because Twilio uses one numbering for both. In a callback the
message has failed by Twilio's own word, so `again` alone decides whether another attempt may follow.
Templates and senders that became unusable are `never`: nothing helps until a person has acted, and then redrives.

Source: https://www.twilio.com/docs/api/errors/<code>, one page a code (each row names its own), and for the codes of
WhatsApp behind them https://www.twilio.com/docs/whatsapp/api/error-code-mapping.
"""

from typing import Final

from shared.ground.errors import Again
from shared.ground.http import HttpResponse
from shared.providers.codes import HTTP, Code, CodeTable, Page, index_rows
from shared.providers.twilio.wire import ErrorAnswer
from shared.providers.wire import parse_json

_PAGE: Final = Page("https://www.twilio.com/docs/api/errors/{code}")

_ROWS: Final = (
    # ── the request, the account and the API ──
    _PAGE.ignore("11200", "our webhook could not be fetched; says nothing about the message"),
    _PAGE.ignore("11750", "our webhook answered too much; says nothing about the message"),
    _PAGE.refuse("11751", "the media is larger than the channel takes"),
    _PAGE.ignore("12300", "our webhook answered with a wrong Content-Type; says nothing about the message"),
    _PAGE.slow_down("14107", "too many messages were sent by TwiML"),
    _PAGE.stop_sender("20003", "the credentials were refused"),
    _PAGE.stop_sender("20005", "the account is not active"),
    _PAGE.stop_sender("20006", "the account may not use this"),
    _PAGE.stop_sender("20008", "test credentials cannot send"),
    _PAGE.stop_sender("20404", "there is no such account or resource"),
    _PAGE.slow_down("20429", "too many requests; this one was not processed"),
    _PAGE.doubt("20500", "internal error at Twilio; the message may have been accepted"),
    _PAGE.doubt("20503", "service unavailable; the message may have been accepted"),
    # ── addresses and permissions ──
    _PAGE.refuse_contact("21211", "the recipient's number is not valid"),
    _PAGE.stop_sender("21212", "the sender's number is not valid"),
    _PAGE.refuse_contact("21214", "the recipient's number cannot be reached"),
    _PAGE.refuse_contact("21217", "the recipient's number seems not to be valid"),
    _PAGE.refuse("21408", "sending to the recipient's region is not enabled"),
    _PAGE.stop_sender("21601", "the sender's number cannot send messages"),
    _PAGE.stop_campaign("21602", "the message had no content"),
    _PAGE.stop_sender("21603", "the message had no sender"),
    _PAGE.refuse("21604", "the message had no recipient"),
    _PAGE.stop_sender("21606", "the sender's number cannot send messages of this kind"),
    _PAGE.refuse("21608", "a trial account sends to verified numbers only"),
    _PAGE.stop_sender("21609", "our status URL was refused"),
    _PAGE.suppress("21610", "the recipient has unsubscribed from this sender"),
    _PAGE.slow_down("21611", "the sender's queue is full"),
    # Of one recipient, or of the sender, which then reaches nobody.
    _PAGE.refuse("21612", "there is no route from this sender to this recipient"),
    _PAGE.refuse_contact("21614", "the recipient's number is not a mobile number"),
    _PAGE.refuse("21617", "the text is longer than 1,600 characters"),
    _PAGE.refuse("21619", "the message had neither a body nor media: the content cannot be used like this"),
    _PAGE.refuse("21620", "a media URL is not valid"),
    _PAGE.stop_campaign("21654", "the template's ContentSid is missing"),
    _PAGE.stop_campaign("21655", "the template's ContentSid is not valid"),
    _PAGE.stop_campaign("21656", "the template's variables are not valid"),
    _PAGE.stop_sender("21701", "there is no such messaging service"),
    _PAGE.stop_sender("21703", "the messaging service has no sender"),
    _PAGE.stop_sender("21705", "the messaging service is not valid"),
    # ── carriers ──
    _PAGE.slow_down("30001", "the queue overflowed"),
    _PAGE.refuse_contact("30003", "the recipient's device cannot be reached"),
    _PAGE.refuse_contact("30004", "the recipient is blocked from receiving it"),
    _PAGE.refuse_contact("30005", "the recipient's device is not known"),
    _PAGE.refuse_contact("30006", "the recipient has a landline or an unreachable carrier"),
    _PAGE.refuse("30007", "the message was filtered"),
    _PAGE.refuse("30008", "delivery failed for an unknown reason"),
    # Meant so, near a campaign's deadline: the last messages of all would else pause it.
    _PAGE.refuse_contact("30036", "the message expired before it left Twilio; it may be dialled again"),
    # ── channels; here: WhatsApp ──
    _PAGE.stop_sender("63001", "the channel refused the sender's authentication"),
    _PAGE.stop_sender("63002", "the sender is not known to the channel"),
    _PAGE.refuse_contact("63003", "the recipient is not known to the channel"),
    _PAGE.refuse("63005", "the channel did not accept the content"),
    _PAGE.refuse("63006", "the content could not be formatted for the channel"),
    _PAGE.stop_sender("63007", "the sender's number is not a channel sender of this account"),
    _PAGE.stop_sender("63008", "the channel is not configured rightly"),
    _PAGE.retry("63009", "the channel failed"),
    _PAGE.retry("63010", "internal error at Twilio"),
    _PAGE.refuse("63011", "the channel called the request invalid"),
    _PAGE.retry("63012", "internal error of the channel"),
    _PAGE.stop_campaign("63013", "the message violates the channel's policy"),
    _PAGE.suppress("63014", "the recipient has blocked this sender"),
    _PAGE.refuse("63015", "the recipient has not joined the sandbox"),
    _PAGE.refuse("63016", "free text outside the 24-hour window", closes_window=True),
    _PAGE.slow_down("63017", "the account's rate limit was exceeded"),
    # Quirk(twilio) two-limits-one-code: 63018 is the number's speed or the portfolio's contacts a day (error page, 2026-11)
    _PAGE.slow_down("63018", "the channel's rate or messaging limit was exceeded", Again.DAY_IF_REPEATED),
    _PAGE.refuse("63019", "the media could not be downloaded; check its link", Again.BACK_OFF),
    _PAGE.stop_sender("63020", "the business account has an error at Meta"),
    _PAGE.refuse("63021", "the channel called the content invalid"),
    _PAGE.stop_sender("63022", "the sender's display name is not certified"),
    _PAGE.retry("63023", "the channel failed without saying why"),
    _PAGE.refuse_contact("63024", "the recipient is not on WhatsApp"),
    _PAGE.retry("63025", "the media was already there"),
    _PAGE.stop_sender("63026", "the sender was flagged as spam"),
    _PAGE.stop_campaign("63027", "the template does not exist in this language"),
    _PAGE.stop_campaign("63028", "the number of variables is not the template's"),
    _PAGE.refuse("63029", "the recipient could not download the template", Again.BACK_OFF),
    _PAGE.refuse("63030", "a parameter is not supported by the channel"),
    _PAGE.refuse_contact("63031", "sender and recipient are the same"),
    _PAGE.refuse_contact("63032", "WhatsApp limits what this recipient is sent"),
    _PAGE.suppress("63033", "the recipient is blocked from receiving"),
    _PAGE.refuse("63034", "the media is larger than the channel takes"),
    _PAGE.refuse("63035", "the operation is for RCS only"),
    _PAGE.refuse_contact("63036", "the recipient cannot be reached by RCS"),
    _PAGE.refuse("63037", "the media could not be uploaded", Again.BACK_OFF),
    _PAGE.slow_down("63038", "the account's daily limit was reached", Again.NEXT_DAY),
    _PAGE.refuse("63039", "a warning of Messenger, which we do not use"),
    _PAGE.stop_campaign("63040", "the template was not accepted"),
    _PAGE.stop_campaign("63041", "the template is paused"),
    _PAGE.refuse_contact("63049", "Meta chose not to deliver this marketing message", Again.NEXT_DAY),
    _PAGE.refuse("63054", "the template is not available"),
    # In the vendor's list without an explanation: a refusal cannot lead to a second message.
    _PAGE.refuse("63051", "a refusal that Twilio does not explain"),
)

# Twilio refuses with 4xx, and no document shows an acceptance by one. Its page on 20500 says that a 5xx may be accepted.
_STATUSES: Final = (
    HTTP.slow_down("http-429", "too many requests"),
    *(HTTP.stop_sender(f"http-{status}", "account or address refused") for status in (401, 403, 404)),
)

CODES: Final = CodeTable(index_rows(_ROWS), index_rows(_STATUSES))


def judge(response: HttpResponse) -> Code:
    """The row of an answer that is no success. Total on arbitrary responses."""
    answer = parse_json(ErrorAnswer, response.body)
    return (
        CODES.judge_status(response.status)
        if answer is None
        else CODES.judge(response.status, str(answer.code), answer.message)
    )
