"""Wavy's authentication: two headers. Owns no accounts."""

from workers.simulator.http_values import HttpRequest
from workers.simulator.script import Script


def read_user(request: HttpRequest) -> str:
    return request.headers.get("UserName", "")


def is_request_authorized(request: HttpRequest, script: Script) -> bool:
    user = read_user(request)
    return bool(user) and script.is_authorized(user, request.headers.get("AuthenticationToken", ""))
