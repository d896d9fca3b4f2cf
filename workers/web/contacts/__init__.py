"""Contacts of a campaign on their way in: uploads, and the verdicts on their rows."""
