"""How long to wait before another try. Owns the arithmetic, not the decision: errors say whether, callers say when.

Source: exponential back-off with full jitter, as Twilio asks for after 20429 and AWS's architecture blog measured.
"""


def backoff_s(tries: int, base_s: float, cap_s: float, jitter: float) -> float:
    """Between 0 and min(cap_s, base_s * 2**(tries - 1)).

    tries: how many have failed, from 1.  jitter: uniform in [0, 1), so that waiters spread over the whole span.

    >>> [backoff_s(tries, base_s=1.0, cap_s=10.0, jitter=0.5) for tries in (1, 2, 3, 4, 5, 5000)]
    [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    """
    doublings = min(tries - 1, 62)  # beyond it every cap is reached, and a float would overflow at 1,024
    return min(cap_s, base_s * 2.0**doublings) * jitter
