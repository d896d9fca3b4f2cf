"""Twilio's form as a submission, and its mistakes. Owns no responses.

Source: https://www.twilio.com/docs/messaging/api/message-resource (fields)
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from yarl import query_to_pairs

from workers.simulator.http_values import HttpRequest
from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal, Submission
from workers.simulator.script import Script
from workers.simulator.twilio.authentication import is_authorized, read_credentials
from workers.simulator.twilio.codes import make_refusal
from workers.simulator.twilio.webhooks import parse_reference, parse_target

CHANNEL = "whatsapp:"
MAX_BODY_CHARACTERS = 1_600
KEPT = frozenset({"To", "From", "MessagingServiceSid", "Body", "MediaUrl"})  # responses and webhooks repeat these

_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
_SENDER = re.compile(r"whatsapp:(\+[1-9]\d{5,14})")
_CONTENT = re.compile(r"HX[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
# Quirk(twilio) underscore-in-host: a status URL with one is refused with 21609 (page on 21609, 2026-11)
_CALLBACK = re.compile(r"https?://(?:(?![/?#_])[!-~])+(?:[/?#][!-~]*)?")


@dataclass(slots=True)
class _Parts:
    """One request, taken apart. variables: None if ContentVariables is not an object of strings."""

    account: str
    user: str | None
    token: str
    form: Mapping[str, str]
    variables: Mapping[str, str] | None
    script: Script = field(repr=False)
    memory: Memory = field(repr=False)


def read_submission(request: HttpRequest, script: Script, memory: Memory) -> Submission:
    """Total on arbitrary bytes."""
    form = parse_form(request.body)
    user, token = read_credentials(request)
    parts = _Parts(request.path["account"], user, token, form, _parse_variables(form), script, memory)
    callback = form.get("StatusCallback")
    return Submission(
        account=parts.account,
        to=form.get("To", "").removeprefix(CHANNEL),
        sender=_find_sender(form, script),
        template=form.get("ContentSid") or None,
        variables=parts.variables or {},
        callback=parse_target(callback) if callback else None,
        refusal=_find_refusal(parts),
        secret=_find_signing_token(parts),
        fails_with=_find_defect(parts),
        needs_window=_needs_window(parts),
        wire={name: value for name, value in form.items() if value and name in KEPT},
        reference=parse_reference(callback) if callback else None,
    )


def parse_form(body: bytes) -> dict[str, str]:
    """A form's last value for each name. Total on arbitrary bytes.

    yarl's parser, because the standard library's costs 23 µs a request, a tenth of the simulator's time for one.
    """
    return dict(query_to_pairs(body.decode("utf-8", "replace")))


def _parse_variables(form: Mapping[str, str]) -> Mapping[str, str] | None:
    text = form.get("ContentVariables")
    if not text:
        return {}
    try:
        variables = json.loads(text)
    except ValueError:
        return None
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        return None
    return variables


def _check_account(parts: _Parts) -> Refusal | None:
    if is_authorized(parts.script, parts.account, parts.user, parts.token):
        return None
    return make_refusal("20003")


def _check_recipient(parts: _Parts) -> Refusal | None:
    to = parts.form.get("To", "")
    if not to:
        return make_refusal("21604", "A 'To' phone number is required.")
    if not _ADDRESS.fullmatch(to):
        return make_refusal("21211", "The 'To' number is not a valid WhatsApp address.")
    return None


def _check_sender(parts: _Parts) -> Refusal | None:
    sender, service = parts.form.get("From", ""), parts.form.get("MessagingServiceSid", "")
    if not sender and not service:
        return make_refusal("21603", "A 'From' phone number is required.")
    if sender and not _SENDER.fullmatch(sender):
        return make_refusal("21212", "The 'From' number is not a valid WhatsApp sender.")
    if service and not _SERVICE.fullmatch(service):
        return make_refusal("21705", "The Messaging Service Sid is invalid.")
    return None


def _check_content(parts: _Parts) -> Refusal | None:
    form = parts.form
    content = form.get("ContentSid", "")
    if not content:
        return _check_free_form(form)
    if form.get("Body") or form.get("MediaUrl"):
        # Assumed: the documentation only forbids it; a client that does it has lost track of its own content.
        return make_refusal("63011", "ContentSid excludes Body and MediaUrl.")
    if not _is_known_content(content, parts):
        return make_refusal("21655", "The ContentSid is invalid.")
    if parts.variables is None:
        return make_refusal("21656", "The ContentVariables parameter is invalid.")
    return None


def _is_known_content(content: str, parts: _Parts) -> bool:
    if not _CONTENT.fullmatch(content):
        return False
    templates = parts.script.templates
    return templates is None or content in templates or content in parts.memory.contents


def _check_free_form(form: Mapping[str, str]) -> Refusal | None:
    if form.get("ContentVariables"):
        return make_refusal("21654", "ContentVariables need a ContentSid.")
    if not form.get("Body") and not form.get("MediaUrl"):
        return make_refusal("21602", "A text message body or a media URL is required.")
    if len(form.get("Body", "")) > MAX_BODY_CHARACTERS:
        return make_refusal("21617", f"The message body exceeds {MAX_BODY_CHARACTERS} characters.")
    return None


def _check_callback(parts: _Parts) -> Refusal | None:
    url = parts.form.get("StatusCallback", "")
    if url and not _is_callable_url(url):
        return make_refusal("21609", "The 'StatusCallback' URL is not a valid URL.")
    return None


_CHECKS: tuple[Callable[[_Parts], Refusal | None], ...] = (
    _check_account,
    _check_recipient,
    _check_sender,
    _check_content,
    _check_callback,
)


def _find_refusal(parts: _Parts) -> Refusal | None:
    for check in _CHECKS:
        if refusal := check(parts):
            return refusal
    return None


def _is_callable_url(url: str) -> bool:
    if not _CALLBACK.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no port, brackets that are no address
        return False


def _find_sender(form: Mapping[str, str], script: Script) -> str:
    """The number; if only a service is named, the script's number for it, or else the service's id."""
    number, service = form.get("From"), form.get("MessagingServiceSid", "")
    return number.removeprefix(CHANNEL) if number else script.services.get(service, service)


def _find_signing_token(parts: _Parts) -> str:
    """A SharedKey, or the account's own token, even for a request with an API key."""
    return parts.script.find_shared_key() or (parts.script.accounts or {}).get(parts.account, parts.token)


def _find_defect(parts: _Parts) -> str | None:
    """The code of a defect that Twilio accepts and reports later."""
    template = parts.script.catalogue.get(parts.form.get("ContentSid", ""))
    if template is None:
        return None
    if template.status == "paused":
        return "63041"
    variables = parts.variables or {}
    return "63028" if any(name not in variables for name in template.names) else None


def _needs_window(parts: _Parts) -> bool:
    """Whether WhatsApp has not approved the content: a text, a file, a content that the client has just created."""
    content = parts.form.get("ContentSid")
    if not content or content in parts.memory.contents:
        return True
    template = parts.script.catalogue.get(content)
    return template is not None and template.status != "approved"
