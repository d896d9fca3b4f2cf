"""The providers' other side over real HTTP, for development, tests and benchmarks: `python -m workers.simulator`.

It answers like a provider, plays the contacts, misbehaves when its script says so, and keeps a journal that tells what
really was accepted. It shares no code with `shared.providers`: the two sides must not share a misunderstanding.

    __main__    options, signals, event loop
    server      HTTP: routes, answers whole or cut, start and stop       control    /_simulator/
    exchange    what becomes of one request: the only place that decides
    script      the behaviour, one JSON document                         schema     what such documents are made of
    speech      what a contact can say                                   dice       chance without state
    faults      which request meets which accident                       contacts   what becomes of a message, and answers
    callbacks   a message's statuses, and their accidents                inbound    what contacts write
    courier     when these are told, in which order, how often           poster     one POST, quickly
    targets     what a URL asks for besides being called                 plain      JSON without signatures
    sinch       what Wavy and Hey call a message's fate
    picture     the one file that contacts have
    memory      all that is remembered                                   messages   what may be looked up
    conversations  windows and opt-outs                                  traffic    counters and sliding seconds
    announcing  news on their way, and the handshake                     news       of templates and numbers
    journal     one line per event, and its reader
    provider    the words between all of these and a dialect             twilio wavy hey meta  one provider's wire each

Decision: chance is a keyed hash of (seed, what it happens to), never a shared random stream. A contact meets the same
fate in every run, whatever the order of requests; the price is one hash per question.

Decision: a window opens, and a STOP is heard, at the first attempt to bring the message, before the client can know of
it: whoever answers inside its webhook finds the window open. What the client makes of the message changes nothing.
"""
