"""Templates: the messages that a provider has enabled, their placeholders, and whether they may start a campaign.

Owns no wire: the package of each provider lists and sends templates.
"""
