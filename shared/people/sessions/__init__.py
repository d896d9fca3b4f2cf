"""The window: 24 hours from a contact's last message to a sender, in which anything may be written.

Decision: the window is an instant, counted from the contact's own time, and the key's expiry is that instant. No job
closes windows and no clock of ours is asked: a key that is gone is a window that is closed. Cost: what was received
inside it goes with it; what must be kept longer is in the interaction's thread.
"""
