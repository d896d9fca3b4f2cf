"""Meta's authentication: a bearer token, and the nodes of the Graph that it may see. Owns no accounts.

Source: https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from http import HTTPStatus

from workers.simulator.http_values import HttpRequest
from workers.simulator.messages import Refusal
from workers.simulator.meta.codes import PARAMETER, TOKEN, make_refusal
from workers.simulator.script import Script

VERSION = r"{version:v\d+\.\d+}"
NODE = r"{node:\d+}"
UNREADABLE = "Invalid OAuth access token - Cannot parse access token"


def find_refusal(request: HttpRequest, script: Script) -> Refusal | None:
    """For a number's node: a token sees only its own number, and any other node seems not to exist."""
    token = _read_token(request)
    if script.is_authorized(request.path["node"], token):
        return None
    return refuse_unknown_node(request) if _is_known(script, token) else make_refusal(TOKEN, UNREADABLE)


def find_account_refusal(request: HttpRequest, script: Script) -> Refusal | None:
    """For the business account's node: the token of any number will do."""
    if not _is_known(script, _read_token(request)):
        return make_refusal(TOKEN, UNREADABLE)
    return None if request.path["node"] == script.meta.waba_id else refuse_unknown_node(request)


# Quirk(meta) gone-is-400: an unknown node is a bad request with code 100 or 33 (page "error codes", 2026-09)
def refuse_unknown_node(request: HttpRequest) -> Refusal:
    """33 is its subcode as long as there are subcodes."""
    node = request.path["node"]
    text = (
        f"Unsupported request. Object with ID '{node}' does not exist, or cannot be loaded due to missing permissions"
    )
    return make_refusal(PARAMETER, text, HTTPStatus.BAD_REQUEST)


def _read_token(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _is_known(script: Script, token: str) -> bool:
    return bool(token) and (script.accounts is None or token in script.accounts.values())
