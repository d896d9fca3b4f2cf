"""Templates: the messages that a provider has enabled, their placeholders, and what may start a campaign.

Owns no wire: a provider's own package says how its templates are listed and sent.
"""
