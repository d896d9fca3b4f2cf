"""The janitor's acts: expired leases, unknown outcomes, the one active replica."""
