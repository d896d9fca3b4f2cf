"""The providers' side over real HTTP, for development, tests and benchmarks: `python -m workers.simulator`.

It answers like a provider, writes like contacts, fails when its script demands it, and keeps a journal of the requests
that it really accepted. It shares no code with `shared.providers`: the two sides must not share a misunderstanding.

    __main__    options, signals, event loop      server      routes, start and stop
    control     the operator's routes             responding  responses, complete or broken

A request becomes a decision:
    simulation  state; from request to journal    decider     accepted, refused, throttled, or a fault
    judge       the script's rules                decision    the outcome and its consequences
    faults      the fault of a request            contacts    statuses of a message, and replies

The script, one JSON document:
    script      the document                      habits fault_rules template_catalogue   its parts
    schema      field types, wording of mistakes  inbound_content   contents of contacts' messages
    news        commands for news webhooks        random_source     draws that depend on a seed alone

Webhooks:
    dispatcher  when, in which order, how often   webhook_sequence  webhooks about one subject
    status_webhooks inbound_webhooks news_webhooks handshake        the kinds
    sender_endpoints  where contacts' messages go retry_policy      retries of a URL
    http_client the fast POST                     sample_image      a file for media

State and records:
    memory      everything remembered             messages          submissions and accepted messages
    conversations  windows and opt-outs           inbound_message   a contact's message
    traffic     counters                          journal           the records and their reader
    journal_writer  the file

Providers:
    dialect     the interface                     twilio wavy hey meta   its implementations
    http_values requests and responses            unsigned_json sinch addresses   parts that several share

Decision: randomness is a keyed hash of (seed, subject), never a shared stream. A contact has the same fate in every run,
whatever the order of requests; the price is one hash a draw.

Decision: a window opens, and an opt-out counts, at the first attempt to bring the message: a client that replies inside
its webhook handler finds the window open. Its response to the webhook changes neither.
"""
