"""Recipients: to whom a message of ours went, by the provider's id of it."""
