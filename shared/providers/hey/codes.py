"""The numbers of `metaData.channelStatus`, and what Hey's HTTP statuses mean. Owns the tables, not the reading of bodies.

Hey publishes neither. Its clients' reports show the numbers of the channel behind it, Wavy (later Sinch), whose
documents explain them; the HTTP statuses are the contract that we assume. Unverified against the live service.
A channel status comes when the message has failed by the channel's own word, so `again` alone says whether another
attempt may follow.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (status codes), and for those
that only SMS is known to use github.com/nyaruka/courier `handlers/wavy/handler.go` @350e9350.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from shared.ground.errors import Again, Disposition, Refused, SendError
from shared.providers.base import Code
from shared.providers.events import DeliveryStatus
from shared.providers.hey.wire import ChannelStatus

_SINCH = "https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api"
_COURIER = "https://github.com/nyaruka/courier/blob/350e935007fd7e7cab689feee5ce97e326d49099/handlers/wavy/handler.go"
_HTTP = "https://www.rfc-editor.org/rfc/rfc9110#section-15"
UNKNOWN_CODE: Final = "unknown code"


def _refused(code: str, gloss: str, again: Again = Again.NEVER, source: str = _SINCH) -> Code:
    return Code(code, gloss, Disposition.REFUSED, again, source)


def _later(code: str, gloss: str, source: str = _SINCH) -> Code:
    return Code(code, gloss, Disposition.NOT_ACCEPTED, Again.BACK_OFF, source)


_ROWS: Final = (
    # It had days to arrive: whether it is still worth sending, a person knows.
    _refused("101", "the message expired before it was delivered; it may be dialled again"),
    _later("102", "the channel could not be reached, or the media not be uploaded"),
    # To be tried once more, and `NEXT_DAY` is the wait that has a single retry.
    _refused("103", "the channel failed", Again.NEXT_DAY),
    # One code for many causes: a limit, an experiment, a closed window, a device that cannot show the template. None of
    # them passes within minutes.
    _refused("104", "not delivered; the channel does not say why", Again.NEXT_DAY),
    _refused("201", "a refusal that the channel does not explain", source=_COURIER),
    _refused("202", "the recipient's number is not valid"),
    _refused("203", "a refusal that the channel does not explain", source=_COURIER),
    Code("204", "the recipient has unsubscribed from this sender", Disposition.SUPPRESS, Again.NEVER, _SINCH),
    _refused("205", "a refusal that the channel does not explain", source=_COURIER),
    _refused("206", "the message's length is not valid; check the template"),
    _refused("207", "the message's text or a parameter is not valid; check the template"),
    _refused("209", "the message's content is not valid; check the template"),
    replace(_refused("210", "free text outside the 24-hour window"), closes_window=True),
    _refused("211", "the recipient is not on the channel's list of those who agreed"),
    _refused("212", "the recipient is not on the channel's list of those who may be written to"),
    _later("301", "the channel failed without saying why", _COURIER),
    _later("311", "the channel could not check the recipient"),
)

CODES: Final[Mapping[str, Code]] = MappingProxyType({row.code: row for row in _ROWS})
STATES: Final[Mapping[str, DeliveryStatus]] = MappingProxyType(
    {"2": DeliveryStatus.SENT, "4": DeliveryStatus.DELIVERED, "5": DeliveryStatus.READ}
)
_FAILURE = re.compile(r"[1-9][0-9]{2,5}")  # all failures have three digits, and no state has

Standing = tuple[DeliveryStatus, SendError | None]


def standing(status: ChannelStatus) -> Standing | None:
    """How far a message has come, and why no further; None where that is not said. The later word counts."""
    return _standing(status.delivered_status_code.strip()) or _standing(status.sent_status_code.strip())


def _standing(code: str) -> Standing | None:
    if code in STATES:
        return STATES[code], None
    if code in CODES:
        return DeliveryStatus.FAILED, CODES[code].error()
    if _FAILURE.fullmatch(code):
        return DeliveryStatus.FAILED, Refused(code, UNKNOWN_CODE)
    return None


def by_http_status(status: int) -> Code:
    """The row for an answer that is no acceptance. Total on integers.

    5xx, and whatever the contract does not name, prove nothing: the message may have been accepted before the answer
    went wrong.
    """
    code = f"http-{status}"
    match status:
        case 400 | 404 | 422:
            return Code(code, "the request was refused", Disposition.REFUSED, Again.NEVER, _HTTP)
        case 401 | 403:
            return Code(code, "the credentials were refused", Disposition.SENDER_UNUSABLE, Again.NEVER, _HTTP)
        case 429:
            return Code(code, "too many requests", Disposition.NOT_ACCEPTED, Again.BACK_OFF, _HTTP, throttles=True)
        case _:
            return Code(code, "an answer that proves nothing", Disposition.UNKNOWN, Again.NEVER, _HTTP)
