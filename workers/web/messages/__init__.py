"""Messages to one person outside any campaign: a template on order, and what became of it or of a reply."""
