"""The body of Wavy's send request. Owns shapes and lengths.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api (envelope, `template`);
docs-pt.sinch.com "Envio de mensagens" (free-form); working public clients for `hsm`.
Assumed: `template` holds the parameters of its body under any name, once, since no document gives the name.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from workers.simulator.addresses import parse_number
from workers.simulator.schema import StrictModel, Url
from workers.simulator.unsigned_json import Text, Word


def _check_number(text: str) -> str:
    """`+55(19) 900001111` is right, too."""
    if parse_number(text) is None:
        raise ValueError("expected a number with its country and area")
    return text


class Destination(StrictModel):
    correlation_id: str | None = Field(None, alias="correlationId")
    destination: Annotated[str, AfterValidator(_check_number)]
    recipient_type: Literal["individual"] = Field("individual", alias="recipientType")

    @property
    def address(self) -> str:
        return parse_number(self.destination) or ""


class File(StrictModel):
    url: Url
    type: Word
    caption: str | None = None


class Place(StrictModel):
    geo_point: Annotated[str, Field(pattern=r"^-?[0-9.]+,-?[0-9.]+$", alias="geoPoint")]
    name: str = ""
    address: str = ""


class Header(StrictModel):
    title: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    element: File | None = None

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if (self.title is None) == (self.element is None):
            raise ValueError("expected a title or an element")
        return self


class Hsm(StrictModel):
    """The legacy form of a template."""

    namespace: Word
    element_name: Word = Field(alias="elementName")
    language_code: Word = Field("en", alias="languageCode")
    language_policy: Literal["DETERMINISTIC"] = Field("DETERMINISTIC", alias="languagePolicy")
    parameters: tuple[Text, ...] = ()


class Template(StrictModel):
    """The documented form of a template. Its one extra field holds the parameters."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, tuple[Text, ...]]

    namespace: Word
    element_name: Word = Field(alias="elementName")
    language_code: Word = Field(alias="languageCode")
    header: Header | None = None

    @model_validator(mode="after")
    def _check_one_list(self) -> Self:
        if len(self.__pydantic_extra__) > 1:
            raise ValueError("expected one list of parameters")
        return self

    @property
    def parameters(self) -> Sequence[str]:
        return next(iter(self.__pydantic_extra__.values()), ())


class Message(StrictModel):
    ttl: Annotated[int, Field(strict=True, ge=1, le=30)] = 7
    hsm: Hsm | None = None
    template: Template | None = None
    message_text: Text | None = Field(None, alias="messageText")
    image: File | None = None
    audio: File | None = None
    document: File | None = None
    location: Place | None = None
    contacts: Annotated[tuple[dict[str, object], ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _check_exactly_one(self) -> Self:
        if len(self.model_fields_set - {"ttl"}) != 1:
            raise ValueError("expected one content")
        return self


class SendRequest(StrictModel):
    destinations: Annotated[tuple[Destination, ...], Field(min_length=1, max_length=1)]
    message: Message
    flow_id: str | None = Field(None, alias="flowId")
    extra_info: str | None = Field(None, alias="defaultExtraInfo")
    campaign_alias: str | None = Field(None, alias="campaignAlias")
