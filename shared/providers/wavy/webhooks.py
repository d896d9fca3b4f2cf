"""Wavy's webhooks: batches of statuses or of contacts' messages, told apart record by record. Owns no meaning of either.

Wavy signs nothing that is documented: the secret part of its path proves a webhook, and the ingress checks it.
Wavy expects 200 within 200 ms and repeats the call otherwise. A status holds everything so far, so a repeated or belated
one does no harm. Wavy's support sets the URLs.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Webhooks".
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.providers.events import EventClass, ProviderEvent, RawWebhook, Unrecognised
from shared.providers.wavy.inbound import read_message
from shared.providers.wavy.statuses import read_status
from shared.providers.wavy.wire import Batch, Received, Status, parse_json

# In a JSON text a quote is escaped, so this can only be a name; the two kinds of record never share a batch.
_STATUS_NAME = re.compile(rb'StatusCode\s*"\s*:')
_OF_STATUSES: Final = frozenset({"sentStatusCode", "deliveredStatusCode", "sent", "delivered", "read"})
_OF_MESSAGES: Final = frozenset({"message", "source"})


def classify(webhook: RawWebhook) -> EventClass:
    """A status has codes; a batch without any may be a person's message."""
    return EventClass.STATUS if _STATUS_NAME.search(webhook.body) else EventClass.INBOUND


# Quirk(wavy) repeats-after-200-ms: an answer that takes longer is no answer (page "WhatsApp API", 2026-11)
def read_events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """One event a record, in order. Total on arbitrary bytes."""
    batch = parse_json(Batch, webhook.body)
    if batch is None:
        return (Unrecognised("malformed"),)
    return [_read_record(record, webhook.received_at) for record in batch.data] or (Unrecognised("empty"),)


def _read_record(record: Mapping[str, object], received_at: datetime) -> ProviderEvent:
    if record.keys() & _OF_MESSAGES:
        return read_message(Received.model_validate(record), received_at)
    if record.keys() & _OF_STATUSES:
        return read_status(Status.model_validate(record), received_at)
    return Unrecognised("other")
