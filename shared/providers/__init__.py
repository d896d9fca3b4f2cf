"""Providers are dialects: pure functions between our words and one provider's wire.

    client     a dialect, the transport, an account       registry   the table of providers
    dialect    the table of a dialect's parts             flows      several requests as one function
    messages   messages, in words that all dialects       events     events, likewise
               share                                      free       the check of a message before it is tried

    twilio wavy hey meta    a wire each, in the same files. What several of them share is in the file of the same name here,
                            which also says in a Protocol what a part promises:

    account    credentials, addresses, headers; the names of a sender       wire       their JSON as models, total
    codes      their codes → dispositions, glossed and sourced              sending    message → request, answer → receipt
    preparing  content that must exist before a message                     templates  their list of templates
    checks     questions that send nothing, and the remedies                polling    events that no webhook brings
    files      the request for a contact's file                             signing    the proof of a webhook's sender
    webhooks   body → events                                                statuses   the progress of our messages
    inbound    contacts' messages       reconciling    messages that the provider has, for requests without an answer

A package lacks `preparing`, `templates`, `polling`, `reconciling`, `files` or `signing` where its provider has no such
thing.

# Adding a provider

1. A package with these files, and a `DIALECT` in its `__init__`: a table of its modules (`dialect.Dialect`). Begin with
   `codes`: each code that the provider documents is a row with a gloss, a disposition and a source. An unknown code is
   judged by its HTTP status. Decide with most care which answers prove that nothing was sent (`Page.retry`, `Page.refuse`
   and their like), and which leave it in doubt (`Page.doubt`).
2. `Capabilities` names the credentials that are needed and the content that the wire can carry, and says whether one URL
   receives events of everybody's numbers (`shares_webhooks`), and whether a receipt has an id. Content that is not declared
   is refused before a campaign starts, so declare nothing that no document shows.
3. Our reference must travel: to the provider with each message, and back in each status. A status without it is traced by
   the provider's id of the message (`inbound.tracing`), which an unconfirmed job lacks; one that is nobody's is counted
   (`no-reference`) and changes nothing.
4. Parts that the provider does not have are left out of the table. Without `signing` a secret part of the webhook's path
   proves the sender; without `files` links open by themselves; without `templates` the configuration declares them; without
   `polling` every event comes by webhook; without `preparing` every message is a single request; without `reconciling` a
   status alone proves that a request without an answer was accepted.
5. One line in `registry`, and one in the contract "No provider knows another" of `pyproject.toml`.
6. Tables for the contract, `tests/contract/providers/<name>_cases.py`, and a line in `providers.py` beside it. The
   harness adds the rows that every provider owes: exact requests, every code synchronously and as a status, forged and
   rotated signatures, arbitrary, cut and mutated bytes, each kind of message, a connection that breaks at each moment.
7. The other side: a package in `workers/simulator/`, written from the provider's documents and not from this one; a line
   in its `server.DIALECTS`, one in `tests/contract/simulator/speakers.py`; and the simulator's knowledge of the demo's
   sender in `workers/cli/demo/provider_accounts.py` and `config/demo/oriel.toml`. Where a client exists that we did not
   write, it is the judge.
8. A column in the README's table, a section in `workers/web/guides/providers.md`.

Nothing else names a provider: not the ledger, the limiter, the use cases or the API.
"""
