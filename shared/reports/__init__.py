"""What became of every contact, and why."""
