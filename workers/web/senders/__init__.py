"""Senders: the tenant's numbers, without their credentials."""
