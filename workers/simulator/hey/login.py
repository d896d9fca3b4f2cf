"""Hey's Client API: logins and their tokens. Stores nothing: a token itself holds its account and its instant.

A token is valid for about a day, or as long as the script says; a changed password ends it.
Source: three public users of the API. Assumed: 401 and its body.
"""

import base64
import hashlib
import hmac
from contextlib import suppress

from pydantic import ValidationError

from workers.simulator.dialect import LookupContext
from workers.simulator.hey.responses import build_refusal_response
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.schema import StrictModel
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US
from workers.simulator.unsigned_json import make_refusal, refuse_invalid


class _Login(StrictModel):
    name: str
    password: str


def log_in(request: HttpRequest, context: LookupContext) -> HttpResponse:
    try:
        login = _Login.model_validate_json(request.body)
    except ValidationError as error:
        return build_refusal_response(refuse_invalid(error))
    if not login.name or not context.script.is_authorized(login.name, login.password):
        return build_refusal_response(make_refusal("401"))
    token = _make_token(context.script, login.name, context.at_us)
    return make_json_response(200, {"success": True, "token": token})


def is_request_authorized(request: HttpRequest, context: LookupContext) -> bool:
    """Whether the request has a token that this API gave and that has not expired."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    with suppress(ValueError):
        encoded_name, since, _ = token.split(".")
        name, since_us = base64.urlsafe_b64decode(encoded_name).decode(), int(since, 16)
        is_genuine = hmac.compare_digest(token.encode(), _make_token(context.script, name, since_us).encode())
        is_valid = context.at_us < since_us + context.script.token_seconds * SECOND_US
        return kind == "Bearer" and is_genuine and is_valid
    return False


def _make_token(script: Script, name: str, since_us: int) -> str:
    password = (script.accounts or {}).get(name, "")
    encoded_name = base64.urlsafe_b64encode(name.encode()).decode()
    seal = hashlib.blake2b(f"{name}\0{since_us}".encode(), key=password.encode()[:64], digest_size=16)
    return f"{encoded_name}.{since_us:x}.{seal.hexdigest()}"
