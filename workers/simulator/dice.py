"""Chance without state: the same question under the same seed has the same answer, in any order and any process."""

from hashlib import blake2b

_MANTISSA_BITS = 53  # what a float holds exactly, so that the result stays below 1


def roll(seed: int, *about: str | int) -> float:
    """*Shape*: uniform in [0, 1).

    >>> roll(7, "fate", "+14155550101") == roll(7, "fate", "+14155550101")
    True
    """
    question = "\0".join(map(str, (seed, *about)))
    digest = blake2b(question.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> (64 - _MANTISSA_BITS)) / (1 << _MANTISSA_BITS)


def between(span: tuple[float, float], share: float) -> float:
    """The point that lies `share` of the way through the span."""
    low, high = span
    return low + (high - low) * share
