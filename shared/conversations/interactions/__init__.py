"""Interactions: a contact's answers as work for agents. Each belongs to one campaign or sender, and to one agent at most.

Decision: an interaction is the n-th of a contact in one scope (the campaign that it answers, else the sender), and its
id is a pure function of both. So events in any order, any number of times, through any number of consumers, make the
same interactions. Cost: a contact has at most one open interaction per scope.
"""
