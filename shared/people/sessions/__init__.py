"""The window: 24 hours from a contact's last message to a sender, in which free-form messages are allowed.

Decision: the window's end is an instant, counted from the time of the contact's message, and the key expires at that
instant. No job closes windows, and a missing key is a closed window. Cost: messages kept with the session expire with
it; the interaction's thread keeps them longer.
"""
