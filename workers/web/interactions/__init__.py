"""Interactions: what contacts answered, as work for agents: listed, taken in hand, closed."""
