"""Meta's error codes, and the judgement of an answer by them. Owns the tables, not the requests.

One table serves answers and status webhooks, because Meta uses one numbering for both. In a status the message has failed
by Meta's own word, so `again` alone decides whether another attempt may follow.

`NotAccepted` is for causes that end by themselves, because it is tried again until they do. A failure whose cause Meta does
not name, or a file that it could not fetch, is refused, and tried again a bounded number of times: twice, minutes apart
(the reference says once; the only single retry is a day later, too late for an appointment).
Templates and senders that became unusable are `never`: nothing helps until a person has acted, and then redrives.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (read 2026-09-11);
for codes that this page lacks, github.com/david-lev/pywa `pywa/errors.py` @0bcf2f19; for the choice of codes that throttle,
also github.com/nyaruka/courier `handlers/meta/handlers.go` @350e9350.
"""

from typing import Final

from shared.ground.errors import Again
from shared.ground.http import HttpResponse
from shared.providers.codes import HTTP, Code, CodeTable, Page, index_rows
from shared.providers.meta.wire.answers import ErrorAnswer, Trouble
from shared.providers.wire import parse_json

_PAGE: Final = Page("https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes")
_PYWA: Final = Page("https://github.com/david-lev/pywa/blob/0bcf2f192ff3cf8ae24a425d85f4295e3cca7a62/pywa/errors.py")

# Meta asks for 4^n seconds after the n-th try: here its third step at once, since tries are not counted by contact.
PAIR_S: Final = 64.0
# Meta prepares a template for the Marketing Messages API within about 10 minutes.
PREPARING_S: Final = 600.0

_ROWS: Final = (
    # ── the token, its permissions, the Graph API ──
    _PAGE.stop_sender("0", "the access token could not be authenticated"),
    _PAGE.doubt("1", "an unknown error of the API; the message may have been accepted"),
    _PAGE.doubt("2", "the API was not available for a moment; the message may have been accepted"),
    _PAGE.stop_sender("3", "the app lacks a capability or a permission"),
    _PAGE.slow_down("4", "the app has made too many calls"),
    _PAGE.stop_sender("10", "a permission is not granted or was withdrawn"),
    _PAGE.refuse("33", "a parameter's value is not valid, or the number was deleted"),
    _PAGE.refuse("100", "a parameter is not valid"),
    _PAGE.stop_sender("190", "the access token has expired"),
    *(_PAGE.stop_sender(str(code), "a permission is not granted or was withdrawn") for code in range(200, 300)),
    _PAGE.stop_sender("368", "the account is blocked for violating a policy"),
    _PAGE.slow_down("80007", "the WhatsApp Business account has reached its rate limit"),
    # ── this number, this contact ──
    _PAGE.refuse_contact("130403", "the business has blocked this contact"),
    _PAGE.slow_down("130429", "the number's throughput was exceeded"),
    _PAGE.refuse_contact("130472", "the contact is part of an experiment of WhatsApp"),
    _PAGE.refuse("130497", "the account may not send to the contact's country"),
    _PAGE.refuse("131000", "the message failed for a reason that Meta does not know", Again.BACK_OFF),
    _PAGE.refuse("131005", "access was denied"),
    _PAGE.refuse("131008", "a required parameter is missing"),
    _PAGE.refuse("131009", "a parameter's value is not valid"),
    _PAGE.retry("131016", "a service of Meta's is not available for a moment"),
    _PAGE.refuse_contact("131021", "sender and recipient are the same"),
    _PAGE.refuse_contact(
        "131026", "the message cannot be delivered: not on WhatsApp, an old version, or its terms not accepted"
    ),
    _PYWA.stop_sender("131030", "the recipient is not on the test number's list: test numbers cannot run campaigns"),
    _PAGE.stop_sender("131031", "the account is locked"),
    _PAGE.stop_sender("131037", "the number's display name is not approved"),
    _PAGE.stop_sender("131042", "there is a problem with the payment method"),
    _PYWA.stop_sender("131044", "there is a problem with the payment method"),
    _PAGE.stop_sender("131045", "the number is not registered rightly"),
    _PAGE.refuse("131047", "free text outside the 24-hour window; use a template", closes_window=True),
    # Quality, not speed: waiting seconds does not help. NEXT_DAY pauses the sender's campaigns and loses no row.
    _PAGE.slow_down("131048", "too many messages of this number were blocked or reported as spam", Again.NEXT_DAY),
    _PAGE.refuse_contact("131049", "WhatsApp sends this contact no more marketing for now", Again.NEXT_DAY),
    _PAGE.suppress("131050", "the contact has stopped this sender's marketing messages", scope="marketing"),
    _PAGE.refuse("131051", "the type of message is not supported"),
    _PAGE.refuse("131052", "a file could not be downloaded", Again.BACK_OFF),
    _PAGE.refuse("131053", "a file could not be uploaded; check its link, type and size", Again.BACK_OFF),
    # Of marketing or of one template: the sender's utility campaigns go on.
    _PAGE.stop_campaign("131055", "this message cannot be sent by the Marketing Messages API: see marketing_endpoint"),
    # Of one pair of numbers: the sender need not slow down for others.
    _PAGE.retry_contact("131056", "too many messages from this number to this contact", wait_s=PAIR_S),
    _PAGE.retry("131057", "the account is in maintenance, for about a minute"),
    # Of one contact, or of a message that goes to no user id, in a base of user ids.
    _PAGE.refuse("131062", "this message cannot be sent to a user id; it needs a phone number"),
    _PAGE.stop_campaign(
        "131063", "this number sends marketing templates by the Marketing Messages API only: see marketing_endpoint"
    ),
    _PAGE.slow_down("131064", "limited, since templates were put in wrong categories", Again.NEXT_DAY),
    # ── templates and flows ──
    _PAGE.stop_campaign("132000", "the number of parameters is not the template's"),
    _PAGE.stop_campaign("132001", "the template does not exist in this language, or is not approved"),
    _PAGE.refuse("132005", "the text with its parameters is too long"),
    _PAGE.stop_campaign("132007", "the template violates a policy"),
    _PAGE.refuse("132008", "a parameter's value is not valid"),
    _PAGE.refuse("132012", "a parameter's format is not the template's"),
    _PAGE.stop_campaign("132015", "the template is paused for its quality"),
    _PAGE.stop_campaign("132016", "the template is disabled for its quality, for good"),
    _PAGE.refuse("132018", "a parameter of the template is not valid"),
    _PAGE.stop_campaign("132068", "the template's flow is blocked"),
    _PAGE.slow_down("132069", "the template's flow is throttled"),
    # ── registration ──
    _PAGE.stop_sender("133000", "an earlier deregistration of the number has failed"),
    _PAGE.retry("133004", "a server of Meta's is not available for a moment"),
    _PAGE.stop_sender("133005", "the PIN of the number's two-step verification is wrong"),
    _PAGE.stop_sender("133006", "the number must be verified again"),
    _PAGE.stop_sender("133007", "the number could not be registered"),
    _PAGE.stop_sender("133008", "the PIN was wrong too often"),
    _PAGE.stop_sender("133009", "the PIN was entered too quickly"),
    _PAGE.stop_sender("133010", "the number is not registered with the Cloud API"),
    *(_PAGE.stop_sender(str(code), "the number could not be registered") for code in range(133011, 133015)),
    _PAGE.stop_sender("133015", "the number was deleted a moment ago and is not gone yet"),
    _PAGE.stop_sender("133016", "the number was registered or deregistered too often"),
    _PAGE.stop_sender("134011", "the terms of WhatsApp payments are not accepted"),
    _PAGE.stop_campaign("134100", "the Marketing Messages API takes marketing templates only"),
    _PAGE.retry("134101", "the template is still being prepared for the Marketing Messages API", wait_s=PREPARING_S),
    _PAGE.stop_campaign("134102", "the template cannot be used with the Marketing Messages API"),
    _PAGE.refuse("135000", "an unknown error with the request's parameters"),
    _PYWA.refuse_contact("137000", "the contact's identity key is not the one that was given"),
)

_STATUSES: Final = (
    HTTP.slow_down("http-429", "too many requests"),
    *(HTTP.stop_sender(f"http-{status}", "the access token was refused") for status in (401, 403)),
    HTTP.stop_sender("http-404", "Meta's address is wrong"),
)

# ── before any request ──────────────────────────────────────────────────────────────────────────────────────────────

BAD_VERSION: Final = _PAGE.stop_sender("option", 'the option api_version is wrong: it looks like "v25.0"')

BAD_ENDPOINT: Final = _PAGE.stop_campaign(
    "endpoint", 'the option marketing_endpoint is wrong: it is "marketing_messages" or "messages"'
)

CODES: Final = CodeTable(index_rows(_ROWS), index_rows(_STATUSES), index_rows((BAD_VERSION, BAD_ENDPOINT)))


# Quirk(meta) foreign-code-with-429: 429 throttles, whatever its code, as 613 (courier @350e9350, 2026-11)
def judge(response: HttpResponse) -> Code:
    """The row of an answer that is no success. Total on arbitrary responses."""
    error = _read_error(response)
    return CODES.judge(response.status, _code_of(error), error.words)


def find_code(response: HttpResponse) -> str | None:
    """Meta's code in the body of an error, or None."""
    return _code_of(_read_error(response))


def _code_of(error: Trouble) -> str | None:
    return None if error.code is None else str(error.code)


def _read_error(response: HttpResponse) -> Trouble:
    return (parse_json(ErrorAnswer, response.body) or ErrorAnswer()).error
