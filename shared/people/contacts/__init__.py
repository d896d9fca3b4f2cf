"""Contacts: the addresses of one person, and the redirect from the id of a merged contact to the one that stays."""
