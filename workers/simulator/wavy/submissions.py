"""Wavy's request as a submission, and its mistakes. Owns no responses; `request_schema` owns the body's shape."""

from collections.abc import Mapping

from pydantic import ValidationError

from workers.simulator import sinch
from workers.simulator.http_values import HttpRequest
from workers.simulator.memory import Memory
from workers.simulator.messages import Submission
from workers.simulator.retry_policy import find_status_target
from workers.simulator.script import Script
from workers.simulator.unsigned_json import make_refusal, number_values, refuse_invalid, reject_unread
from workers.simulator.wavy.authentication import is_request_authorized, read_user
from workers.simulator.wavy.request_schema import SendRequest
from workers.simulator.wavy.responses import TEXTS
from workers.simulator.wavy.webhooks import USUAL


def read_submission(request: HttpRequest, script: Script, _memory: Memory) -> Submission:
    """Total on arbitrary bytes."""
    account = read_user(request)
    if not is_request_authorized(request, script):
        return reject_unread(account, make_refusal("401", TEXTS["401"]))
    try:
        return _build_submission(account, SendRequest.model_validate_json(request.body), script)
    except ValidationError as error:
        return reject_unread(account, refuse_invalid(error))


def _build_submission(account: str, body: SendRequest, script: Script) -> Submission:
    destination, template = body.destinations[0], body.message.hsm or body.message.template
    return Submission(
        account=account,
        to=destination.address,
        sender=script.services.get(account, account),
        template=None if template is None else template.element_name,
        variables={} if template is None else number_values(template.parameters),
        callback=find_status_target(script, "wavy", account, USUAL),
        refusal=None,
        secret="",
        fails_with=sinch.find_defect(script, template),
        needs_window=template is None,
        wire=_build_wire(body),
        reference=destination.correlation_id,
    )


def _build_wire(body: SendRequest) -> Mapping[str, str]:
    """The fields that every webhook about the message repeats."""
    destination = body.destinations[0]
    fields = {
        "correlationId": destination.correlation_id,
        "destination": destination.destination,
        "campaignAlias": body.campaign_alias,
        "flowId": body.flow_id,
        "extraInfo": body.extra_info,
    }
    return {name: value for name, value in fields.items() if value is not None}
