"""One request and its answer, timed and counted. Owns the two metrics of every send, whoever sends."""

import time
from collections.abc import Awaitable

from shared.ground import telemetry
from shared.ground.errors import InputError, Refused, SendError
from shared.ground.ids import SenderId
from shared.providers.messages import Receipt


async def answer_to(sender: SenderId, request: Awaitable[Receipt]) -> Receipt | SendError:
    """The receipt or the error, returned alike. request: of the sender's `ProviderClient`."""
    answer = await _timed(sender, request)
    outcome = "accepted" if isinstance(answer, Receipt) else answer.disposition.value
    telemetry.sends(sender, outcome).inc()
    return answer


async def _timed(sender: SenderId, request: Awaitable[Receipt]) -> Receipt | SendError:
    began = time.perf_counter()
    try:
        return await request
    except SendError as error:
        return error
    except InputError as error:
        return refused(error)
    finally:
        telemetry.send_seconds(sender).observe(time.perf_counter() - began)


def refused(error: InputError) -> Refused:
    """The message was taken while the provider could carry it; its word on that has changed."""
    return Refused(error.code, error.detail)
