"""Hey's webhooks: one event each, a contact's message or the progress of a message of ours. Owns no meaning of either.

No signature is known: the secret part of its path proves a webhook, and the ingress checks it.
A client shows that a message of ours comes back with our `idMessageHey`. Assumed is that a status comes in the same
envelope, with `incoming` false and a `channelStatus`. Unverified against the live service.

Source: github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/models/payloads/heynow.py` @b716e664.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.providers.events import EventClass, ProviderEvent, RawWebhook, Unrecognised
from shared.providers.hey.inbound import read_message
from shared.providers.hey.statuses import has_status, read_status
from shared.providers.hey.wire import Data, Envelope, Message
from shared.providers.wire import parse_json

# Facebook, Twitter (twice), web chat, Teams, Telegram, Instagram and SMS: their ids of people may look like numbers.
# Quirk(hey) other-channels: one URL hears Facebook, Twitter and SMS as well (medio-odoo @b716e664, 2026-11)
OTHER_CHANNELS: Final = frozenset({"2", "3", "4", "24", "28", "29", "31", "32"})

# In a JSON text a quote is escaped, so the raw bytes can be searched.
_IN = re.compile(rb'"incoming"\s*:\s*true')
_OUT = re.compile(rb'"incoming"\s*:\s*false')


def classify(webhook: RawWebhook) -> EventClass:
    """An event may hold two messages; it may be a person's, unless every one of them is ours."""
    is_ours = _OUT.search(webhook.body) is not None and _IN.search(webhook.body) is None
    return EventClass.STATUS if is_ours else EventClass.INBOUND


# Quirk(hey) no-ability: an event without `ability` is nobody's to answer (medio-odoo @b716e664, 2026-11)
def read_events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """One body, one event; or two, where the trace is about another message of ours. Total on arbitrary bytes."""
    envelope = parse_json(Envelope, webhook.body)
    if envelope is None:
        return (Unrecognised("malformed"),)
    if envelope.data.channel in OTHER_CHANNELS:
        return (Unrecognised("other-channel"),)
    match envelope.data.incoming:
        case True:
            return (read_message(envelope, webhook) if envelope.event.ability else Unrecognised("no-ability"),)
        case False:
            return _read_statuses(envelope.data, webhook.received_at)
        case None:
            return (Unrecognised("other"),)


def _read_statuses(data: Data, received_at: datetime) -> Sequence[ProviderEvent]:
    messages = _list_messages(data)
    statuses = [read_status(message, data.client_id, received_at) for message in messages]
    found = [status for status in statuses if status is not None]
    return found or (Unrecognised("status:other" if any(map(has_status, messages)) else "outgoing"),)


def _list_messages(data: Data) -> Sequence[Message]:
    """Our messages in the event. The fields of one message may be spread over `data` and its trace."""
    trace = data.last_message_trace
    if trace.incoming is True:
        return (data,)
    if _are_different(data.id_message, trace.id_message) or _are_different(data.id_message_hey, trace.id_message_hey):
        return (data, trace)
    whole = {
        "id_message": data.id_message or trace.id_message,
        "id_message_hey": data.id_message_hey or trace.id_message_hey,
        "meta_data": data.meta_data if has_status(data) else trace.meta_data,
    }
    return (data.model_copy(update=whole),)


def _are_different(one: str, other: str) -> bool:
    return bool(one and other) and one != other
