"""Who asks Wavy: two headers. Owns no accounts."""

from workers.simulator.provider import Arrival
from workers.simulator.script import Script


def user_of(arrival: Arrival) -> str:
    return arrival.headers.get("UserName", "")


def is_let_in(arrival: Arrival, script: Script) -> bool:
    user = user_of(arrival)
    return bool(user) and script.lets_in(user, arrival.headers.get("AuthenticationToken", ""))
