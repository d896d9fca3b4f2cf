"""A request to Meta's `messages` as a submission, and what is wrong with it. Owns no answers and no templates.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (2026-04-23).
Assumed: the order in which mistakes are found, and the code of a recipient that cannot be one.
"""

from collections.abc import Mapping

from pydantic import ValidationError

from workers.simulator import plain
from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal, Submission
from workers.simulator.meta import access, codes, filling
from workers.simulator.meta.answers import ACCEPTED, HELD, was_read
from workers.simulator.meta.codes import refusal
from workers.simulator.meta.people import names_of, number_of, somebody, told
from workers.simulator.meta.posting import target
from workers.simulator.meta.statuses import SERVICE
from workers.simulator.meta.wire import KINDS, Request, mistake
from workers.simulator.provider import Answer, Arrival
from workers.simulator.script import Script

MARKETING = "marketing"


def submission(arrival: Arrival, script: Script, memory: Memory) -> Submission | Answer:
    """Total on arbitrary bytes. Who says that a message was read sends none."""
    account = arrival.path["node"]
    trouble = access.fault(arrival, script)
    if trouble is not None:
        return plain.unread(account, trouble)
    try:
        request = Request.model_validate_json(arrival.body)
    except ValidationError as error:
        return plain.unread(account, mistake(error))
    if request.status is not None:
        return was_read() if request.message_id else plain.unread(account, _missing("message_id"))
    return _read(arrival.path, request, script, memory)


def _read(path: Mapping[str, str], request: Request, script: Script, memory: Memory) -> Submission:
    account = path["node"]
    sender, to, asked = script.services.get(account, account), _recipient(request), request.template
    url = script.status_url("meta", account)
    category = SERVICE if asked is None else filling.category(script, asked)
    return Submission(
        account=account,
        to=to or "",
        sender=sender,
        template=None if asked is None else asked.name,
        variables={} if asked is None else filling.variables(asked),
        callback=None if url is None else target(url),
        refusal=_defect(request, to, sender, script, memory),
        secret=script.meta.app_secret,
        fails_with=_unwanted(category, sender, to, memory),
        needs_window=asked is None,
        wire={"version": path["version"], "category": category, **_wire(request, to, script)},
        reference=request.biz_opaque_callback_data,
    )


def _recipient(request: Request) -> str | None:
    """Of two, the number counts."""
    if request.to is not None:
        return number_of(request.to)
    return None if request.recipient is None else somebody(request.recipient)


def _defect(request: Request, to: str | None, sender: str, script: Script, memory: Memory) -> Refusal | None:
    trouble = _of_content(request) or _of_recipient(request, to, sender)
    if trouble is not None or request.template is None:
        return trouble
    return filling.defect(script, memory, request.template)


def _of_content(request: Request) -> Refusal | None:
    """A type, its part, and no other."""
    kind = request.type.lower()
    if kind not in KINDS:
        kinds = ", ".join(sorted(KINDS)).upper()
        return refusal(codes.PARAMETER, f'Param type must be one of {{{kinds}}} - got "{request.type}".')
    if getattr(request, kind) is None:
        return refusal(codes.MISSING, f"Parameter '{request.type}' is mandatory for type '{request.type}'")
    strange = next((one for one in sorted(KINDS - {kind}) if getattr(request, one) is not None), None)
    return None if strange is None else refusal(codes.PARAMETER, f'Unexpected key "{strange}" on param ""')


def _of_recipient(request: Request, to: str | None, sender: str) -> Refusal | None:
    if request.to is None and request.recipient is None:
        return _missing("to")
    if to is None:
        return refusal(codes.BAD_VALUE, "Parameter value is not valid: to")
    if to == sender:
        return refusal(codes.TO_ITSELF, "Sender and recipient are the same phone number.")
    return None


def _missing(name: str) -> Refusal:
    return refusal(codes.PARAMETER, f"The parameter {name} is required.")


def _unwanted(category: str, sender: str, to: str | None, memory: Memory) -> str | None:
    """Who has told WhatsApp to stop a sender's marketing gets none, and the sender hears of it later."""
    if to is None or category != MARKETING or memory.conversations.wants_marketing(sender, to):
        return None
    return codes.UNWANTED


def _wire(request: Request, to: str | None, script: Script) -> Mapping[str, str]:
    """What the answer and the statuses say of it."""
    names = names_of(script, to or "")
    pace = None
    if request.template is not None:
        pace = HELD if request.template.name in script.meta.held else ACCEPTED
    return told(
        waba_id=script.meta.waba_id,
        input=request.to or request.recipient,
        wa_id=names.wa_id,
        user_id=names.user_id or None,
        pace=pace,
    )
