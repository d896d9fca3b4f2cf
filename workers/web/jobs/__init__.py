"""Jobs: what became of each contact of a campaign, as a list, one by one, or as a file."""
