"""Templates: which messages there are, and which of them may start a campaign."""
