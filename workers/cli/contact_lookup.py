"""A contact's id, asked from the API first, so that no phone number stands in a URL or in a proxy's log."""

from workers.cli.client import Api


async def look_up_contact(api: Api, contact: str, sender: str | None = None) -> str:
    """contact: a number or an id.  sender: its country applies to a number without +."""
    body = {"contact": contact} if sender is None else {"contact": contact, "sender": sender}
    return str((await api.post("v1/contacts/lookup", body))["contact_id"])
