"""Codes of `metaData.channelStatus`, and the judgement of an answer by its HTTP status. Owns the tables, not the requests.

Hey publishes neither. Its clients' reports show the numbers of the channel behind it, Wavy (later Sinch), whose
documents explain them; the HTTP statuses are the contract that we assume. Unverified against the live service.
A channel status comes when the message has failed by the channel's own word, so `again` alone decides whether another
attempt may follow.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (status codes), and for those
that only SMS is known to use github.com/nyaruka/courier `handlers/wavy/handler.go` @350e9350.
"""

from typing import Final

from shared.ground.errors import Again
from shared.ground.http import HttpResponse
from shared.providers.codes import COURIER, HTTP, SINCH, Code, CodeTable, Page, index_rows

_CLIENT: Final = Page(
    "https://github.com/yornipaz/medio-odoo/blob/b716e664/custom-addons/hey_now_integration/models/provider/heynow.py"
)

_ROWS: Final = (
    # It had days to arrive: a person decides whether it is still worth sending.
    SINCH.refuse_contact("101", "the message expired before it was delivered; it may be dialled again"),
    SINCH.refuse("102", "the channel could not be reached, or the media not be uploaded", Again.BACK_OFF),
    # To be tried once more: `NEXT_DAY` is the only wait with a single retry.
    SINCH.refuse("103", "the channel failed", Again.NEXT_DAY),
    # One code for many causes: a limit, an experiment, a closed window, a device that cannot show the template. None of
    # them passes within minutes.
    SINCH.refuse("104", "not delivered; the channel does not say why", Again.NEXT_DAY),
    COURIER.refuse("201", "a refusal that the channel does not explain"),
    SINCH.refuse_contact("202", "the recipient's number is not valid"),
    COURIER.refuse("203", "a refusal that the channel does not explain"),
    SINCH.suppress("204", "the recipient has unsubscribed from this sender"),
    COURIER.refuse("205", "a refusal that the channel does not explain"),
    SINCH.refuse("206", "the message's length is not valid; check the template"),
    SINCH.refuse("207", "the message's text or a parameter is not valid; check the template"),
    SINCH.refuse("209", "the message's content is not valid; check the template"),
    SINCH.refuse("210", "free text outside the 24-hour window", closes_window=True),
    SINCH.refuse("211", "the recipient is not on the channel's list of those who agreed"),
    SINCH.refuse("212", "the recipient is not on the channel's list of those who may be written to"),
    COURIER.retry("301", "the channel failed without saying why"),
    SINCH.retry("311", "the channel could not check the recipient"),
)

_STATUSES: Final = (
    *(HTTP.refuse(f"http-{status}", "the request was refused") for status in (400, 404, 422)),
    *(HTTP.stop_sender(f"http-{status}", "the credentials were refused") for status in (401, 403)),
    HTTP.slow_down("http-429", "too many requests"),
)

# ── before any request ──────────────────────────────────────────────────────────────────────────────────────────────

PARTS: Final = _CLIENT.stop_campaign("hsm-parts", "Hey takes no header and no buttons of a template")
NAMED: Final = _CLIENT.stop_campaign("hsm-names", "Hey takes a template's parameters by their number only")
BAD_PATH: Final = _CLIENT.stop_sender("send-path", "the option send_path has no {client_id}; nothing was sent")

# A 4xx that the contract does not name proves nothing either.
CODES: Final = CodeTable(
    index_rows(_ROWS), index_rows(_STATUSES), index_rows((PARTS, NAMED, BAD_PATH)), refuses_unlisted=False
)


def judge(response: HttpResponse) -> Code:
    """The row of an answer that is no success, by its status alone: no body is known. Total on arbitrary responses."""
    return CODES.judge_status(response.status)
