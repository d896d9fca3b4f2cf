"""Twilio's side of the wire: Programmable Messaging with WhatsApp senders.

Owns reading, answers, status callbacks and their signature, written from the public protocol alone; shares nothing with
`shared.providers.twilio`, so that the two must agree over real HTTP. Plays no scheduled messages and no SMS.

Source: https://www.twilio.com/docs/messaging/api/message-resource (fields, statuses, lists)
Source: https://www.twilio.com/docs/usage/security#validating-requests (signature)
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (fragment: rc, rp)
Source: https://www.twilio.com/docs/api/errors (codes)
"""

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qsl, quote_plus, unquote, urlencode, urlsplit

from yarl import query_to_pairs

from workers.simulator.contacts import Step
from workers.simulator.messages import CallbackTarget, Message, MessageBook, Refusal, Submission
from workers.simulator.provider import Answer, Arrival, Callback, Lookup
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US

API_VERSION = "2010-04-01"
CHANNEL = "whatsapp:"
BODY_LIMIT = 1_600
PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000
DEFAULT_RETRIES, MAX_RETRIES = 1, 5
KEPT = frozenset({"To", "From", "MessagingServiceSid", "Body", "MediaUrl"})  # what answers and callbacks repeat
_ID_GAP, _TO_GAP = (f"<{what} {secrets.token_hex(8)}>" for what in ("id", "to"))  # nobody can write these
EVENTS = {"delivered": "DELIVERED", "read": "READ"}

_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{5,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
_SENDER = re.compile(r"whatsapp:(\+[1-9]\d{5,14})")
_CONTENT = re.compile(r"HX[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_CALLBACK = re.compile(
    r"https?://(?:(?![/?#_])[!-~])+(?:[/?#][!-~]*)?"
)  # Quirk(twilio): no underscores in the host (21609)

_REFERENCE = re.compile(r"[?&]ref=([^&]*)")

_HTTP_STATUS = {"20003": 401, "20006": 403, "20404": 404, "20429": 429, "20500": 500, "20503": 503}
_TEXTS = {
    "20003": "Authenticate",
    "20404": "The requested resource was not found",
    "20429": "Too Many Requests",
    "20500": "An internal server error has occurred",
    "20503": "Service unavailable",
    "21610": "Attempt to send to unsubscribed recipient",
    "21611": "This From number has exceeded the maximum number of queued messages",
    "63024": "Invalid message recipient",
    "63028": "Number of parameters provided does not match the expected number of parameters",
    "63049": "Meta chose not to deliver this WhatsApp marketing message",
}


# ── what comes in ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Asked:
    """One request, taken apart. variables: None when ContentVariables is not an object of strings."""

    account: str
    user: str | None
    token: str
    form: Mapping[str, str]
    variables: Mapping[str, str] | None
    script: Script = field(repr=False)


def _asked(arrival: Arrival, script: Script) -> _Asked:
    form = _form(arrival.body)
    user, token = _credentials(arrival.headers.get("Authorization", ""))
    return _Asked(arrival.path["account"], user, token, form, _variables(form), script)


def _form(body: bytes) -> dict[str, str]:
    """A form's last value for each name. Total on arbitrary bytes.

    yarl's parser, because the standard library's costs 23 µs a request, a tenth of what the simulator has for one.
    """
    return dict(query_to_pairs(body.decode("utf-8", "replace")))


@lru_cache(maxsize=1_024)  # a client sends the same header thousands of times a second
def _credentials(header: str) -> tuple[str | None, str]:
    kind, _, encoded = header.partition(" ")
    try:
        user, separator, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8
        return None, ""
    return (user, token) if kind.lower() == "basic" and separator else (None, "")


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
    accounts = asked.script.accounts
    if asked.user is None:
        return _refusal("20003")
    if accounts is not None and (asked.user != asked.account or accounts.get(asked.account) != asked.token):
        return _refusal("20003")
    return None


def _check_recipient(asked: _Asked) -> Refusal | None:
    to = asked.form.get("To", "")
    if not to:
        return _refusal("21604", "A 'To' phone number is required.")
    if not _ADDRESS.fullmatch(to):
        return _refusal("21211", "The 'To' number is not a valid WhatsApp address.")
    return None


def _check_sender(asked: _Asked) -> Refusal | None:
    sender, service = asked.form.get("From", ""), asked.form.get("MessagingServiceSid", "")
    if not sender and not service:
        return _refusal("21603", "A 'From' phone number is required.")
    if sender and not _SENDER.fullmatch(sender):
        return _refusal("21212", "The 'From' number is not a valid WhatsApp sender.")
    if service and not _SERVICE.fullmatch(service):
        return _refusal("21705", "The Messaging Service Sid is invalid.")
    return None


def _check_content(asked: _Asked) -> Refusal | None:
    form, templates = asked.form, asked.script.templates
    content = form.get("ContentSid", "")
    if not content:
        return _check_free_form(form)
    if form.get("Body") or form.get("MediaUrl"):
        # Assumed: the documentation only says not to; a client that does has lost track of what it sends.
        return _refusal("63011", "ContentSid excludes Body and MediaUrl.")
    if not _CONTENT.fullmatch(content) or (templates is not None and content not in templates):
        return _refusal("21655", "The ContentSid is invalid.")
    if asked.variables is None:
        return _refusal("21656", "The ContentVariables parameter is invalid.")
    return None


def _check_free_form(form: Mapping[str, str]) -> Refusal | None:
    if form.get("ContentVariables"):
        return _refusal("21654", "ContentVariables need a ContentSid.")
    if not form.get("Body") and not form.get("MediaUrl"):
        return _refusal("21602", "A text message body or a media URL is required.")
    if len(form.get("Body", "")) > BODY_LIMIT:
        return _refusal("21617", f"The message body exceeds {BODY_LIMIT} characters.")
    return None


def _check_callback(asked: _Asked) -> Refusal | None:
    url = asked.form.get("StatusCallback", "")
    if url and not _is_callable(url):
        return _refusal("21609", "The 'StatusCallback' URL is not a valid URL.")
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
        if refusal := check(asked):
            return refusal
    return None


def _is_callable(url: str) -> bool:
    if not _CALLBACK.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no port, brackets that are no address
        return False


def _refusal(code: str, text: str | None = None) -> Refusal:
    return Refusal(code, text or _TEXTS.get(code, "The request was refused"), _HTTP_STATUS.get(code, 400))


def _target(asked: _Asked) -> CallbackTarget | None:
    url, _, fragment = asked.form.get("StatusCallback", "").partition("#")
    if not url:
        return None
    found = _REFERENCE.search(url)
    reference = unquote(found.group(1)) if found else None
    retries, retry_on = _retry_policy(fragment)
    return CallbackTarget(url, reference, _signing_token(asked), retries, retry_on)


def _signing_token(asked: _Asked) -> str:
    """The account's own token, even when an API key asked."""
    return (asked.script.accounts or {}).get(asked.account, asked.token)


@lru_cache(maxsize=64)
def _retry_policy(fragment: str) -> tuple[int, frozenset[str]]:
    wishes = dict(parse_qsl(fragment))
    count = wishes.get("rc", "")
    retries = min(int(count), MAX_RETRIES) if count.isascii() and count.isdigit() else DEFAULT_RETRIES
    words = frozenset(wishes.get("rp", "ct").split(","))
    return retries, words | {"ct", "rt", "4xx", "5xx"} if "all" in words else words


def _missing_variables(asked: _Asked) -> bool:
    names = (asked.script.templates or {}).get(asked.form.get("ContentSid", ""), ())
    return any(name not in (asked.variables or {}) for name in names)


# ── what goes out ───────────────────────────────────────────────────────────────────────────────────────────────────


def signature(token: str, url: str, params: Iterable[tuple[str, str]]) -> str:
    """The value of X-Twilio-Signature for a form.

    url: as called, without fragment. A name that occurs twice counts each distinct value once, in order.
    """
    glued = "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.digest(token.encode(), (url + glued).encode(), "sha1")).decode()


@lru_cache(maxsize=4_096)
def _date(epoch_s: int) -> str:
    return f"{datetime.fromtimestamp(epoch_s, UTC):%a, %d %b %Y %H:%M:%S} +0000"


def _resource(message: Message) -> dict[str, object]:
    wire, account = message.submission.wire, message.submission.account
    created, sent_at_us = _date(message.accepted_at_us // SECOND_US), message.sent_at_us
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.id}"
    return {
        "sid": message.id,
        "account_sid": account,
        "api_version": API_VERSION,
        "status": message.status,
        "direction": "outbound-api",
        "to": wire["To"],
        "from": wire.get("From"),
        "messaging_service_sid": wire.get("MessagingServiceSid"),
        "body": wire.get("Body", ""),
        "num_segments": "1",
        "num_media": "1" if "MediaUrl" in wire else "0",
        "price": None,
        "price_unit": None,
        "error_code": _code(message.code) if message.code else None,
        "error_message": _TEXTS.get(message.code) if message.code else None,
        "date_created": created,
        "date_sent": None if sent_at_us is None else _date(sent_at_us // SECOND_US),
        "date_updated": _date(message.updated_at_us // SECOND_US) if message.updated_at_us else created,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }


def _code(code: str) -> int | str:
    """A number on the wire; a script may name a code that Twilio would not."""
    return int(code) if code.isascii() and code.isdigit() else code


@lru_cache(maxsize=256)
def _receipt_frame(submission: tuple[tuple[str, str], ...], account: str, status: str, accepted_s: int) -> str:
    """A receipt with gaps for id and recipient: most receipts of a second differ in nothing else, and JSON costs 10 µs."""
    wire = {**dict(submission), "To": _TO_GAP}
    asked = Submission(account, "", "", None, {}, None, None, None, wire)
    return json.dumps(_resource(Message(_ID_GAP, asked, accepted_s * SECOND_US, status)))


def _json(status: int, content: Mapping[str, object], retry_after_s: int | None = None) -> Answer:
    return Answer(status, json.dumps(content).encode(), retry_after_s=retry_after_s)


def _refused(refusal: Refusal) -> Answer:
    content = {
        "code": _code(refusal.code),
        "message": refusal.text,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.http_status,
    }
    return _json(refusal.http_status, content, refusal.retry_after_s)


def _status_params(message: Message, step: Step) -> list[tuple[str, str]]:
    wire = message.submission.wire
    params = {
        "AccountSid": message.submission.account,
        "ApiVersion": API_VERSION,
        "ChannelInstallSid": "XE" + message.id[2:],
        "ChannelPrefix": CHANNEL.removesuffix(":"),
        "ChannelToAddress": message.submission.to,
        "MessageSid": message.id,
        "MessageStatus": step.status,
        "SmsSid": message.id,
        "SmsStatus": step.status,
        "To": wire["To"],
    }
    params |= {name: wire[name] for name in ("From", "MessagingServiceSid") if name in wire}
    if step.status in EVENTS:
        params["EventType"] = EVENTS[step.status]
    if step.code is not None:
        # Quirk(twilio): ErrorMessage may be missing although ErrorCode is there; the channel's own words come instead.
        params |= {"ErrorCode": step.code, "ChannelStatusMessage": _TEXTS.get(step.code, "Channel error")}
    return list(params.items())


def _urlencoded(params: Iterable[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value if value.isalnum() else _quoted(value)}" for name, value in params])


_quoted = lru_cache(maxsize=4_096)(quote_plus)  # the same sender and code in every callback, a recipient in three


# ── what may be looked up ───────────────────────────────────────────────────────────────────────────────────────────


def _list_messages(arrival: Arrival, script: Script, book: MessageBook) -> Answer:
    """Newest first, by To and From, in pages."""
    asked = _asked(arrival, script)
    if refusal := _check_account(asked):
        return _refused(refusal)
    if any(name.startswith("DateSent") for name in arrival.query):
        return _refused(_refusal("20001", "The simulator lists by To and From only."))
    size, page = _number(arrival, "PageSize", PAGE_SIZE, MAX_PAGE_SIZE), _number(arrival, "Page", 0, None)
    if size is None or page is None or size == 0:
        return _refused(_refusal("20001", "PageSize and Page are counts."))
    found = list(islice(_matching(asked.account, arrival.query, book), page * size, (page + 1) * size + 1))
    return _json(200, _page(arrival, found, size, page))


def _page(arrival: Arrival, found: list[Message], size: int, page: int) -> dict[str, object]:
    """found: one more than the page holds when there is a next one."""
    base = f"/{API_VERSION}/Accounts/{arrival.path['account']}/Messages.json?"
    own = {name: value for name, value in arrival.query.items() if name in {"To", "From"}}

    def uri(number: int) -> str:
        return base + urlencode({**own, "PageSize": size, "Page": number})

    return {
        "messages": [_resource(message) for message in found[:size]],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(min(len(found), size) - 1, 0),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if len(found) > size else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }


def _matching(account: str, query: Mapping[str, str], book: MessageBook) -> Iterator[Message]:
    to, sender = query.get("To"), query.get("From")
    for message in book.latest(to.removeprefix(CHANNEL) if to else None):
        submission = message.submission
        if submission.account == account and sender in {None, submission.wire.get("From")}:
            yield message


def _number(arrival: Arrival, name: str, default: int, most: int | None) -> int | None:
    text = arrival.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) if most is None else min(int(text), most)


def _show_message(arrival: Arrival, script: Script, book: MessageBook) -> Answer:
    asked = _asked(arrival, script)
    if refusal := _check_account(asked):
        return _refused(refusal)
    message = book.find(arrival.path["message"])
    if message is None or message.submission.account != asked.account:
        return _refused(_refusal("20404"))
    return _json(200, _resource(message))


# ── the dialect ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Twilio:
    """The dialect, as `workers.simulator.provider.Dialect` wants it."""

    name = "twilio"
    send_path = f"/{API_VERSION}/Accounts/{{account}}/Messages.json"
    not_on_whatsapp = "63024"
    lookups: Mapping[str, Lookup] = {
        f"/{API_VERSION}/Accounts/{{account}}/Messages.json": _list_messages,
        f"/{API_VERSION}/Accounts/{{account}}/Messages/{{message}}.json": _show_message,
    }

    def read(self, arrival: Arrival, script: Script) -> Submission:
        asked = _asked(arrival, script)
        form = asked.form
        return Submission(
            account=asked.account,
            to=form.get("To", "").removeprefix(CHANNEL),
            sender=form.get("From", "").removeprefix(CHANNEL) or form.get("MessagingServiceSid", ""),
            template=form.get("ContentSid") or None,
            variables=asked.variables or {},
            callback=_target(asked),
            refusal=_fault_in(asked),
            fails_with="63028" if _missing_variables(asked) else None,
            wire={name: value for name, value in form.items() if value and name in KEPT},
        )

    def first_status(self, submission: Submission) -> str:
        return "accepted" if "MessagingServiceSid" in submission.wire else "queued"

    def message_id(self, unique: str) -> str:
        return f"SM{unique}"

    def receipt(self, message: Message) -> Answer:
        submission, accepted_s = message.submission, message.accepted_at_us // SECOND_US
        rest = tuple((name, value) for name, value in submission.wire.items() if name != "To")
        frame = _receipt_frame(rest, submission.account, message.status, accepted_s)
        return Answer(201, frame.replace(_ID_GAP, message.id).replace(_TO_GAP, submission.wire["To"]).encode())

    def refusal(self, code: str, http_status: int | None = None, retry_after_s: int | None = None) -> Refusal:
        usual = _refusal(code)
        return Refusal(code, usual.text, http_status or usual.http_status, retry_after_s)

    def throttle(self, retry_after_s: int | None) -> Refusal:
        return self.refusal("20429", retry_after_s=retry_after_s)

    def internal_error(self) -> Refusal:
        return self.refusal("20500")

    def refused(self, refusal: Refusal) -> Answer:
        return _refused(refusal)

    def callback(self, message: Message, target: CallbackTarget, step: Step) -> Callback:
        params = _status_params(message, step)
        token = f"not {target.secret}" if step.forged else target.secret
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": f"{message.id}-{step.status}",
            "X-Twilio-Signature": signature(token, target.url, params),
        }
        return Callback(target.url, headers, _urlencoded(params).encode())
