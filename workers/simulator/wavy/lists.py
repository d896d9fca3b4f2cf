"""Wavy's lists of contacts, asked for by a client. Nobody is on any: who has said STOP is only refused, and a list's file
lies behind https, which the simulator does not speak.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API"
"""

from workers.simulator import plain
from workers.simulator.provider import Answer, Arrival, Desk, json_answer
from workers.simulator.wavy.access import is_let_in
from workers.simulator.wavy.answers import refused

KINDS = frozenset({"OPTOUT", "OPTIN", "BLACKLIST", "WHITELIST"})


def show_list(arrival: Arrival, desk: Desk) -> Answer:
    if not is_let_in(arrival, desk.script):
        return refused(plain.refusal("401"))
    if arrival.path["kind"] not in KINDS:
        return refused(plain.refusal("404"))
    if "customerId" not in arrival.query:
        return refused(plain.refusal("400", "Bad request: customerId"))
    return json_answer(200, {"success": True, "status": "EMPTY"})
