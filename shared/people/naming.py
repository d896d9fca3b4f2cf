"""The names of a contact: a number in any form and national variant, a WhatsApp user id, or the contact id of our answers.

Pure; `resolving` follows a merged contact and checks the tenant.
"""

import re
from dataclasses import dataclass, field

from shared.ground import phone
from shared.ground.errors import InputError
from shared.ground.ids import ContactId, TenantId, contact_id
from shared.ground.phone_spelling import REMEDIES, Cause

_OPAQUE = re.compile(r"[a-z2-7]{16}")
_REMEDIES = {
    "missing": "it is empty",
    "no-country": "its country is not known: write it with + and country code",
    "not-a-number": "it is neither a telephone number nor a contact_id",
    "impossible": "the number is too short or too long for its country, or its area code is missing",
}


class BadContact(InputError):  # noqa: N818 (named for what the caller is told)
    """reason, cause: as `phone.InvalidPhone`."""

    def __init__(self, reason: str, cause: Cause | None = None) -> None:
        remedy = _REMEDIES[reason] if cause is None else f"it {REMEDIES[cause]}"
        super().__init__("bad-contact", f"The contact cannot be found by this: {remedy}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Named:
    """contact: the id derived from the name; it may have been merged. address: None for an opaque id."""

    contact: ContactId
    address: str | None = field(default=None, repr=False)


def is_opaque(name: str) -> bool:
    """Whether it is an id of our answers."""
    return _OPAQUE.fullmatch(name) is not None


def named(secret: bytes, tenant: TenantId, name: str, region: str | None) -> Named:
    """*Raises*: BadContact, which does not say what it was given."""
    if is_opaque(name):
        return Named(ContactId(name))
    try:
        address = phone.parse(name, region)
    except phone.InvalidPhone as invalid:
        raise BadContact(invalid.reason, invalid.cause) from None
    return Named(contact_id(secret, tenant, phone.canonicalize(address)), address)
