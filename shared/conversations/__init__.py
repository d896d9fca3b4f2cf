"""Replies and single messages to one person, and whose work an answer is."""
