"""Randomness without state: the same question under the same seed has the same answer, in any order and any process."""

from hashlib import blake2b

_MANTISSA_BITS = 53  # a float holds 53 bits exactly, so the result stays below 1


def draw_unit(seed: int, *about: str | int) -> float:
    """*Shape*: uniform in [0, 1).

    >>> draw_unit(7, "delivered", "+14155550101") == draw_unit(7, "delivered", "+14155550101")
    True
    """
    question = "\0".join(map(str, (seed, *about)))
    digest = blake2b(question.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> (64 - _MANTISSA_BITS)) / (1 << _MANTISSA_BITS)


def draw_bool(probability: float, seed: int, *about: str | int) -> bool:
    """True with this probability. 0 and 1 cost no hash."""
    return probability > 0 and (probability >= 1 or draw_unit(seed, *about) < probability)


def draw_between(span: tuple[float, float], seed: int, *about: str | int) -> float:
    """A number in the span, low end included."""
    low, high = span
    return low if low == high else low + (high - low) * draw_unit(seed, *about)
