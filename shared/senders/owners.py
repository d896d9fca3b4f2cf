"""The tenant of each sender. Pure."""

from collections.abc import Mapping

from shared.ground.errors import NotFound
from shared.ground.ids import SenderId, TenantId
from shared.ground.names import join_names

Owners = Mapping[SenderId, TenantId]
"""Configured sender → its tenant."""


def senders_of(owners: Owners, tenant: TenantId) -> list[SenderId]:
    """The tenant's senders, in the order of the configuration."""
    return [sender for sender, owner in owners.items() if owner == tenant]


def own_sender(owners: Owners, tenant: TenantId, name: str) -> SenderId:
    """The tenant's sender of this name. *Raises*: NotFound, which names the tenant's senders; also for another tenant's."""
    sender = SenderId(name)
    if owners.get(sender) != tenant:
        own = senders_of(owners, tenant)
        there_is = join_names(own) if own else "none, add one under [[senders]]"
        raise NotFound("sender-not-found", f"There is no sender {join_names([name])}; there is: {there_is}.")
    return sender
