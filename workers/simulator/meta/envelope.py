"""What Meta tells everything in: entries of a business account, each with changes of one field. Owns no content.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
"""

from collections.abc import Mapping

from workers.simulator.meta.people import Names, told
from workers.simulator.traffic import SECOND_US

Json = dict[str, object]


def entry(waba_id: str, field: str, value: Mapping[str, object], at_us: int | None = None) -> Json:
    """at_us: of what has no time of its own."""
    time = {} if at_us is None else {"time": at_us // SECOND_US}
    return {"id": waba_id, **time, "changes": [{"value": value, "field": field}]}


def heading(account: str, sender: str) -> Json:
    """Which of the client's numbers it is about."""
    metadata = {"display_phone_number": sender.removeprefix("+"), "phone_number_id": account}
    return {"messaging_product": "whatsapp", "metadata": metadata}


def person(names: Names, profile_name: str | None = None) -> Json:
    profile = {} if profile_name is None else {"profile": {"name": profile_name}}
    return {**profile, **told(wa_id=names.wa_id, user_id=names.user_id)}


def seconds(at_us: int) -> str:
    return str(at_us // SECOND_US)
