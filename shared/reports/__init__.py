"""Reports: the outcome of every contact, and its reason."""
