"""Meta's lookups without sending: a node, the account's numbers, the subscribed apps. `nodes` owns the contents.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
(`subscribed_apps`)
"""

from collections.abc import Mapping
from dataclasses import replace

from workers.simulator.dialect import LookupContext
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.messages import Refusal
from workers.simulator.meta.authentication import find_account_refusal, find_refusal
from workers.simulator.meta.codes import build_refusal_response
from workers.simulator.meta.fields import NodeType, parse_fields, select_fields
from workers.simulator.meta.nodes import ACCOUNT, NUMBER, build_account, build_media, build_number
from workers.simulator.meta.template_nodes import TEMPLATE, find_template_node
from workers.simulator.script import Script

APP = {"id": "670843887433847", "link": "https://www.example.com/", "name": "A made-up app"}


def show_node(request: HttpRequest, context: LookupContext) -> HttpResponse:
    """A path names a node without its type: account, media, template or number."""
    script, node_id = context.script, request.path["node"]
    if find_account_refusal(request, script) is None:
        return _show(request, ACCOUNT, build_account(script))
    may_see_account = find_account_refusal(_redirect_to_account(request, script), script) is None
    media = context.memory.media.get(node_id)
    if media is not None and may_see_account:
        return make_json_response(200, build_media(media))
    template = find_template_node(context, node_id)
    if template is not None and may_see_account:
        return _show(request, TEMPLATE, template)
    refusal = find_refusal(request, script)
    return build_refusal_response(refusal) if refusal else _show(request, NUMBER, build_number(script, node_id))


def list_numbers(request: HttpRequest, context: LookupContext) -> HttpResponse:
    refusal = find_account_refusal(request, context.script)
    fields = parse_fields(request, NUMBER) if refusal is None else refusal
    if isinstance(fields, Refusal):
        return build_refusal_response(fields)
    numbers = [build_number(context.script, account) for account in context.script.services if account.isdecimal()]
    return make_json_response(200, {"data": [select_fields(number, fields) for number in numbers]})


def list_subscriptions(request: HttpRequest, context: LookupContext) -> HttpResponse:
    """One app, if the script has a webhook of Meta's."""
    refusal = find_account_refusal(request, context.script)
    if refusal is not None:
        return build_refusal_response(refusal)
    apps = [{"whatsapp_business_api_data": APP}] if _has_webhook(context.script) else []
    return make_json_response(200, {"data": apps})


def _has_webhook(script: Script) -> bool:
    accounts = ("", *(script.accounts or ()))
    return any(
        script.find_status_url("meta", account) or script.find_message_url("meta", account) for account in accounts
    )


def _show(request: HttpRequest, node_type: NodeType, node: Mapping[str, object]) -> HttpResponse:
    fields = parse_fields(request, node_type)
    if isinstance(fields, Refusal):
        return build_refusal_response(fields)
    return make_json_response(200, select_fields(node, fields))


def _redirect_to_account(request: HttpRequest, script: Script) -> HttpRequest:
    """The same request for the account that the node belongs to."""
    return replace(request, path={**request.path, "node": script.meta.waba_id})
