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


def happens(chance: float, seed: int, *about: str | int) -> bool:
    """Whether something of this chance befalls `about`. What cannot happen, or must, costs no hash."""
    return chance > 0 and (chance >= 1 or roll(seed, *about) < chance)


def within(span: tuple[float, float], seed: int, *about: str | int) -> float:
    """A point of the span, low end included."""
    low, high = span
    return low if low == high else low + (high - low) * roll(seed, *about)
