"""How fast a sender may go: paced slots from Redis, shared by all processes, and the adaptive slow-down.

Decision: GCRA without a burst. One slot every `1 / (rate × headroom)` seconds, handed out at most one horizon ahead, so
that a second can never hold more than the cap and an agent's reply never queues behind reserved bulk slots.
Decision: the pair limit (one sender, one contact) is asked in the same script as the slot, so that a job learns both at
once; its key remembers the job that holds it, because a job that missed its slot asks again.
"""
