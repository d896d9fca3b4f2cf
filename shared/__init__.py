"""The domain in wings. Importable without a broker, a network or an environment.

    upkeep                                     the janitor: expired leases, liveness, the one active replica
    inbound  | reports                         what providers tell us | what became of everybody, and why
    outbound | conversations                   a campaign goes out | what is said to one person, and whose work an answer is
    rules                                      may this person be written to now; if not, why and until when
    people                                     who somebody is, what they agreed to, until when anything may be said to them
    templates                                  what a provider enabled, filled with a contact's values
    campaigns | ledger | senders | providers   what a campaign is | every job's state | rates and standing | dialects
    ground                                     errors, ids, clock, keys, Lua, HTTP, hints, events, telemetry

A wing imports only from the rows below its own; wings of one row do not know each other. A module in `-ing` is a use case;
a `store` is the only kind of module that speaks Redis. import-linter keeps all of it (`pyproject.toml`), and
`tests/architecture/` proves that it would notice.
"""
