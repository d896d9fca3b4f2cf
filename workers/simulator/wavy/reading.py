"""Wavy's request as a submission, and what is wrong with it. Owns no answers.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (envelope, `template`);
docs-pt.sinch.com "Envio de mensagens" (free-form); working public clients for `hsm`.
Assumed: what `template` calls the parameters of its body is in no document, so it may be anything, once.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from workers.simulator import plain, sinch
from workers.simulator.memory import Memory
from workers.simulator.messages import Submission
from workers.simulator.plain import Text, Wire, Word
from workers.simulator.provider import Arrival
from workers.simulator.schema import Url
from workers.simulator.script import Script
from workers.simulator.wavy.access import is_let_in, user_of
from workers.simulator.wavy.answers import TEXTS
from workers.simulator.wavy.posting import target

_PUNCTUATION = re.compile(r"[\s().-]+")  # `+55(19) 900001111` is right, too
_NUMBER = re.compile(r"\+?([1-9]\d{5,14})", re.ASCII)


def _is_number(text: str) -> str:
    if not _NUMBER.fullmatch(_PUNCTUATION.sub("", text)):
        raise ValueError("expected a number with its country and area")
    return text


class _Destination(Wire):
    correlation_id: str | None = Field(None, alias="correlationId")
    destination: Annotated[str, AfterValidator(_is_number)]
    recipient_type: Literal["individual"] = Field("individual", alias="recipientType")

    @property
    def address(self) -> str:
        return "+" + _PUNCTUATION.sub("", self.destination).removeprefix("+")


class _File(Wire):
    url: Url
    type: Word
    caption: str | None = None


class _Place(Wire):
    geo_point: Annotated[str, Field(pattern=r"^-?[0-9.]+,-?[0-9.]+$", alias="geoPoint")]
    name: str = ""
    address: str = ""


class _Header(Wire):
    title: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    element: _File | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.title is None) == (self.element is None):
            raise ValueError("expected a title or an element")
        return self


class _Hsm(Wire):
    """The legacy style."""

    namespace: Word
    element_name: Word = Field(alias="elementName")
    language_code: Word = Field("en", alias="languageCode")
    language_policy: Literal["DETERMINISTIC"] = Field("DETERMINISTIC", alias="languagePolicy")
    parameters: tuple[Text, ...] = ()


class _Template(Wire):
    """The documented style. Whatever else it has are the parameters, under a name that is not known."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, tuple[Text, ...]]

    namespace: Word
    element_name: Word = Field(alias="elementName")
    language_code: Word = Field(alias="languageCode")
    header: _Header | None = None

    @model_validator(mode="after")
    def _has_one_list(self) -> Self:
        if len(self.__pydantic_extra__) > 1:
            raise ValueError("expected one list of parameters")
        return self

    @property
    def parameters(self) -> Sequence[str]:
        return next(iter(self.__pydantic_extra__.values()), ())


class _Message(Wire):
    ttl: Annotated[int, Field(strict=True, ge=1, le=30)] = 7
    hsm: _Hsm | None = None
    template: _Template | None = None
    message_text: Text | None = Field(None, alias="messageText")
    image: _File | None = None
    audio: _File | None = None
    document: _File | None = None
    location: _Place | None = None
    contacts: Annotated[tuple[dict[str, object], ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if len(self.model_fields_set - {"ttl"}) != 1:
            raise ValueError("expected one content")
        return self


class _Request(Wire):
    destinations: Annotated[tuple[_Destination, ...], Field(min_length=1, max_length=1)]
    message: _Message
    flow_id: str | None = Field(None, alias="flowId")
    extra_info: str | None = Field(None, alias="defaultExtraInfo")
    campaign_alias: str | None = Field(None, alias="campaignAlias")


def submission(arrival: Arrival, script: Script, _memory: Memory) -> Submission:
    """Total on arbitrary bytes."""
    account = user_of(arrival)
    if not is_let_in(arrival, script):
        return plain.unread(account, plain.refusal("401", TEXTS["401"]))
    try:
        return _read(account, _Request.model_validate_json(arrival.body), script)
    except ValidationError as error:
        return plain.unread(account, plain.mistake(error))


def _read(account: str, request: _Request, script: Script) -> Submission:
    destination, message = request.destinations[0], request.message
    named = message.hsm or message.template
    parameters = () if named is None else named.parameters
    url = script.status_url("wavy", account)
    return Submission(
        account=account,
        to=destination.address,
        sender=script.services.get(account, account),
        template=None if named is None else named.element_name,
        variables=plain.by_position(parameters),
        callback=None if url is None else target(url),
        refusal=None,
        secret="",
        fails_with=None if named is None else sinch.defect(script, named.element_name, named.language_code, parameters),
        needs_window=named is None,
        wire=_wire(request),
        reference=destination.correlation_id,
    )


def _wire(request: _Request) -> Mapping[str, str]:
    """What comes back in whatever is told of the message."""
    destination = request.destinations[0]
    found = {
        "correlationId": destination.correlation_id,
        "destination": destination.destination,
        "campaignAlias": request.campaign_alias,
        "flowId": request.flow_id,
        "extraInfo": request.extra_info,
    }
    return {name: value for name, value in found.items() if value is not None}
