"""The envelope of Meta's webhooks: entries of a business account, each with changes of one field. Owns no content.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
"""

from collections.abc import Mapping

from workers.simulator.meta.contact_ids import ContactIds, drop_missing
from workers.simulator.traffic import SECOND_US

Json = dict[str, object]


def build_entry(waba_id: str, field: str, value: Mapping[str, object], at_us: int | None = None) -> Json:
    """at_us: given if the value itself has no instant."""
    time = {} if at_us is None else {"time": at_us // SECOND_US}
    return {"id": waba_id, **time, "changes": [{"value": value, "field": field}]}


def build_heading(account: str, sender: str) -> Json:
    """The fields that name the client's number."""
    metadata = {"display_phone_number": sender.removeprefix("+"), "phone_number_id": account}
    return {"messaging_product": "whatsapp", "metadata": metadata}


def build_contact(ids: ContactIds, profile_name: str | None = None) -> Json:
    profile = {} if profile_name is None else {"profile": {"name": profile_name}}
    return {**profile, **drop_missing(wa_id=ids.wa_id, user_id=ids.user_id)}


def format_seconds(at_us: int) -> str:
    return str(at_us // SECOND_US)
