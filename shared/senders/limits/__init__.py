"""How fast a sender may go: paced slots from Redis, shared by all processes, and the adaptive slow-down.

A slot is the instant, in µs of the store's clock, at which one job may begin its request.
Decision: GCRA with a burst tolerance of zero. The emission interval is `1 / (rate × headroom)` seconds
(`[sending] rate_headroom`), and no slot is
reserved further ahead than the horizon. So no second holds more slots than the cap, and an agent's reply never queues
behind slots that campaigns have reserved.
Decision: one script answers for the pair limit (one sender, one contact) and for the slot, so that a job learns both in one
round trip. The pair's key names the job that holds the pair: a job that missed its slot may ask again.
"""
