"""Twilio's JSON and forms as models. Owns no meaning.

Source: github.com/twilio/twilio-oai `spec/json/twilio_api_v2010.json`, `twilio_content_v1.json` and
`twilio_messaging_v2.json` @d50069b4; https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import parse_qsl

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from shared.providers import wire
from shared.providers.wire import Inner, Many, Part, Text, Token

WHATSAPP: Final = "whatsapp:"
PAGE_SIZE: Final = 500  # of its lists; an account has tens of numbers and of templates
# SM… (text) and MM… (media), 34 characters; their gateways' mocks are freer. It ends up in keys and reports.
SID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
Sid = Annotated[str, Field(pattern=f"^{SID.pattern}$")]
ContentSid = Annotated[str, Field(pattern="^HX[0-9a-zA-Z]{1,62}$")]
CodeNumber = Annotated[int, Field(ge=1, le=999_999)]


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class MessageResource(Part):
    """The answer to an accepted message. `to` is of no fixed type here, so that it cannot cost us the sid."""

    sid: Sid
    to: object = None


class ContentResource(Part):
    """The answer to a preparation: templates and content inside a window have ids alike."""

    sid: ContentSid


# Quirk(twilio) errors-in-other-shapes: gateways answer HTML, or JSON without a code (courier @350e9350, 2026-11)
class ErrorAnswer(Part):
    """`{"code": 21211, "message": …, "more_info": …, "status": 400}`; the code decides, the text is for people."""

    code: CodeNumber
    message: Text = ""


class AccountResource(Part):
    friendly_name: Token = ""
    status: Token = ""


class ListedMessage(Part):
    """A message in a list. error_code: a number, or null."""

    sid: Sid
    to: Token = ""
    status: Token = ""
    body: Text = ""
    messaging_service_sid: Token = ""
    date_created: Token
    date_updated: Token = ""
    date_sent: Token = ""
    error_code: int | None = None
    error_message: Text = ""


class Messages(Part):
    """messages: read one by one, so that an odd one hides no other."""

    messages: Sequence[object]
    next_page_uri: str | None = None


# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Approval(Part):
    name: Token = ""
    category: Token = ""
    content_type: Token = ""
    status: Token = ""
    rejection_reason: Text = ""


class Content(Part):
    """types: the content's fields by type, as `twilio/quick-reply`."""

    sid: ContentSid
    friendly_name: Token = ""
    language: Token = ""
    types: Inner[Mapping[str, object]] = Field(default_factory=dict)
    approval_requests: Inner[Approval] = Approval()


class Meta(Part):
    next_page_url: str | None = None


class Contents(Part):
    """contents: read one by one, so that an odd one costs no other."""

    contents: Sequence[object] = ()
    meta: Meta = Meta()


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Properties(Part):
    quality_rating: Token = ""
    messaging_limit: Token = ""


class Webhook(Part):
    callback_url: Token = ""


class Reason(Part):
    code: Token = ""


class NumberResource(Part):
    """A WhatsApp sender."""

    sender_id: Token = ""
    status: Token = ""
    webhook: Inner[Webhook] = Webhook()
    properties: Inner[Properties] = Properties()
    offline_reasons: Many[Reason] = ()


class Numbers(Part):
    senders: Many[NumberResource] = ()


# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Callback(Part):
    """One flat form for both: a status of our message, or a contact's message."""

    model_config = ConfigDict(alias_generator=to_pascal)

    message_sid: str = ""
    sms_sid: str = ""
    message_status: str = ""
    sms_status: str = ""
    error_code: str = ""
    error_message: str = ""
    channel_status_message: str = ""
    from_: str = Field("", alias="From")
    to: str = ""
    wa_id: str = ""
    external_user_id: str = ""
    parent_external_user_id: str = ""
    profile_name: str = ""
    message_type: str = ""
    body: str | None = None
    num_media: str | None = None
    button_text: str = ""
    button_payload: str = ""
    list_id: str = ""
    list_title: str = ""
    latitude: str = ""
    longitude: str = ""
    address: str = ""
    label: str = ""
    original_replied_message_sid: str = ""
    opt_out_type: str = ""
    referral_source_type: str = ""
    referral_source_id: str = ""
    referral_source_url: str = ""
    referral_headline: str = ""
    referral_body: str = ""
    referral_ctwa_clid: str = ""


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


# Quirk(twilio) nul-in-texts: a text may hold NUL characters, which say nothing (chatwoot @00dc86dd, 2026-11)
def parse_form(body: bytes) -> tuple[Callback, Mapping[str, str]]:
    """The form as a model, and by field, since some names are numbered. Total on arbitrary bytes: absent fields are empty.

    Of a repeated field the last counts.
    """
    fields = {name: value.replace("\0", "") for name, value in _parse_pairs(body.decode("utf-8", "replace"))}
    return Callback.model_validate(fields), fields


def find_parameter(query: str, name: str) -> str | None:
    """The last parameter of that name: ours stands behind those of the configured URL."""
    return dict(_parse_pairs(query)).get(name)


def _parse_pairs(text: str) -> list[tuple[str, str]]:
    """A form's or a query's fields, blank values kept, unreadable bytes replaced."""
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def parse_pairs_strictly(body: bytes) -> list[tuple[str, str]] | None:
    """A form's fields exactly as they were sent, blank values kept, or None where they are not UTF-8."""
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None


# Quirk(twilio) address-without-prefix: `whatsapp:` may be missing (courier @350e9350, 2026-11)
def parse_address(text: str) -> str | None:
    """A contact's address without Twilio's decoration, or None.

    >>> parse_address("whatsapp:+14155550123"), parse_address("whatsapp:US.13491208655302741918")
    ('+14155550123', 'US.13491208655302741918')
    """
    return wire.parse_address(text.removeprefix(WHATSAPP).strip())
