"""Templates in a send: name, language, components, parameters. Owns shapes; `template_check` compares with the script.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from workers.simulator.meta.content_schema import File
from workers.simulator.schema import StrictModel, TextOrNumber


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Location(StrictModel):
    """Of a header. Assumed: the name and the address are required, as in the documents' example."""

    latitude: Annotated[str, Field(pattern=r"^-?[0-9]{1,2}(\.[0-9]+)?$")]
    longitude: Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]+)?$")]
    name: Annotated[str, Field(min_length=1)]
    address: Annotated[str, Field(min_length=1)]


class Parameter(StrictModel):
    """One value. parameter_name: for a named placeholder."""

    type: Annotated[
        Literal["text", "currency", "date_time", "image", "video", "document", "payload", "coupon_code", "location"],
        BeforeValidator(_lower),
    ]
    parameter_name: str | None = None
    text: str | None = None
    payload: str | None = None
    coupon_code: str | None = None
    image: File | None = None
    video: File | None = None
    document: File | None = None
    location: Location | None = None
    currency: dict[str, JsonValue] | None = None
    date_time: dict[str, JsonValue] | None = None

    @property
    def value(self) -> str:
        """The text that a person or a machine reads; for a file its type; empty if missing."""
        match self.type:
            case "text":
                return self.text or ""
            case "payload":
                return self.payload or ""
            case "coupon_code":
                return self.coupon_code or ""
            case "currency" | "date_time":
                return str((getattr(self, self.type) or {}).get("fallback_value", ""))
            case kind:
                return "" if getattr(self, kind) is None else kind


# Quirk(meta) index-as-text: a text in the documents, a number in working code (page "send", 2026-04)
class Component(StrictModel):
    """sub_type, index: of a button."""

    type: Annotated[Literal["header", "body", "button"], BeforeValidator(_lower)]
    sub_type: Annotated[str, BeforeValidator(_lower)] | None = None
    index: Annotated[TextOrNumber, Field(pattern=r"^[0-9]$")] | None = None
    parameters: tuple[Parameter, ...] = ()


class Language(StrictModel):
    code: Annotated[str, Field(min_length=1)]
    policy: Annotated[Literal["deterministic"], BeforeValidator(_lower)] = "deterministic"


class Template(StrictModel):
    name: Annotated[str, Field(min_length=1, max_length=512)]
    language: Language
    components: tuple[Component, ...] = ()
