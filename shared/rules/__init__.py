"""May this person be written to now; if not, why, and until when. One value (`verdict`), one judge, a pure file per rule.

    question.py  everything a rule may look at: the caller reads it from the stores, a rule reads nothing
    <rule>.py    `judge_<rule>(question) -> Verdict`; each kind of question is named, so a new kind is missed by none
    judge.py     the table of the rules, and the two ways to ask it
    page.py      the judge for a page of contacts: asked once for all whose records are alike

The judge is asked when an upload joins and when its pages are planned (`outbound.judging`), when a single message is taken
(`conversations.replying`) and when it leaves (`conversations.dispatching`), by `reports.explaining` and by the view of a
session. A caller turns a verdict into its own act: suppress, expire, defer, answer 409, wait in the outbox. A campaign's
job is not judged again when it leaves: a refusal has put its contact into `stopped`, and the start has put the deadline
into the ledger; the mark reads both. The first rule that must hold at that moment (contact hours, a cap) asks the judge
in `outbound.sending`, between slot and mark.

Add a rule: its file, its words in `verdict.Reason` at their place in the precedence, its line in `judge.RULES`; a fact
that it needs becomes a field of the questions, and mypy names the callers that must bring it. A test adds one.

Decision: the judge is pure and reserves nothing, because one script touches one hash tag. A job's mark lives under its
campaign's tag `{c}`; caps and budgets count over campaigns and live under other tags, so counting and marking cannot be
one step. Such a rule reserves *before* the mark and releases when the mark fails or the provider provably did not accept;
an unknown outcome keeps its reservation. A crash in between leaves one reservation too many: one message too few, never
one too many. The order of a send: permit → lease opened → budget → slot → contact's rules → mark → first byte.

    rule to come      answers                  reserves
    do-not-contact    Never                    nothing; the list is written first, `stopped` of each campaign second,
                                               as for a refusal, so that the mark need not ask for it
    marketing         Never                    nothing; it reads the records and the window
    dialing hours     Later(next opening)      nothing; they hold for the whole campaign, so `release` asks before a lease
    contact hours     Later(next opening)      nothing; asked again after the slot, because a slot may be after closing
    frequency cap     Later(a place is free)   one place under `{k:<contact>}`, between slot and mark
    repeats in 24 h   Never                    the message's fingerprint under `{k:<contact>}`, with the cap, in one step
    budgets           Later(a place is free)   one recipient under the portfolio's tag, before the slot: no slot is wasted

A single message's mark lives under `{k:<contact>}` already: there cap and repeats can be in `mark.lua` itself, as the
window is. At planning each of them is an estimate for the report; the reservation decides.
"""
