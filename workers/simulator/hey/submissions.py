"""A request to Hey's Direct API as a submission, and its mistakes. Owns no responses.

Source: github.com/yornipaz/medio-odoo `custom-addons/hey_now_integration/models/provider/heynow.py` @b716e664 (path,
header, text, file). Assumed: `hsm`, `massive`, `proactive`, and that a request without an `idMessageHey` is refused.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from workers.simulator import sinch
from workers.simulator.hey.webhooks import USUAL
from workers.simulator.http_values import HttpRequest
from workers.simulator.memory import Memory
from workers.simulator.messages import Submission
from workers.simulator.retry_policy import find_status_target
from workers.simulator.schema import StrictModel
from workers.simulator.script import Script
from workers.simulator.unsigned_json import Text, Word, make_refusal, number_values, refuse_invalid, reject_unread

_NUMBER = re.compile(r"[1-9]\d{5,14}", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


class _PartnerUser(StrictModel):
    id: str
    names: str
    last_names: str = Field("", alias="lastNames")


class _File(StrictModel):
    data: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9+/=]+$")]
    name: Word
    encode: Literal["base64"]
    mime_type: Annotated[str, Field(pattern=r"^[!-~]+/[!-~]+$", alias="mimeType")]


class _Hsm(StrictModel):
    namespace: str = ""
    element_name: Word = Field(alias="elementName")
    language_code: Word = Field(alias="languageCode")
    parameters: tuple[Text, ...] = ()


class _SendRequest(StrictModel):
    text: Text | None = None
    partner_user: _PartnerUser = Field(alias="partnerUser")
    reference: Word = Field(alias="idMessageHey")
    file: _File | None = None
    massive: bool = False
    proactive: bool = False
    hsm: _Hsm | None = None

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if self.text is None and self.file is None and self.hsm is None:
            raise ValueError("expected a text, a file or a template")
        return self


def read_submission(request: HttpRequest, script: Script, _memory: Memory) -> Submission:
    """Total on arbitrary bytes."""
    platform, to = request.path["platform"], parse_client(request.path["client"])
    if not script.is_authorized(platform, request.headers.get("partner-token", "")):
        return reject_unread(platform, make_refusal("401"))
    if to is None:
        return reject_unread(platform, make_refusal("404"))
    try:
        return _build_submission(request.path, to, _SendRequest.model_validate_json(request.body), script)
    except ValidationError as error:
        return reject_unread(platform, refuse_invalid(error))


def parse_client(client: str) -> str | None:
    """A number's digits or a user id, as the simulator writes addresses; None if it is neither."""
    if _NUMBER.fullmatch(client):
        return f"+{client}"
    return client if _USER_ID.fullmatch(client) else None


def _build_submission(path: Mapping[str, str], to: str, body: _SendRequest, script: Script) -> Submission:
    """A template's text without its name (`proactive` alone) counts as free-form: only the real channel recognises it."""
    hsm, platform = body.hsm, path["platform"]
    return Submission(
        account=platform,
        to=to,
        sender=script.services.get(platform, platform),
        template=None if hsm is None else hsm.element_name,
        variables={} if hsm is None else number_values(hsm.parameters),
        callback=find_status_target(script, "hey", platform, USUAL),
        refusal=None,
        secret="",
        fails_with=sinch.find_defect(script, hsm),
        needs_window=hsm is None,
        wire={"channel": path["channel"], "idMessageHey": body.reference, "text": body.text or ""},
        reference=body.reference,
    )
