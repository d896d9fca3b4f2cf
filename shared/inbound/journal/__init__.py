"""Webhook bodies on disk before we answer. The broker carries their ids as hints; an entry goes when it was applied."""
