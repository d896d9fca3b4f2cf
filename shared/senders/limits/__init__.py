"""How fast a sender may go: paced slots from Redis, shared by all processes, and the adaptive slow-down.

A slot begins at an instant, in µs of the store's clock, and lasts for `[sending] slot_tolerance_ms`: one job writes its
request within it.
Decision: GCRA with a burst tolerance of zero. The emission interval is `1 / (rate × headroom)` seconds
(`[sending] rate_headroom`), and no slot is
reserved further ahead than the horizon. So no second holds more slots than the cap, and an agent's reply never queues
behind slots that campaigns have reserved.
Decision: a job that could not write its request within its slot, because of a slow mark, a busy loop or a connection that
had to be opened first, takes another slot, with the mark that it has; never later than `mark_freshness_seconds`. So no
sliding second of requests exceeds the cap, however late each of them is (`slot`). Until then a request was sent up to 1 s
after its slot, and 1,002 were seen in a second at 1,000/s.
Decision: one script answers for the pair limit (one sender, one contact) and for the slot, so that a job learns both in one
round trip. The pair's key names the job that holds the pair: a job that missed its slot may ask again.
"""
