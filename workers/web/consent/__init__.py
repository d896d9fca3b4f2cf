"""Consent: opt-ins as they are recorded, one by one or as a file."""
