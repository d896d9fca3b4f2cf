"""A request to Meta's `messages` as a submission, and its mistakes. Owns no responses and no templates.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (2026-04-23).
Assumed: the order in which mistakes are found, and the code for an impossible recipient.
"""

from collections.abc import Mapping

from pydantic import ValidationError

from workers.simulator.addresses import parse_number
from workers.simulator.http_values import HttpRequest, HttpResponse
from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal, Submission
from workers.simulator.meta import authentication, codes, template_check
from workers.simulator.meta.codes import make_refusal
from workers.simulator.meta.contact_ids import drop_missing, find_ids, parse_user_id
from workers.simulator.meta.request_schema import KINDS, SendRequest, refuse_invalid
from workers.simulator.meta.responses import ACCEPTED, HELD, confirm_read_receipt
from workers.simulator.meta.statuses import SERVICE
from workers.simulator.meta.webhooks import USUAL
from workers.simulator.retry_policy import find_status_target
from workers.simulator.script import Script
from workers.simulator.unsigned_json import reject_unread

MARKETING, MARKETING_LITE, MARKETING_MESSAGES = "marketing", "marketing_lite", "marketing_messages"


def read_submission(request: HttpRequest, script: Script, memory: Memory) -> Submission | HttpResponse:
    """Total on arbitrary bytes. A read receipt submits no message and gets its response at once."""
    account = request.path["node"]
    refusal = authentication.find_refusal(request, script)
    if refusal is not None:
        return reject_unread(account, refusal)
    try:
        body = SendRequest.model_validate_json(request.body)
    except ValidationError as error:
        return reject_unread(account, refuse_invalid(error))
    if body.status is not None:
        return confirm_read_receipt() if body.message_id else reject_unread(account, _refuse_missing("message_id"))
    return _build_submission(request.path, body, script, memory)


def _build_submission(path: Mapping[str, str], body: SendRequest, script: Script, memory: Memory) -> Submission:
    account, template = path["node"], body.template
    sender, to = script.services.get(account, account), _find_recipient(body)
    category = SERVICE if template is None else template_check.find_category(script, template)
    billed = MARKETING_LITE if path.get("endpoint") == MARKETING_MESSAGES else category
    return Submission(
        account=account,
        to=to or "",
        sender=sender,
        template=None if template is None else template.name,
        variables={} if template is None else template_check.read_variables(template),
        callback=find_status_target(script, "meta", account, USUAL),
        refusal=_check_endpoint(path.get("endpoint", ""), body, category, script)
        or _find_defect(body, to, sender, script, memory),
        secret=script.meta.app_secret,
        fails_with=_check_marketing(category, sender, to, memory),
        needs_window=template is None,
        wire={"version": path["version"], "category": billed, **_build_wire(body, to, script)},
        reference=body.biz_opaque_callback_data,
    )


def _find_recipient(body: SendRequest) -> str | None:
    """If both are given, the number counts."""
    if body.to is not None:
        return parse_number(body.to)
    return None if body.recipient is None else parse_user_id(body.recipient)


def _check_endpoint(endpoint: str, body: SendRequest, category: str, script: Script) -> Refusal | None:
    """Assumed: the Marketing Messages API is checked before the message's own mistakes."""
    if endpoint != MARKETING_MESSAGES:
        is_off = category == MARKETING and not script.meta.marketing_by_messages
        return make_refusal(codes.MARKETING_OFF) if is_off else None
    if body.template is None:
        return make_refusal(codes.MARKETING_API)
    if category != MARKETING:
        return make_refusal(codes.NOT_MARKETING)
    return make_refusal(codes.PREPARING) if body.template.name in script.meta.preparing else None


def _find_defect(body: SendRequest, to: str | None, sender: str, script: Script, memory: Memory) -> Refusal | None:
    refusal = _check_content(body) or _check_recipient(body, to, sender)
    if refusal is not None or body.template is None:
        return refusal
    return template_check.find_defect(script, memory, body.template)


def _check_content(body: SendRequest) -> Refusal | None:
    """A known type, its object, and no object of another type."""
    kind = body.type.lower()
    if kind not in KINDS:
        kinds = ", ".join(sorted(KINDS)).upper()
        return make_refusal(codes.PARAMETER, f'Param type must be one of {{{kinds}}} - got "{body.type}".')
    if getattr(body, kind) is None:
        return make_refusal(codes.MISSING, f"Parameter '{body.type}' is mandatory for type '{body.type}'")
    other = next((one for one in sorted(KINDS - {kind}) if getattr(body, one) is not None), None)
    return None if other is None else make_refusal(codes.PARAMETER, f'Unexpected key "{other}" on param ""')


def _check_recipient(body: SendRequest, to: str | None, sender: str) -> Refusal | None:
    if body.to is None and body.recipient is None:
        return _refuse_missing("to")
    if to is None:
        return make_refusal(codes.BAD_VALUE, "Parameter value is not valid: to")
    if to == sender:
        return make_refusal(codes.TO_ITSELF, "Sender and recipient are the same phone number.")
    return None


def _refuse_missing(name: str) -> Refusal:
    return make_refusal(codes.PARAMETER, f"The parameter {name} is required.")


def _check_marketing(category: str, sender: str, to: str | None, memory: Memory) -> str | None:
    """A contact may have stopped this sender's marketing: a later status then carries this code."""
    if to is None or category != MARKETING or memory.conversations.wants_marketing(sender, to):
        return None
    return codes.UNWANTED


def _build_wire(body: SendRequest, to: str | None, script: Script) -> Mapping[str, str]:
    """The fields that the response and the statuses repeat."""
    ids = find_ids(script, to or "")
    pace = None
    if body.template is not None:
        pace = HELD if body.template.name in script.meta.held else ACCEPTED
    return drop_missing(
        waba_id=script.meta.waba_id,
        input=body.to or body.recipient,
        wa_id=ids.wa_id,
        user_id=ids.user_id or None,
        pace=pace,
    )
