"""Campaigns: one template, one sender, one base of contacts, one set of rules each. The ledger owns their progress."""
