"""Campaigns: one template, one sender, one base of contacts, one set of rules. Its progress is the ledger's."""
