"""Twilio's JSON and forms as models, and how they are read: leniently, never raising. Owns no meaning.

Source: github.com/twilio/twilio-oai `spec/json/twilio_api_v2010.json` @d50069b4;
https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

WHATSAPP: Final = "whatsapp:"
# SM… (text) and MM… (media), 34 characters; their gateways' mocks are freer. It ends up in keys and reports.
SID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
Sid = Annotated[str, Field(pattern=f"^{SID.pattern}$")]
CodeNumber = Annotated[int, Field(ge=1, le=999_999)]
Model = TypeVar("Model", bound=BaseModel)


class MessageResource(BaseModel):
    """The answer to an accepted message. `to` is of no fixed type here, so that it cannot cost us the sid."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sid: Sid
    to: object = None


class ContentResource(BaseModel):
    """The answer to content that was made: templates and what is sent inside a window have ids alike."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sid: Annotated[str, Field(pattern="^HX[0-9a-zA-Z]{1,62}$")]


class ErrorAnswer(BaseModel):
    """`{"code": 21211, "message": …, "more_info": …, "status": 400}`; code decides, the text is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: CodeNumber


class Callback(BaseModel):
    """One flat form for both: a status of our message, or a contact's message."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_pascal)

    message_sid: str = ""
    sms_sid: str = ""
    message_status: str = ""
    sms_status: str = ""
    error_code: str = ""
    from_: str = Field("", alias="From")
    to: str = ""
    wa_id: str = ""
    external_user_id: str = ""
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


def from_json(model: type[Model], body: bytes) -> Model | None:
    """The model, or None where the body is not one. Total; what pydantic raises would quote the body."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        return None


def from_form(body: bytes) -> tuple[Callback, Mapping[str, str]]:
    """The form as a model, and by field: some are numbered. Total on arbitrary bytes: what is not there is empty.

    Of a repeated field the last counts. Quirk(twilio): a text may hold NUL characters, which say nothing.
    """
    fields = {name: value.replace("\0", "") for name, value in pairs(body.decode("utf-8", "replace"))}
    return Callback.model_validate(fields), fields


def pairs(text: str) -> list[tuple[str, str]]:
    """A form's or a query's fields, blank values kept, unreadable bytes replaced."""
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def strict_pairs(body: bytes) -> list[tuple[str, str]] | None:
    """A form's fields exactly as they were sent, blank values kept, or None where they are not UTF-8."""
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None
