"""Consent: what contacts agreed to and what they refused, as it is recorded, one by one or as a file."""
