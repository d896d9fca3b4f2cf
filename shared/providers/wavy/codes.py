"""Wavy's status codes, and what its HTTP statuses mean for a job. Owns the tables, not the reading of bodies.

A status code comes when the message has failed by Wavy's own word, so `again` alone says whether another attempt may
follow: one, a day later, where the cause may pass (`NEXT_DAY` is the only wait with a single retry). What expired is not
sent again by itself: it had days to arrive, and a person may dial it again. That an answer's `errorCode` may be a status
code is assumed; documented is only that it repeats the HTTP status.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Status" and "Errors"; for codes
that only SMS is known to use github.com/nyaruka/courier `handlers/wavy/handler.go` @350e9350.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from shared.ground.errors import Again, Disposition
from shared.providers.base import Code

_SINCH = "https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api"
_COURIER = "https://github.com/nyaruka/courier/blob/350e935007fd7e7cab689feee5ce97e326d49099/handlers/wavy/handler.go"
UNKNOWN_CODE: Final = "unknown code"


def _refused(code: str, gloss: str, source: str = _SINCH) -> Code:
    return Code(code, gloss, Disposition.REFUSED, Again.NEVER, source)


def _later(code: str, gloss: str, source: str = _SINCH) -> Code:
    return Code(code, gloss, Disposition.REFUSED, Again.NEXT_DAY, source)


_ROWS: Final = (
    # ── what became of a message that was sent ──
    _refused("101", "the message was not delivered before it expired; it may be dialled again"),
    _later(
        "104",
        "not delivered, for one of: too many messages, an experiment of WhatsApp, a template that the device cannot show, "
        "a closed window, a media that could not be uploaded, an account that is not eligible",
    ),
    # ── what was not sent ──
    _later("102", "the media could not be uploaded to WhatsApp"),
    _later("103", "a database error at Wavy"),
    _refused("201", "a refusal that only Wavy's SMS is known to use", _COURIER),
    _refused("202", "the recipient is not on WhatsApp"),
    _refused("203", "a refusal that only Wavy's SMS is known to use", _COURIER),
    Code("204", "the recipient is on Wavy's list of opt-outs", Disposition.SUPPRESS, Again.NEVER, _SINCH),
    _refused("205", "a refusal that only Wavy's SMS is known to use", _COURIER),
    _refused("206", "the message is too long; check the template and its parameters"),
    _refused("207", "a parameter's value is not valid; check the template and its parameters"),
    _refused("209", "the content is not valid; check the template"),
    replace(_refused("210", "free text outside the 24-hour window; use a template"), closes_window=True),
    _refused("211", "the recipient is not on Wavy's list of opt-ins: add it there, or have the list switched off"),
    _refused("212", "the recipient is not on Wavy's white list: add it there, or have the list switched off"),
    _later("301", "an error that only Wavy's SMS is known to use", _COURIER),
    _later("311", "Wavy could not check whether the recipient is on WhatsApp"),
)

CODES: Final[Mapping[str, Code]] = MappingProxyType({row.code: row for row in _ROWS})

# ── what never leaves this process ──────────────────────────────────────────────────────────────────────────────────

NO_NUMBER: Final = _refused("no-number", "Wavy knows contacts by their phone number only, and this one's is not known")
NO_VIDEO: Final = _refused("no-video", "Wavy carries a video in a template's header only; send it as a document")
LONG_TITLE: Final = _refused("long-title", "Wavy takes at most 60 characters in a template's header")
NO_PREPARATION: Final = _refused("no-preparation", "Wavy prepares nothing")


def _template(code: str, gloss: str) -> Code:
    return Code(code, gloss, Disposition.TEMPLATE_UNUSABLE, Again.NEVER, _SINCH)


NAMED: Final = _template("named", "Wavy fills placeholders by their order: they must be numbers, {{1}}, {{2}} …")
BUTTONS: Final = _template(
    "buttons", "Wavy documents no buttons with parameters: use a template whose buttons are fixed"
)
NO_HEADER: Final = _template("header", 'a header with a parameter needs the option style = "template"')
BAD_OPTION: Final = Code(
    "option",
    'an option of the sender is wrong: style is "hsm" or "template", ttl_days is 1 to 30',
    Disposition.SENDER_UNUSABLE,
    Again.NEVER,
    _SINCH,
)


def by_http_status(status: int) -> Code:
    """The row for an answer that is no acceptance. Total on integers. The statuses are listed, their classes are assumed.

    420, "message is rate limited", is Wavy's own. 404 and 405 can only mean that api_base is wrong. 5xx, 302 and 408 prove
    nothing: whether the message was accepted, a status with our correlationId will tell.
    """
    code = f"http-{status}"
    match status:
        case 401 | 403:
            return Code(code, "user name or token refused", Disposition.SENDER_UNUSABLE, Again.NEVER, _SINCH)
        case 404 | 405:
            return Code(code, "Wavy's address is wrong", Disposition.SENDER_UNUSABLE, Again.NEVER, _SINCH)
        case 420 | 429:
            return Code(code, "too many messages", Disposition.NOT_ACCEPTED, Again.BACK_OFF, _SINCH, throttles=True)
        case 400 | 412:
            return Code(code, "the request was refused", Disposition.REFUSED, Again.NEVER, _SINCH)
        case _ if 400 <= status < 500 and status != 408:  # noqa: PLR2004 (the class of statuses, as in the docstring)
            return Code(code, UNKNOWN_CODE, Disposition.REFUSED, Again.NEVER, _SINCH)
        case _:
            return Code(code, "an answer that proves nothing", Disposition.UNKNOWN, Again.NEVER, _SINCH)
