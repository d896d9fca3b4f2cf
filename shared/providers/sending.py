"""The part of a dialect that sends: message → request, answer → receipt or error. Owns no wire."""

from typing import Protocol

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.messages import FreeMessage, Receipt, TemplateMessage


class Sending(Protocol):
    """Every function is pure."""

    def build_template(
        self, account: Account, message: TemplateMessage, reference: str, webhook_url: str
    ) -> HttpRequest:
        """The exact request. webhook_url: the address for statuses, without our reference.

        *Raises*: a leaf of SendError that is in `CodeTable.unsendable`, or TemplateUnusable.
        """
        ...

    def build_free(
        self, account: Account, message: FreeMessage, reference: str, webhook_url: str, prepared: str | None
    ) -> HttpRequest:
        """The exact request for a message that `capabilities` allow. prepared: result of `Preparing.read_preparation`."""
        ...

    def read_receipt(self, response: HttpResponse) -> Receipt:
        """*Raises*: a leaf of SendError for everything that is not an acceptance. Total on arbitrary responses."""
        ...
