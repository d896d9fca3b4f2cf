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
Nonce = NewType("Nonce", str)  # one opening of one lease by one worker process
EntryId = NewType("EntryId", str)  # one webhook body in the journal
MessageId = NewType("MessageId", str)  # one message of ours outside any campaign: `r` + contact id + 16 characters
InteractionId = NewType("InteractionId", str)  # `i` + contact id + 16 characters
EventId = NewType("EventId", str)  # one provider event: each delivery of the same event has the same id

BY_ORIEL = "oriel"  # the actor of a change that neither a person nor an API key made
CONTACT_ID_CHARS = 16
CONTACT_ID_BYTES = 10  # 80 bits: at ten million contacts a collision has a chance of 1 in 24 billion
REFERENCE_MAC_BYTES = 5  # 40 bits: webhooks are signed as well, and the MAC only tells installations apart


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def new_token(prefix: str) -> str:
    """A fresh random identifier, 80 bits: `prefix` + 16 characters that survive URLs, logs and double clicks."""
    return prefix + _base32(secrets.token_bytes(10))


def derive_token(prefix: str, *parts: str) -> str:
    """The identifier that belongs to these parts: the same parts in the same order give the same identifier.

    Shape: `prefix` + 16 characters.
    """
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=10, person=b"oriel-derived").digest()
    return prefix + _base32(digest)


def campaign_id(tenant: TenantId, external_id: str | None) -> CampaignId:
    """The id that belongs to this external id of this tenant; without an external id, a fresh random one."""
    if external_id is None:
        return CampaignId(new_token("c"))
    digest = hashlib.blake2b(f"{tenant}\0{external_id}".encode(), digest_size=10, person=b"oriel-campaign").digest()
    return CampaignId("c" + _base32(digest))


def contact_id(secret: bytes, tenant: TenantId, canonical: str) -> ContactId:
    """The opaque id of a contact, 16 characters. It is a pure function of the arguments, so that no table is needed."""
    digest = hmac.digest(secret, f"contact\0{tenant}\0{canonical}".encode(), "sha256")
    return ContactId(_base32(digest[:CONTACT_ID_BYTES]))


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One attempt of one job, as a provider's status carries it back. `attempt` counts from 1."""

    campaign: CampaignId
    ordinal: int
    attempt: int

    def sign(self, secret: bytes) -> str:
        """Shape: `campaign.ordinal.attempt.mac`, under 50 characters, safe in a URL's query and in JSON."""
        body = f"{self.campaign}.{self.ordinal}.{self.attempt}"
        return f"{body}.{_mac(secret, body)}"


@dataclass(frozen=True, slots=True, order=True)
class MessageReference:
    """A message outside any campaign, as a provider's status carries it back. It has one attempt."""

    message: MessageId

    def sign(self, secret: bytes) -> str:
        """Shape: `message.mac`, under 50 characters, safe in a URL's query and in JSON."""
        return f"{self.message}.{_mac(secret, self.message)}"


def read_reference(secret: bytes, text: str) -> Reference | MessageReference | None:
    """The reference in this text, or None when its MAC does not match. Total on arbitrary text."""
    body, _, mac = text.rpartition(".")
    if not text.isascii() or not hmac.compare_digest(mac.encode(), _mac(secret, body).encode()):
        return None
    if "." not in body:
        return MessageReference(MessageId(body))
    campaign, ordinal, attempt = body.split(".")
    return Reference(CampaignId(campaign), int(ordinal), int(attempt))


def new_message_id(contact: ContactId) -> MessageId:
    """A fresh id that holds its contact's id, so that the message is found without a table."""
    return MessageId(f"r{contact}{new_token('')}")


def derive_message_id(contact: ContactId, *parts: str) -> MessageId:
    """The id that belongs to these parts: a message that must go out once (a confirmation) is queued under one id."""
    return MessageId(derive_token(f"r{contact}", *parts))


def interaction_id(contact: ContactId, scope: str, number: int) -> InteractionId:
    """The id of this contact's number-th interaction in one scope (a campaign, or a sender without one)."""
    return InteractionId(derive_token(f"i{contact}", scope, str(number)))


def event_id(*parts: str) -> EventId:
    """The id of one provider event. parts: the values that identify it, among them the provider's own id of the event."""
    return EventId(derive_token("", *parts))


def contact_of(identifier: MessageId | InteractionId) -> ContactId:
    """The contact that this id holds. Total: an id that is not ours gives a contact that does not exist."""
    return ContactId(identifier[1 : 1 + CONTACT_ID_CHARS])


def _mac(secret: bytes, body: str) -> str:
    return _base32(hmac.digest(secret, f"reference\0{body}".encode(), "sha256")[:REFERENCE_MAC_BYTES])
