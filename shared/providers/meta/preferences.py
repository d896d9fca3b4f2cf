"""Settings of contacts in WhatsApp itself: whether they want a sender's messages, and their new user ids. Total.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences;
`user_id_update` as `wire`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.providers.events import AddressChanged, PreferenceReported, ProviderEvent, Unrecognised
from shared.providers.meta.inbound import find_contact
from shared.providers.meta.wire.values import parse_address
from shared.providers.meta.wire.webhooks import Preference, UserIdUpdate, Value
from shared.providers.wire import choose_time, collect_addresses

# Only a plain yes is one: `signup` exists, and no document explains it.
# Quirk(meta) signup-is-no-yes: a third value that no document explains (pywa @0bcf2f19, 2026-11)
WANTED: Final[Mapping[str, bool]] = MappingProxyType({"stop": False, "resume": True})
SCOPES: Final[Mapping[str, str]] = MappingProxyType({"marketing_messages": "marketing"})


def read_preference(value: Value, preference: Preference, received_at: datetime) -> ProviderEvent:
    """value: of the change that holds the preference. received_at: of the webhook."""
    contact = find_contact(value, preference.wa_id, preference.user_id)
    addresses = collect_addresses(parse_address, preference.wa_id, contact.wa_id, preference.user_id, contact.user_id)
    if not addresses:
        return Unrecognised("preference:no-contact")
    if preference.value not in WANTED or preference.category not in SCOPES:
        return Unrecognised("preference:other")
    return PreferenceReported(
        addresses,
        value.metadata.phone_number_id or None,
        choose_time(received_at, preference.timestamp),
        SCOPES[preference.category],
        WANTED[preference.value],
    )


def read_user_id(value: Value, update: UserIdUpdate, received_at: datetime) -> Sequence[ProviderEvent]:
    """The number beside the ids is the same person's, too: a later STOP may come under the new id alone."""
    previous = collect_addresses(parse_address, update.user_id.previous, update.wa_id)
    current = collect_addresses(parse_address, update.user_id.current)
    at, to = choose_time(received_at, update.timestamp), value.metadata.phone_number_id or None
    changes = [AddressChanged(old, new, at, to) for new in current for old in previous if old != new]
    return changes or [Unrecognised("user-id:incomplete")]
