"""Messages of ours to one contact outside any campaign: agents' replies, single templates, confirmations.

Decision: a contact's messages wait in one list and go out one after the other, so that an agent's second sentence never
arrives before the first. Its gate (window, consent) and its mark are one script on the contact's own tag; a message is
written at most once, like a job: what was marked and not settled is unconfirmed, never sent again.
Cost: a message whose provider asks for patience holds up those behind it; they are for the same person.
"""
