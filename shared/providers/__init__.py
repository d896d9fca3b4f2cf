"""Providers are dialects: pure functions between our words and one provider's wire.

    base       what a dialect promises, and what it may ask     client    a dialect, the transport, an account
    messages   what is said, in words that all share            events    what is told, likewise
    free       what cannot be carried, before it is tried       reading   JSON, leniently
    registry   which providers there are

    twilio wavy hey meta    one wire each, in the same files:

    wire       their JSON as models, total                codes      their codes → disposition, glossed and sourced
    sending    message → request, answer → receipt        webhooks   signature, handshake, body → events
    inbound    what a contact said                        templates  what they list, and what can be asked

# Adding a provider

1. A package with these files, and a `DIALECT` in its `__init__` that keeps what `base.Dialect` promises. Begin with
   `codes`: each code that the provider documents is a row with a gloss, a disposition and a source; a code that is not in
   the table is handled by its HTTP status. The one question that matters: which answers prove that nothing was sent
   (`NotAccepted` and its like), and which leave it in doubt (`OutcomeUnknown`)?
2. `Capabilities` says which credentials are needed, what the wire can carry, whether webhooks are signed, whether one URL
   is told of everybody's numbers (`shares_webhooks`), and whether a receipt has an id. What is not declared is refused
   before a campaign starts, so declare nothing that no document shows.
3. Our reference must travel: to the provider with each message, and back in each status. A status without it is counted
   (`no-reference`) and changes nothing: there is no index of providers' ids.
4. `news` asks for what no webhook tells (a list of opt-outs, late statuses, how a number stands); `no_news` where there is
   nothing. `file` fetches what a contact sent; `file_by_link` where a link opens by itself.
5. One line in `registry`.
6. Tables for the contract, `tests/contract/providers/<name>_cases.py`, and a line in `providers.py` beside it. The
   harness adds the rows that every provider owes: exact requests, every code synchronously and as a status, forged and
   rotated signatures, arbitrary, cut and mutated bytes, each kind of message, a connection that breaks at each moment.
7. The other side: a package in `workers/simulator/`, written from the provider's documents and not from this one; a line
   in its `server.DIALECTS`, one in `tests/contract/simulator/speakers.py`; and what it knows of the demo's sender in
   `workers/cli/demo/parts.py` and `config/demo/oriel.toml`. Where a client exists that we did not write, it is the
   judge.
8. A column in the README's table, a section in `workers/web/guides/providers.md`.

Nothing else names a provider: not the ledger, the limiter, the use cases or the API.
"""
