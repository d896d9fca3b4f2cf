"""Hey's webhooks: one event each, a contact's message or the standing of one of ours. Owns no state.

Hey signs nothing that we know of: whose a webhook is, the secret part of its path says, which the ingress checks.
That a status comes in the same envelope, with `incoming` false and a `channelStatus`, is assumed; that what we sent comes
back with our `idMessageHey` was read in a client. Unverified against the live service.

Source: github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/models/payloads/heynow.py` @b716e664.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.ground.errors import WebhookRejected
from shared.providers.base import Account
from shared.providers.events import DeliveryStatus, EventClass, ProviderEvent, RawWebhook, StatusReported, Unrecognised
from shared.providers.hey.codes import standing
from shared.providers.hey.inbound import message
from shared.providers.hey.wire import ChannelStatus, Data, Envelope, Message, address, instant
from shared.providers.reading import from_json, identifier

# Facebook, Twitter (twice), web chat, Teams, Telegram, Instagram and SMS: their ids of people may look like numbers.
ELSEWHERE: Final = frozenset({"2", "3", "4", "24", "28", "29", "31", "32"})

# ── whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────


def handshake(_account: Account, _query: Mapping[str, str]) -> str:
    """Hey never asks."""
    raise WebhookRejected("no-handshake")


def authenticate(_account: Account, _webhook: RawWebhook) -> None:
    """There is nothing to check."""


# ── where it waits ──────────────────────────────────────────────────────────────────────────────────────────────────

# In a JSON text a quote is escaped, so the raw bytes can be searched.
_IN = re.compile(rb'"incoming"\s*:\s*true')
_OUT = re.compile(rb'"incoming"\s*:\s*false')


def classify(webhook: RawWebhook) -> EventClass:
    """An event may speak of two messages; if either is a contact's, or neither says so, it may be a person."""
    is_ours = _OUT.search(webhook.body) is not None and _IN.search(webhook.body) is None
    return EventClass.STATUS if is_ours else EventClass.INBOUND


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────────────


def events(webhook: RawWebhook) -> Sequence[ProviderEvent]:
    """One body, one event; or two, where the trace tells of another message of ours. Total on arbitrary bytes."""
    envelope = from_json(Envelope, webhook.body)
    if envelope is None:
        return (Unrecognised("malformed"),)
    if envelope.data.channel in ELSEWHERE:
        return (Unrecognised("other-channel"),)
    match envelope.data.incoming:
        case True:
            return (message(envelope, webhook) if envelope.event.ability else Unrecognised("no-ability"),)
        case False:
            return _outgoing(envelope.data, webhook.received_at)
        case None:
            return (Unrecognised("other"),)


def _outgoing(data: Data, received_at: datetime) -> Sequence[ProviderEvent]:
    messages = _messages(data)
    told = [reported(one, data.client_id, received_at) for one in messages]
    found = [one for one in told if one is not None]
    return found or (Unrecognised("status:other" if any(map(_has_status, messages)) else "outgoing"),)


def _messages(data: Data) -> Sequence[Message]:
    """Those of ours that the event speaks of. What is said of one message may stand in `data` or in its trace."""
    trace = data.last_message_trace
    if trace.incoming is True:
        return (data,)
    if _differ(data.id_message, trace.id_message) or _differ(data.id_message_hey, trace.id_message_hey):
        return (data, trace)
    whole = {
        "id_message": data.id_message or trace.id_message,
        "id_message_hey": data.id_message_hey or trace.id_message_hey,
        "meta_data": data.meta_data if _has_status(data) else trace.meta_data,
    }
    return (data.model_copy(update=whole),)


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other


def _has_status(one: Message) -> bool:
    return one.meta_data.channel_status != ChannelStatus()


def reported(one: Message, client_id: str, otherwise_at: datetime) -> StatusReported | None:
    """How a message that was sent stands; None where nothing is said of it. That there is one with an `idMessageHey` says
    that it was accepted, whoever gave it that.
    """
    reference, given = one.id_message_hey or None, identifier(one.id_message)
    said = standing(one.meta_data.channel_status) or ((DeliveryStatus.SENT, None) if reference else None)
    if said is None or not (reference or given):
        return None
    at = instant(one.last_update) or instant(one.date) or otherwise_at
    recipient = address(client_id)
    return StatusReported(said[0], given, reference, at, said[1], () if recipient is None else (recipient,))
