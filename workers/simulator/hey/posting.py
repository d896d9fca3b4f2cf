"""Hey's posts: once. Whether it repeats what was not taken is not known, so it does not, unless the URL asks for it."""

from workers.simulator.messages import CallbackTarget
from workers.simulator.poster import TOTAL_S
from workers.simulator.targets import Policy, target_of

USUAL = Policy(0, frozenset({"ct"}), TOTAL_S)


def target(url: str) -> CallbackTarget:
    return target_of(url, USUAL)
