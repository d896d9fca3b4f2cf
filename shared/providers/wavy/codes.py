"""Wavy's status codes, and the judgement of an answer by its HTTP status. Owns the tables, not the requests.

A status code comes when the message has failed by Wavy's own word, so `again` alone decides whether another attempt may
follow: one, a day later, where the cause may pass (`NEXT_DAY` is the only wait with a single retry). A message that expired
is not sent again by itself: it had days to arrive, and a person may dial it again. The page says of an answer's `errorCode`
only that it repeats the HTTP status; assumed is that it may be a status code.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Status" and "Errors"; for codes
that only SMS is known to use github.com/nyaruka/courier `handlers/wavy/handler.go` @350e9350.
"""

from dataclasses import replace
from typing import Final

from shared.ground.errors import Again, Disposition
from shared.ground.http import HttpResponse
from shared.providers.codes import COURIER, SINCH, Code, CodeTable, index_rows
from shared.providers.wavy.wire import ErrorAnswer, parse_json

_ROWS: Final = (
    # ── sent, and not delivered ──
    SINCH.refuse_contact("101", "the message was not delivered before it expired; it may be dialled again"),
    SINCH.refuse(
        "104",
        "not delivered, for one of: too many messages, an experiment of WhatsApp, a template that the device cannot show, "
        "a closed window, a media that could not be uploaded, an account that is not eligible",
        Again.NEXT_DAY,
    ),
    # ── not sent ──
    SINCH.refuse("102", "the media could not be uploaded to WhatsApp", Again.NEXT_DAY),
    SINCH.refuse("103", "a database error at Wavy", Again.NEXT_DAY),
    COURIER.refuse("201", "a refusal that only Wavy's SMS is known to use"),
    SINCH.refuse_contact("202", "the recipient is not on WhatsApp"),
    COURIER.refuse("203", "a refusal that only Wavy's SMS is known to use"),
    SINCH.suppress("204", "the recipient is on Wavy's list of opt-outs"),
    COURIER.refuse("205", "a refusal that only Wavy's SMS is known to use"),
    SINCH.refuse("206", "the message is too long; check the template and its parameters"),
    SINCH.refuse("207", "a parameter's value is not valid; check the template and its parameters"),
    SINCH.refuse("209", "the content is not valid; check the template"),
    SINCH.refuse("210", "free text outside the 24-hour window; use a template", closes_window=True),
    SINCH.refuse("211", "the recipient is not on Wavy's list of opt-ins: add it there, or have the list switched off"),
    SINCH.refuse("212", "the recipient is not on Wavy's white list: add it there, or have the list switched off"),
    COURIER.refuse("301", "an error that only Wavy's SMS is known to use", Again.NEXT_DAY),
    # The check failed, which may fail for everybody; it did not say no.
    SINCH.refuse("311", "Wavy could not check whether the recipient is on WhatsApp", Again.NEXT_DAY),
)

# The page lists these statuses; that the rest of 4xx refuses is assumed. 420, "message is rate limited", is Wavy's own.
# 404 and 405 can only mean a wrong api_base. After 5xx, 302 and 408 a status with our correlationId shows whether the
# message was accepted.
# Quirk(wavy) throttles-with-420: "message is rate limited" (page "WhatsApp API", 2026-11)
_STATUSES: Final = (
    *(SINCH.refuse(f"http-{status}", "the request was refused") for status in (400, 412)),
    *(SINCH.stop_sender(f"http-{status}", "user name or token refused") for status in (401, 403)),
    *(SINCH.stop_sender(f"http-{status}", "Wavy's address is wrong") for status in (404, 405)),
    *(SINCH.slow_down(f"http-{status}", "too many messages") for status in (420, 429)),
)

# ── before any request ──────────────────────────────────────────────────────────────────────────────────────────────

NO_NUMBER: Final = SINCH.refuse_contact(
    "no-number", "Wavy knows contacts by their phone number only, and this one's is not known"
)
NO_VIDEO: Final = SINCH.refuse("no-video", "Wavy carries a video in a template's header only; send it as a document")
LONG_TITLE: Final = SINCH.refuse("long-title", "Wavy takes at most 60 characters in a template's header")
NAMED: Final = SINCH.stop_campaign(
    "named", "Wavy fills placeholders by their order: they must be numbers, {{1}}, {{2}} …"
)
BUTTONS: Final = SINCH.stop_campaign(
    "buttons", "Wavy documents no buttons with parameters: use a template whose buttons are fixed"
)
NO_HEADER: Final = SINCH.stop_campaign("header", 'a header with a parameter needs the option style = "template"')
NO_PLACE: Final = SINCH.stop_campaign("location", "Wavy documents no header that is a location: use another template")
BAD_OPTION: Final = SINCH.stop_sender(
    "option", 'an option of the sender is wrong: style is "hsm" or "template", ttl_days is 1 to 30'
)

CODES: Final = CodeTable(
    index_rows(_ROWS),
    index_rows(_STATUSES),
    index_rows((NO_NUMBER, NO_VIDEO, LONG_TITLE, NAMED, BUTTONS, NO_HEADER, NO_PLACE, BAD_OPTION)),
)


# Quirk(wavy) error-code-repeats-status: errorCode is the HTTP status again (page "WhatsApp API", 2026-11)
def judge(response: HttpResponse) -> Code:
    """The row of an answer that is no success. Total on arbitrary responses.

    The status decides; `errorCode` explains a refusal, where it does not merely repeat the status.
    """
    answer = parse_json(ErrorAnswer, response.body)
    row = CODES.judge(response.status, None, "" if answer is None else answer.error_message)
    if answer is None or answer.error_code is None or answer.error_code == response.status:
        return row
    code = str(answer.error_code)
    if row.disposition is Disposition.REFUSED and code in CODES.rows:
        return replace(CODES.rows[code], words=row.words)
    return replace(row, code=code)
