"""Identifiers, and the two keyed hashes that make them: opaque contact ids, and our reference with its MAC.

Owns no storage: the secret is an argument.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import NewType

TenantId = NewType("TenantId", str)
SenderId = NewType("SenderId", str)
CampaignId = NewType("CampaignId", str)
ContactId = NewType("ContactId", str)  # 16 lower-case base32 characters, 80 bits
UploadId = NewType("UploadId", str)
LeaseId = NewType("LeaseId", str)  # base 10, counted per campaign
Nonce = NewType("Nonce", str)  # one worker process's name for one opening of one lease
EntryId = NewType("EntryId", str)  # one webhook body in the journal
MessageId = NewType("MessageId", str)  # one message of ours outside any campaign: `r` + contact id + 16 characters
InteractionId = NewType("InteractionId", str)  # `i` + contact id + 16 characters
EventId = NewType("EventId", str)  # one event of a provider, the same however often it is told

CONTACT_ID_CHARS = 16
CONTACT_ID_BYTES = 10  # 80 bits: at ten million contacts a collision has a chance of 1 in 24 billion
REFERENCE_MAC_BYTES = 5  # 40 bits behind the webhook's own signature; it guards against mixed-up installations


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def new_token(prefix: str) -> str:
    """A fresh random identifier, 80 bits: `prefix` + 16 characters that survive URLs, logs and double clicks."""
    return prefix + _base32(secrets.token_bytes(10))


def derived_token(prefix: str, *parts: str) -> str:
    """The identifier of the same parts, always: whoever asks again with the same words finds the same thing."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=10, person=b"oriel-derived").digest()
    return prefix + _base32(digest)


def campaign_id(tenant: TenantId, external_id: str | None) -> CampaignId:
    """The same external id of the same tenant is the same campaign; without one, a fresh id."""
    if external_id is None:
        return CampaignId(new_token("c"))
    digest = hashlib.blake2b(f"{tenant}\0{external_id}".encode(), digest_size=10, person=b"oriel-campaign").digest()
    return CampaignId("c" + _base32(digest))


def contact_id(secret: bytes, tenant: TenantId, canonical: str) -> ContactId:
    """The opaque name of a contact: pure in (secret, tenant, canonical address), so no table is needed to find it."""
    digest = hmac.digest(secret, f"contact\0{tenant}\0{canonical}".encode(), "sha256")
    return ContactId(_base32(digest[:CONTACT_ID_BYTES]))


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One attempt of one job, as the provider carries it back to us. `attempt` counts from 1."""

    campaign: CampaignId
    ordinal: int
    attempt: int

    def signed(self, secret: bytes) -> str:
        """Shape: `campaign.ordinal.attempt.mac`, under 50 characters, safe in a URL's query and in JSON."""
        body = f"{self.campaign}.{self.ordinal}.{self.attempt}"
        return f"{body}.{_mac(secret, body)}"


@dataclass(frozen=True, slots=True, order=True)
class MessageReference:
    """A message outside any campaign, as the provider carries it back to us. It has one attempt."""

    message: MessageId

    def signed(self, secret: bytes) -> str:
        """Shape: `message.mac`, under 50 characters, safe in a URL's query and in JSON."""
        return f"{self.message}.{_mac(secret, self.message)}"


def read_reference(secret: bytes, text: str) -> Reference | MessageReference | None:
    """The reference, or None when the text is not one of ours. Total on arbitrary text."""
    body, _, mac = text.rpartition(".")
    if not text.isascii() or not hmac.compare_digest(mac.encode(), _mac(secret, body).encode()):
        return None
    if "." not in body:
        return MessageReference(MessageId(body))
    campaign, ordinal, attempt = body.split(".")
    return Reference(CampaignId(campaign), int(ordinal), int(attempt))


def new_message_id(contact: ContactId) -> MessageId:
    """A fresh one, which names its contact: so it is found without a table."""
    return MessageId(f"r{contact}{new_token('')}")


def derived_message_id(contact: ContactId, *parts: str) -> MessageId:
    """The same for the same parts: what must be said once is said under one id."""
    return MessageId(derived_token(f"r{contact}", *parts))


def interaction_id(contact: ContactId, scope: str, number: int) -> InteractionId:
    """The number-th of this contact in one scope (a campaign, or a sender without one)."""
    return InteractionId(derived_token(f"i{contact}", scope, str(number)))


def event_id(*parts: str) -> EventId:
    """One name for one event. parts: what makes it that event, the provider's own id of it among them."""
    return EventId(derived_token("", *parts))


def contact_of(identifier: MessageId | InteractionId) -> ContactId:
    """Whose it is. Total: what was never one of ours names nobody that exists."""
    return ContactId(identifier[1 : 1 + CONTACT_ID_CHARS])


def _mac(secret: bytes, body: str) -> str:
    return _base32(hmac.digest(secret, f"reference\0{body}".encode(), "sha256")[:REFERENCE_MAC_BYTES])
