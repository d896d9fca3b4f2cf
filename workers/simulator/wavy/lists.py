"""Wavy's lists of contacts, always empty: a contact who has opted out is only refused, and the simulator cannot serve a
list's file, which lies behind https.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API"
"""

from workers.simulator.dialect import LookupContext
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.unsigned_json import make_refusal
from workers.simulator.wavy.authentication import is_request_authorized
from workers.simulator.wavy.responses import build_refusal_response

KINDS = frozenset({"OPTOUT", "OPTIN", "BLACKLIST", "WHITELIST"})


def show_list(request: HttpRequest, context: LookupContext) -> HttpResponse:
    if not is_request_authorized(request, context.script):
        return build_refusal_response(make_refusal("401"))
    if request.path["kind"] not in KINDS:
        return build_refusal_response(make_refusal("404"))
    if "customerId" not in request.query:
        return build_refusal_response(make_refusal("400", "Bad request: customerId"))
    return make_json_response(200, {"success": True, "status": "EMPTY"})
