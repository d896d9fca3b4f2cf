"""A request to Hey's Direct API as a submission, and what is wrong with it. Owns no answers.

Source: github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/models/provider/heynow.py` @b716e664 (path,
header, text, file). Assumed: `hsm`, `massive`, `proactive`, and that a request without an `idMessageHey` is refused.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from workers.simulator import plain, sinch
from workers.simulator.hey.posting import target
from workers.simulator.memory import Memory
from workers.simulator.messages import Submission
from workers.simulator.plain import Text, Wire, Word
from workers.simulator.provider import Arrival
from workers.simulator.script import Script

_NUMBER = re.compile(r"[1-9]\d{5,14}", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


class _PartnerUser(Wire):
    id: str
    names: str
    last_names: str = Field("", alias="lastNames")


class _File(Wire):
    data: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9+/=]+$")]
    name: Word
    encode: Literal["base64"]
    mime_type: Annotated[str, Field(pattern=r"^[!-~]+/[!-~]+$", alias="mimeType")]


class _Hsm(Wire):
    namespace: str = ""
    element_name: Word = Field(alias="elementName")
    language_code: Word = Field(alias="languageCode")
    parameters: tuple[Text, ...] = ()


class _Request(Wire):
    text: Text | None = None
    partner_user: _PartnerUser = Field(alias="partnerUser")
    reference: Word = Field(alias="idMessageHey")
    file: _File | None = None
    massive: bool = False
    proactive: bool = False
    hsm: _Hsm | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.file is None and self.hsm is None:
            raise ValueError("expected a text, a file or a template")
        return self


def submission(arrival: Arrival, script: Script, _memory: Memory) -> Submission:
    """Total on arbitrary bytes."""
    platform, to = arrival.path["platform"], address(arrival.path["client"])
    if not script.lets_in(platform, arrival.headers.get("partner-token", "")):
        return plain.unread(platform, plain.refusal("401"))
    if to is None:
        return plain.unread(platform, plain.refusal("404"))
    try:
        return _read(arrival.path, to, _Request.model_validate_json(arrival.body), script)
    except ValidationError as error:
        return plain.unread(platform, plain.mistake(error))


def address(client: str) -> str | None:
    """A number's digits, or a user id, as the simulator knows contacts."""
    if _NUMBER.fullmatch(client):
        return f"+{client}"
    return client if _USER_ID.fullmatch(client) else None


def _read(path: Mapping[str, str], to: str, request: _Request, script: Script) -> Submission:
    """A template's text without its name (`proactive` alone) is for the channel to recognise, which this one cannot."""
    hsm, platform = request.hsm, path["platform"]
    url = script.status_url("hey", platform)
    return Submission(
        account=platform,
        to=to,
        sender=script.services.get(platform, platform),
        template=None if hsm is None else hsm.element_name,
        variables={} if hsm is None else plain.by_position(hsm.parameters),
        callback=None if url is None else target(url),
        refusal=None,
        secret="",
        fails_with=None if hsm is None else sinch.defect(script, hsm.element_name, hsm.language_code, hsm.parameters),
        needs_window=hsm is None,
        wire={"channel": path["channel"], "idMessageHey": request.reference, "text": request.text or ""},
        reference=request.reference,
    )
