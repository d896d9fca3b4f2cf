"""Timelines: all that is known of one contact, and what it amounts to."""
