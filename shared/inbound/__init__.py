"""Events of providers, from the journal to the state they change."""
