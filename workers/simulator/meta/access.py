"""Who asks Meta, and for what: a bearer token, and a node of the Graph. Owns no accounts.

Source: https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from http import HTTPStatus

from workers.simulator.messages import Refusal
from workers.simulator.meta.codes import PARAMETER, TOKEN, refusal
from workers.simulator.provider import Arrival
from workers.simulator.script import Script

VERSION = r"{version:v\d+\.\d+}"
NODE = r"{node:\d+}"
UNREADABLE = "Invalid OAuth access token - Cannot parse access token"


def fault(arrival: Arrival, script: Script) -> Refusal | None:
    """Of who asks for a number. What a token may not see is not there."""
    token = _token(arrival)
    if script.lets_in(arrival.path["node"], token):
        return None
    return no_object(arrival) if _is_known(script, token) else refusal(TOKEN, UNREADABLE)


def fault_at_account(arrival: Arrival, script: Script) -> Refusal | None:
    """Of who asks for the account that all numbers belong to: any token of theirs will do."""
    if not _is_known(script, _token(arrival)):
        return refusal(TOKEN, UNREADABLE)
    return None if arrival.path["node"] == script.meta.waba_id else no_object(arrival)


def no_object(arrival: Arrival) -> Refusal:
    """Quirk(meta): a node that is not there is a bad request, with 33 for a subcode while there are subcodes."""
    node = arrival.path["node"]
    text = (
        f"Unsupported request. Object with ID '{node}' does not exist, or cannot be loaded due to missing permissions"
    )
    return refusal(PARAMETER, text, HTTPStatus.BAD_REQUEST)


def _token(arrival: Arrival) -> str:
    kind, _, token = arrival.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _is_known(script: Script, token: str) -> bool:
    return bool(token) and (script.accounts is None or token in script.accounts.values())
