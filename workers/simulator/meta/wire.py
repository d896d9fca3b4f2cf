"""What a client may send to `messages`: one message, or the word that one was read. Owns shapes and lengths, no templates.

Assumed: what Meta does with a field that it does not know is documented for some only; here each is refused, so that a
client's slip is seen.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError, model_validator

from workers.simulator.messages import Refusal
from workers.simulator.meta.codes import BAD_VALUE, PARAMETER, refusal
from workers.simulator.schema import Url

ROWS = 10


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _text(value: object) -> object:
    """Quirk(meta): an index is a text in the documents and a number in working code."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_lower)]
Id = Annotated[str, Field(min_length=1, max_length=256)]
Link = Annotated[Url, Field(max_length=2_048)]

# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class File(Wire):
    id: Id | None = None
    link: Link | None = None
    caption: Annotated[str, Field(max_length=1_024)] | None = None
    filename: Annotated[str, Field(max_length=240)] | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.id is None) == (self.link is None):
            raise ValueError("expected an id or a link")
        return self


class Sound(Wire):
    """voice: with a small picture and played at once."""

    id: Id | None = None
    link: Link | None = None
    voice: bool | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.id is None) == (self.link is None):
            raise ValueError("expected an id or a link")
        return self


class Text(Wire):
    body: Annotated[str, Field(min_length=1, max_length=4_096)]
    preview_url: bool = False


class Place(Wire):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class Reaction(Wire):
    message_id: Id
    emoji: str


# ── interactive ─────────────────────────────────────────────────────────────────────────────────────────────────────

Body = Annotated[str, Field(min_length=1, max_length=1_024)]


class InteractiveText(Wire):
    text: Body


class Footer(Wire):
    text: Annotated[str, Field(min_length=1, max_length=60)]


class InteractiveHeader(Wire):
    type: Literal["text", "image", "video", "document"]
    text: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    image: File | None = None
    video: File | None = None
    document: File | None = None


class Reply(Wire):
    id: Id
    title: Annotated[str, Field(min_length=1, max_length=20)]


class ReplyButton(Wire):
    type: Literal["reply"]
    reply: Reply


class Buttons(Wire):
    buttons: Annotated[tuple[ReplyButton, ...], Field(min_length=1, max_length=3)]

    @model_validator(mode="after")
    def _differ(self) -> Self:
        for values in zip(*((button.reply.id, button.reply.title) for button in self.buttons), strict=True):
            if len(set(values)) < len(values):
                raise ValueError("the same twice")
        return self


class Row(Wire):
    id: Annotated[str, Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(min_length=1, max_length=24)]
    description: Annotated[str, Field(max_length=72)] = ""


class Section(Wire):
    title: Annotated[str, Field(max_length=24)] = ""
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]


class List(Wire):
    button: Annotated[str, Field(min_length=1, max_length=20)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        rows = [row for section in self.sections for row in section.rows]
        if len(rows) > ROWS or len({row.id for row in rows}) < len(rows):
            raise ValueError("too many rows, or the same twice")
        if len(self.sections) > 1 and not all(section.title for section in self.sections):
            raise ValueError("several sections need titles")
        return self


class ButtonsMessage(Wire):
    type: Literal["button"]
    header: InteractiveHeader | None = None
    body: InteractiveText
    footer: Footer | None = None
    action: Buttons


class ListMessage(Wire):
    type: Literal["list"]
    header: InteractiveHeader | None = None
    body: InteractiveText
    footer: Footer | None = None
    action: List


Interactive = Annotated[ButtonsMessage | ListMessage, Field(discriminator="type")]

# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Parameter(Wire):
    """One value. parameter_name: of a placeholder that has one."""

    type: Annotated[
        Literal["text", "currency", "date_time", "image", "video", "document", "payload", "coupon_code"],
        BeforeValidator(_lower),
    ]
    parameter_name: str | None = None
    text: str | None = None
    payload: str | None = None
    coupon_code: str | None = None
    image: File | None = None
    video: File | None = None
    document: File | None = None
    currency: dict[str, JsonValue] | None = None
    date_time: dict[str, JsonValue] | None = None

    @property
    def value(self) -> str:
        """What a person will read of it, or a machine; nothing where it is missing."""
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


class Component(Wire):
    """sub_type, index: of a button."""

    type: Annotated[Literal["header", "body", "button"], BeforeValidator(_lower)]
    sub_type: Word | None = None
    index: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[0-9]$")] | None = None
    parameters: tuple[Parameter, ...] = ()


class Language(Wire):
    code: Annotated[str, Field(min_length=1)]
    policy: Annotated[Literal["deterministic"], BeforeValidator(_lower)] = "deterministic"


class Template(Wire):
    name: Annotated[str, Field(min_length=1, max_length=512)]
    language: Language
    components: tuple[Component, ...] = ()


# ── the request ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Context(Wire):
    message_id: Id


class Request(Wire):
    """to: a number; recipient: a business-scoped user id. status, message_id: of a message that was read."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: str | None = None
    recipient: str | None = None
    recipient_identity_key_hash: str | None = None
    type: str = "text"
    context: Context | None = None
    biz_opaque_callback_data: Annotated[str, Field(max_length=512)] | None = None
    text: Text | None = None
    template: Template | None = None
    image: File | None = None
    video: File | None = None
    document: File | None = None
    sticker: File | None = None
    audio: Sound | None = None
    location: Place | None = None
    contacts: Annotated[tuple[dict[str, JsonValue], ...], Field(min_length=1)] | None = None
    reaction: Reaction | None = None
    interactive: Interactive | None = None
    status: Literal["read"] | None = None
    message_id: Id | None = None
    typing_indicator: dict[str, JsonValue] | None = None


KINDS = frozenset(
    {
        "text", "template", "image", "video", "document", "sticker", "audio", "location", "contacts", "reaction",
        "interactive",
    }
)  # fmt: skip
NAMES = frozenset(Request.model_fields)


def mistake(error: ValidationError) -> Refusal:
    """Where the first mistake is, and nothing of what stands there.

    Quirk(meta): what is no JSON has no parameters, so the first that is required is missing.
    """
    first = error.errors(include_input=False, include_context=False)[0]
    place = _place(first["loc"])
    match first["type"]:
        case "missing" | "json_invalid" | "model_type":
            return refusal(PARAMETER, f"The parameter {place or 'messaging_product'} is required.")
        case "extra_forbidden":
            return refusal(PARAMETER, f'Unexpected key "{first["loc"][-1]}" on param "{place}"')
        case _ if first["loc"][:1] == ("interactive",):
            return refusal(BAD_VALUE, f"Param {place}: {first['msg']}")
        case _:
            return refusal(PARAMETER, f"Param {place}: {first['msg']}")


def _place(steps: tuple[int | str, ...]) -> str:
    """As Meta writes it: `template['components'][0]`. A union's own names are no steps."""
    named = [step for place, step in enumerate(steps) if not (place == 1 and steps[0] == "interactive")]
    return "".join(str(step) if not place else f"[{step!r}]" for place, step in enumerate(named))
