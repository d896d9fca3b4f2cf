"""A contact as a person names it. Owns that no number stands in a URL: the API is asked for its id first."""

from workers.cli.client import Api


async def contact_id(api: Api, contact: str, sender: str | None = None) -> str:
    """contact: a number or an id. sender: in whose country a number without + is read."""
    asked = {"contact": contact} if sender is None else {"contact": contact, "sender": sender}
    return str((await api.post("v1/contacts/lookup", asked))["contact_id"])
