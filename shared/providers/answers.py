"""One request and its answer, timed and counted. Owns the two metrics of every send, whoever sends."""

import time
from collections.abc import Awaitable

from shared.ground import telemetry
from shared.ground.errors import InputError, Refused, SendError
from shared.ground.http import LATE
from shared.ground.ids import SenderId
from shared.providers.messages import Receipt


async def answer_to(sender: SenderId, request: Awaitable[Receipt]) -> Receipt | SendError | None:
    """The receipt or the error, returned alike; None for a request that was too late to be written. request: of the
    sender's `ProviderClient`.
    """
    began = time.perf_counter()
    answer = await _answer_to(request)
    if isinstance(answer, SendError) and answer.code == LATE:
        return None
    telemetry.send_seconds(sender).observe(time.perf_counter() - began)
    outcome = "accepted" if isinstance(answer, Receipt) else answer.disposition.value
    telemetry.sends(sender, outcome).inc()
    return answer


async def _answer_to(request: Awaitable[Receipt]) -> Receipt | SendError:
    try:
        return await request
    except SendError as error:
        return error
    except InputError as error:
        return refused(error)


def refused(error: InputError) -> Refused:
    """The message was taken while the provider could carry it; its word on that has changed, maybe for every contact."""
    return Refused(error.code, error.detail, may_concern_all=True)
