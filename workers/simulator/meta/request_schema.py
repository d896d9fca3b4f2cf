"""The body of a request to `messages`: one message, or a read receipt. Owns its shape and the wording of its mistakes.

Assumed: Meta documents its treatment of unknown fields for some only; here each is refused, so that a client's slip is
noticed.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, ValidationError

from workers.simulator.messages import Refusal
from workers.simulator.meta.codes import BAD_VALUE, PARAMETER, make_refusal
from workers.simulator.meta.content_schema import Audio, File, Id, Place, Reaction, Text
from workers.simulator.meta.interactive_schema import Interactive
from workers.simulator.meta.template_schema import Template
from workers.simulator.schema import StrictModel


class Context(StrictModel):
    message_id: Id


class SendRequest(StrictModel):
    """to: a number.  recipient: a business-scoped user id.  status, message_id: of a read receipt."""

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
    audio: Audio | None = None
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


# Quirk(meta) no-json-no-parameters: a body that is no JSON lacks the first required one (assumed, 2026-11)
def refuse_invalid(error: ValidationError) -> Refusal:
    """Names the place of the first mistake, and repeats none of its content."""
    first = error.errors(include_input=False, include_context=False)[0]
    place = _name_place(first["loc"])
    match first["type"]:
        case "missing" | "json_invalid" | "model_type":
            return make_refusal(PARAMETER, f"The parameter {place or 'messaging_product'} is required.")
        case "extra_forbidden":
            return make_refusal(PARAMETER, f'Unexpected key "{first["loc"][-1]}" on param "{place}"')
        case _ if first["loc"][:1] == ("interactive",):
            return make_refusal(BAD_VALUE, f"Param {place}: {first['msg']}")
        case _:
            return make_refusal(PARAMETER, f"Param {place}: {first['msg']}")


def _name_place(steps: tuple[int | str, ...]) -> str:
    """As Meta writes it: `template['components'][0]`. The name of a union's member is no step."""
    names = [step for place, step in enumerate(steps) if not (place == 1 and steps[0] == "interactive")]
    return "".join(str(step) if not place else f"[{step!r}]" for place, step in enumerate(names))
