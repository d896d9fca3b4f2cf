"""The part of a dialect that registers content with the provider before a message. Owns no wire.

A dialect without it sends every message by a single request.
"""

from typing import Protocol

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.messages import FreeMessage


class Preparing(Protocol):
    """Every function is pure."""

    def build_preparation(self, account: Account, message: FreeMessage) -> HttpRequest | None:
        """The request that must be answered before `Sending.build_free`; None where this message needs none.

        It may be sent twice, and its answer serves every message that differs only in `to` and `reply_to`.
        """
        ...

    def read_preparation(self, response: HttpResponse) -> str:
        """The value that `Sending.build_free` needs. Total on arbitrary responses.

        *Raises*: as `Sending.read_receipt`; never OutcomeUnknown, since no message was sent.
        """
        ...
