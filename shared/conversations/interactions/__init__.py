"""A contact's answers as work for people: one interaction a conversation, attached to its campaign, in one agent's hands.

Decision: an interaction is the n-th of a contact in one scope (its campaign; its sender, for those who answer nothing),
and its id is a pure function of that. So events in any order, any number of times, by any number of consumers, make the
same interactions. Cost: a contact has at most one open interaction a scope.
"""
