"""Meta's error codes: what each means for a job. Owns the table, not the reading of answers (see `sending`).

One table serves answers and status webhooks, because Meta uses one numbering for both. In a status the message has failed
by Meta's own word, so `again` alone says whether another attempt may follow.

`NotAccepted` is for what ends by itself, because it is asked again until it does. What fails by a cause that Meta does
not name, or by a file that it could not fetch, is refused, and tried again a bounded number of times: twice, minutes
apart (the reference says once; the only single retry is a day later, too late for an appointment).
Templates and senders that became unusable are `never`: nothing helps until a person has acted, and then redrives.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (read 2026-09-11);
for codes that this page lacks, github.com/david-lev/pywa `pywa/errors.py` @0bcf2f19; what counts as throttling, also
github.com/nyaruka/courier `handlers/meta/handlers.go` @350e9350.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from shared.ground.errors import Again, Disposition
from shared.providers.base import Code

_PAGE: Final = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
_PYWA: Final = "https://github.com/david-lev/pywa/blob/0bcf2f192ff3cf8ae24a425d85f4295e3cca7a62/pywa/errors.py"
_HTTP: Final = "https://www.rfc-editor.org/rfc/rfc9110#section-15"
UNKNOWN_CODE: Final = "unknown code"


def _refused(code: str, gloss: str, again: Again = Again.NEVER, source: str = _PAGE) -> Code:
    return Code(code, gloss, Disposition.REFUSED, again, source)


PAIR_S: Final = (
    64.0  # Meta asks for 4^n seconds: here its third step at once, since nobody counts the tries of one contact
)


def _suppress(code: str, gloss: str) -> Code:
    return Code(code, gloss, Disposition.SUPPRESS, Again.NEVER, _PAGE)


def _later(code: str, gloss: str) -> Code:
    return Code(code, gloss, Disposition.NOT_ACCEPTED, Again.BACK_OFF, _PAGE)


def _slower(code: str, gloss: str, again: Again = Again.BACK_OFF) -> Code:
    return Code(code, gloss, Disposition.NOT_ACCEPTED, again, _PAGE, throttles=True)


def _unknown(code: str, gloss: str) -> Code:
    return Code(code, gloss, Disposition.UNKNOWN, Again.NEVER, _PAGE)


def _template(code: str, gloss: str) -> Code:
    return Code(code, gloss, Disposition.TEMPLATE_UNUSABLE, Again.NEVER, _PAGE)


def _sender(code: str, gloss: str, source: str = _PAGE) -> Code:
    return Code(code, gloss, Disposition.SENDER_UNUSABLE, Again.NEVER, source)


_ROWS: Final = (
    # ── the token, its permissions, the Graph API ──
    _sender("0", "the access token could not be authenticated"),
    _unknown("1", "an unknown error of the API; the message may have been accepted"),
    _unknown("2", "the API was not available for a moment; the message may have been accepted"),
    _sender("3", "the app lacks a capability or a permission"),
    _slower("4", "the app has made too many calls"),
    _sender("10", "a permission is not granted or was withdrawn"),
    _refused("33", "a parameter's value is not valid, or the number was deleted"),
    _refused("100", "a parameter is not valid"),
    _sender("190", "the access token has expired"),
    *(_sender(str(code), "a permission is not granted or was withdrawn") for code in range(200, 300)),
    _sender("368", "the account is blocked for violating a policy"),
    _slower("80007", "the WhatsApp Business account has reached its rate limit"),
    # ── this number, this contact ──
    _refused("130403", "the business has blocked this contact"),
    _slower("130429", "the number's throughput was exceeded"),
    _refused("130472", "the contact is part of an experiment of WhatsApp"),
    _refused("130497", "the account may not send to the contact's country"),
    _refused("131000", "the message failed for a reason that Meta does not know", Again.BACK_OFF),
    _refused("131005", "access was denied"),
    _refused("131008", "a required parameter is missing"),
    _refused("131009", "a parameter's value is not valid"),
    _later("131016", "a service of Meta's is not available for a moment"),
    _refused("131021", "sender and recipient are the same"),
    _refused("131026", "the message cannot be delivered: not on WhatsApp, an old version, or its terms not accepted"),
    _sender("131030", "the recipient is not on the test number's list: test numbers cannot run campaigns", _PYWA),
    _sender("131031", "the account is locked"),
    _sender("131037", "the number's display name is not approved"),
    _sender("131042", "there is a problem with the payment method"),
    _sender("131044", "there is a problem with the payment method", _PYWA),
    _sender("131045", "the number is not registered rightly"),
    replace(_refused("131047", "free text outside the 24-hour window; use a template"), closes_window=True),
    # Quality, not speed: waiting seconds does not help. NEXT_DAY pauses the sender's campaigns and loses no row.
    _slower("131048", "too many messages of this number were blocked or reported as spam", Again.NEXT_DAY),
    _refused("131049", "WhatsApp sends this contact no more marketing for now", Again.NEXT_DAY),
    replace(_suppress("131050", "the contact has stopped this sender's marketing messages"), scope="marketing"),
    _refused("131051", "the type of message is not supported"),
    _refused("131052", "a file could not be downloaded", Again.BACK_OFF),
    _refused("131053", "a file could not be uploaded; check its link, type and size", Again.BACK_OFF),
    _sender("131055", "the Marketing Messages API cannot be used like this"),
    # Of one pair of numbers: it asks nobody else to slow down.
    replace(_later("131056", "too many messages from this number to this contact"), wait_s=PAIR_S),
    _later("131057", "the account is in maintenance, for about a minute"),
    _refused("131062", "this message cannot be sent to a user id; it needs a phone number"),
    _sender("131063", "marketing templates are switched off for this number on this API"),
    _slower("131064", "limited, since templates were put in wrong categories", Again.NEXT_DAY),
    # ── templates and flows ──
    _template("132000", "the number of parameters is not the template's"),
    _template("132001", "the template does not exist in this language, or is not approved"),
    _refused("132005", "the text with its parameters is too long"),
    _template("132007", "the template violates a policy"),
    _refused("132008", "a parameter's value is not valid"),
    _refused("132012", "a parameter's format is not the template's"),
    _template("132015", "the template is paused for its quality"),
    _template("132016", "the template is disabled for its quality, for good"),
    _refused("132018", "a parameter of the template is not valid"),
    _template("132068", "the template's flow is blocked"),
    _slower("132069", "the template's flow is throttled"),
    # ── registration ──
    _sender("133000", "an earlier deregistration of the number has failed"),
    _later("133004", "a server of Meta's is not available for a moment"),
    _sender("133005", "the PIN of the number's two-step verification is wrong"),
    _sender("133006", "the number must be verified again"),
    _sender("133007", "the number could not be registered"),
    _sender("133008", "the PIN was wrong too often"),
    _sender("133009", "the PIN was entered too quickly"),
    _sender("133010", "the number is not registered with the Cloud API"),
    *(_sender(str(code), "the number could not be registered") for code in range(133011, 133015)),
    _sender("133015", "the number was deleted a moment ago and is not gone yet"),
    _sender("133016", "the number was registered or deregistered too often"),
    _sender("134011", "the terms of WhatsApp payments are not accepted"),
    _sender("134100", "the Marketing Messages API takes marketing templates only"),
    _sender("134101", "the template is still being prepared for the Marketing Messages API"),
    _sender("134102", "the template cannot be used with the Marketing Messages API"),
    _refused("135000", "an unknown error with the request's parameters"),
    _refused("137000", "the contact's identity key is not the one that was given", source=_PYWA),
)

CODES: Final[Mapping[str, Code]] = MappingProxyType({row.code: row for row in _ROWS})

# ── what never leaves this process ──────────────────────────────────────────────────────────────────────────────────

NO_PREPARATION: Final = _refused("no-preparation", "Meta prepares nothing")
BAD_VERSION: Final = _sender("option", 'the option api_version is wrong: it looks like "v25.0"')


def by_http_status(status: int) -> Code:
    """The row for an answer without a code that we know. Total on integers.

    5xx, 3xx and 408 prove nothing: a POST is not idempotent, and may have been accepted before the answer went wrong.
    """
    code = f"http-{status}"
    match status:
        case 429:
            return Code(code, "too many requests", Disposition.NOT_ACCEPTED, Again.BACK_OFF, _HTTP, throttles=True)
        case 401 | 403:
            return Code(code, "the access token was refused", Disposition.SENDER_UNUSABLE, Again.NEVER, _HTTP)
        case 404:
            return Code(code, "Meta's address is wrong", Disposition.SENDER_UNUSABLE, Again.NEVER, _HTTP)
        case _ if 400 <= status < 500 and status != 408:  # noqa: PLR2004 (the class of statuses, as in the docstring)
            return Code(code, UNKNOWN_CODE, Disposition.REFUSED, Again.NEVER, _HTTP)
        case _:
            return Code(code, "an answer that proves nothing", Disposition.UNKNOWN, Again.NEVER, _HTTP)
