"""Twilio's form as a submission, and what is wrong with it. Owns no answers.

Source: https://www.twilio.com/docs/messaging/api/message-resource (fields)
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from yarl import query_to_pairs

from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal, Submission
from workers.simulator.provider import Arrival
from workers.simulator.script import Script
from workers.simulator.twilio.access import credentials, is_let_in
from workers.simulator.twilio.codes import refusal
from workers.simulator.twilio.posting import reference, target

CHANNEL = "whatsapp:"
BODY_LIMIT = 1_600
KEPT = frozenset({"To", "From", "MessagingServiceSid", "Body", "MediaUrl"})  # what answers and callbacks repeat

_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
_SENDER = re.compile(r"whatsapp:(\+[1-9]\d{5,14})")
_CONTENT = re.compile(r"HX[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_CALLBACK = re.compile(
    r"https?://(?:(?![/?#_])[!-~])+(?:[/?#][!-~]*)?"
)  # Quirk(twilio): no underscores in the host (21609)


@dataclass(slots=True)
class _Asked:
    """One request, taken apart. variables: None when ContentVariables is not an object of strings."""

    account: str
    user: str | None
    token: str
    form: Mapping[str, str]
    variables: Mapping[str, str] | None
    script: Script = field(repr=False)
    memory: Memory = field(repr=False)


def submission(arrival: Arrival, script: Script, memory: Memory) -> Submission:
    """Total on arbitrary bytes."""
    form = form_of(arrival.body)
    user, token = credentials(arrival)
    asked = _Asked(arrival.path["account"], user, token, form, _variables(form), script, memory)
    callback = form.get("StatusCallback")
    return Submission(
        account=asked.account,
        to=form.get("To", "").removeprefix(CHANNEL),
        sender=_sender(form, script),
        template=form.get("ContentSid") or None,
        variables=asked.variables or {},
        callback=target(callback) if callback else None,
        refusal=_fault_in(asked),
        secret=_signing_token(asked),
        fails_with=_defect(asked),
        needs_window=_needs_window(asked),
        wire={name: value for name, value in form.items() if value and name in KEPT},
        reference=reference(callback) if callback else None,
    )


def form_of(body: bytes) -> dict[str, str]:
    """A form's last value for each name. Total on arbitrary bytes.

    yarl's parser, because the standard library's costs 23 µs a request, a tenth of what the simulator has for one.
    """
    return dict(query_to_pairs(body.decode("utf-8", "replace")))


def _variables(form: Mapping[str, str]) -> Mapping[str, str] | None:
    text = form.get("ContentVariables")
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        return None
    return found


def _check_account(asked: _Asked) -> Refusal | None:
    return None if is_let_in(asked.script, asked.account, asked.user, asked.token) else refusal("20003")


def _check_recipient(asked: _Asked) -> Refusal | None:
    to = asked.form.get("To", "")
    if not to:
        return refusal("21604", "A 'To' phone number is required.")
    if not _ADDRESS.fullmatch(to):
        return refusal("21211", "The 'To' number is not a valid WhatsApp address.")
    return None


def _check_sender(asked: _Asked) -> Refusal | None:
    sender, service = asked.form.get("From", ""), asked.form.get("MessagingServiceSid", "")
    if not sender and not service:
        return refusal("21603", "A 'From' phone number is required.")
    if sender and not _SENDER.fullmatch(sender):
        return refusal("21212", "The 'From' number is not a valid WhatsApp sender.")
    if service and not _SERVICE.fullmatch(service):
        return refusal("21705", "The Messaging Service Sid is invalid.")
    return None


def _check_content(asked: _Asked) -> Refusal | None:
    form = asked.form
    content = form.get("ContentSid", "")
    if not content:
        return _check_free_form(form)
    if form.get("Body") or form.get("MediaUrl"):
        # Assumed: the documentation only says not to; a client that does has lost track of what it sends.
        return refusal("63011", "ContentSid excludes Body and MediaUrl.")
    if not _is_known(content, asked):
        return refusal("21655", "The ContentSid is invalid.")
    if asked.variables is None:
        return refusal("21656", "The ContentVariables parameter is invalid.")
    return None


def _is_known(content: str, asked: _Asked) -> bool:
    if not _CONTENT.fullmatch(content):
        return False
    templates = asked.script.templates
    return templates is None or content in templates or content in asked.memory.contents


def _check_free_form(form: Mapping[str, str]) -> Refusal | None:
    if form.get("ContentVariables"):
        return refusal("21654", "ContentVariables need a ContentSid.")
    if not form.get("Body") and not form.get("MediaUrl"):
        return refusal("21602", "A text message body or a media URL is required.")
    if len(form.get("Body", "")) > BODY_LIMIT:
        return refusal("21617", f"The message body exceeds {BODY_LIMIT} characters.")
    return None


def _check_callback(asked: _Asked) -> Refusal | None:
    url = asked.form.get("StatusCallback", "")
    if url and not _is_callable(url):
        return refusal("21609", "The 'StatusCallback' URL is not a valid URL.")
    return None


_CHECKS: tuple[Callable[[_Asked], Refusal | None], ...] = (
    _check_account,
    _check_recipient,
    _check_sender,
    _check_content,
    _check_callback,
)


def _fault_in(asked: _Asked) -> Refusal | None:
    for check in _CHECKS:
        if found := check(asked):
            return found
    return None


def _is_callable(url: str) -> bool:
    if not _CALLBACK.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no port, brackets that are no address
        return False


def _sender(form: Mapping[str, str], script: Script) -> str:
    """The number, as far as it is known; else the service, which has chosen none yet."""
    number, service = form.get("From"), form.get("MessagingServiceSid", "")
    return number.removeprefix(CHANNEL) if number else script.services.get(service, service)


def _signing_token(asked: _Asked) -> str:
    """The account's own token, even when an API key asked."""
    return (asked.script.accounts or {}).get(asked.account, asked.token)


def _defect(asked: _Asked) -> str | None:
    """What Twilio accepts and reports later."""
    template = asked.script.catalogue.get(asked.form.get("ContentSid", ""))
    if template is None:
        return None
    if template.status == "paused":
        return "63041"
    variables = asked.variables or {}
    return "63028" if any(name not in variables for name in template.names) else None


def _needs_window(asked: _Asked) -> bool:
    """Whatever WhatsApp has not approved: a text, a file, a content that the client has just made."""
    content = asked.form.get("ContentSid")
    if not content or content in asked.memory.contents:
        return True
    template = asked.script.catalogue.get(content)
    return template is not None and template.status != "approved"
