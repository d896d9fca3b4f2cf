"""Hey's Client API: who is let in, and for how long. Keeps nothing: a token says itself whose it is and since when.

A token is good for about a day, or as long as the script says; another password ends it.
Source: three public users of the API. Assumed: 401, and what is said with it.
"""

import base64
import hashlib
import hmac
from contextlib import suppress

from pydantic import ValidationError

from workers.simulator import plain
from workers.simulator.hey.answers import refused
from workers.simulator.plain import Wire
from workers.simulator.provider import Answer, Arrival, Desk, json_answer
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US


class _Login(Wire):
    name: str
    password: str


def log_in(arrival: Arrival, desk: Desk) -> Answer:
    try:
        asked = _Login.model_validate_json(arrival.body)
    except ValidationError as error:
        return refused(plain.mistake(error))
    if not asked.name or not desk.script.lets_in(asked.name, asked.password):
        return refused(plain.refusal("401"))
    return json_answer(200, {"success": True, "token": _token(desk.script, asked.name, desk.at_us)})


def is_let_in(arrival: Arrival, desk: Desk) -> bool:
    """Whether a token comes with the request that was given, and not too long ago."""
    kind, _, token = arrival.headers.get("Authorization", "").partition(" ")
    with suppress(ValueError):
        whose, since, _ = token.split(".")
        name, since_us = base64.urlsafe_b64decode(whose).decode(), int(since, 16)
        is_ours = hmac.compare_digest(token.encode(), _token(desk.script, name, since_us).encode())
        return kind == "Bearer" and is_ours and desk.at_us < since_us + desk.script.token_seconds * SECOND_US
    return False


def _token(script: Script, name: str, since_us: int) -> str:
    password = (script.accounts or {}).get(name, "")
    whose = base64.urlsafe_b64encode(name.encode()).decode()
    seal = hashlib.blake2b(f"{name}\0{since_us}".encode(), key=password.encode()[:64], digest_size=16)
    return f"{whose}.{since_us:x}.{seal.hexdigest()}"
