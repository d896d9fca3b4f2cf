"""A payment in Meta's JSON: what became of one that a message of ours asked for. Owns no envelope. Total.

It comes among the statuses and says nothing of the message's delivery: a payment that failed is no message that failed.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/payments (payment webhooks).
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.ground.clock import to_ms
from shared.providers.events import Author, Content, ContentKind, NoteReported, Payment, ProviderEvent, Unrecognised
from shared.providers.inbound import describe_payment
from shared.providers.meta.wire.values import parse_address, parse_role
from shared.providers.meta.wire.webhooks import Amount, Status, Value
from shared.providers.wire import choose_time, collect_addresses, parse_id

KIND: Final = "payment"  # the status's `type`


# Quirk(meta) payment-among-statuses: `failed` is the payment's, not the message's (page "payments", 2026-11)
def read_payment(value: Value, status: Status, received_at: datetime) -> ProviderEvent:
    """received_at: of the webhook."""
    addresses = collect_addresses(parse_address, status.recipient_id, status.recipient_user_id)
    state = parse_role(status.status)
    if not parse_id(status.id) or not addresses or not state:
        return Unrecognised("payment:incomplete")
    paid = status.payment
    payment = Payment(paid.reference_id, state, _read_amount(paid.amount), paid.currency)
    at = choose_time(received_at, status.timestamp)
    instants = (str(to_ms(status.timestamp)),) if status.timestamp else ()  # never ours: a repetition has the same id
    return NoteReported(
        ":".join((status.id, KIND, state, *instants)),
        addresses,
        value.metadata.phone_number_id or None,
        at,
        Content(ContentKind.PAYMENT, describe_payment(payment), payment=payment),
        Author.PROVIDER,
    )


def _read_amount(amount: Amount) -> str:
    """In units of its currency, or an empty text.

    >>> _read_amount(Amount(value=2100, offset=100)), _read_amount(Amount(value=5, offset=0)), _read_amount(Amount())
    ('21.00', '', '')
    """
    if not amount.value or not amount.offset or not Decimal(amount.offset):
        return ""
    digits = max(len(amount.offset.partition(".")[0]) - 1, 0)
    return f"{Decimal(amount.value) / Decimal(amount.offset):.{digits}f}"
