"""Messages of ours to one contact outside any campaign: agents' replies, single templates, confirmations.

Decision: a contact's messages wait in one list and go out one after the other, so that an agent's second sentence never
arrives before the first. Its gate (window, consent) and its mark are one script on the contact's own tag; a message is
written at most once, like a job: what was marked and not settled is unconfirmed, never sent again.
Cost: a message whose provider asks for patience holds up those behind it; they are for the same person.

Decision: a template that must wait longer than `ASIDE_AFTER` stands aside, and joins the end of the list when it is due: a
daily limit would else keep an agent's reply for a day, past the end of its window. Free form never stands aside, so
replies stay in order.
Decision: a message is deferred only while it can still go in time: free form before its window closes, a template within
`MAX_DELAY` of its order. Else it fails at once, with the provider's code, and whoever wrote it can do something about it.
A daily limit without a Retry-After is a day, so a reply that meets one fails, and a template is tried once more.
Cost: a limit that passes sooner than the provider said is not noticed.
Decision: a failure that comes by a status is the end of the message, a daily limit's too. There is no second attempt whose
statuses could be told from those of the first.
"""
