"""Meta's answers to requests: receipts, errors, templates, numbers, subscriptions, files.

Source: as the package.
"""

from typing import Annotated

from pydantic import BeforeValidator

from shared.providers.meta.wire.values import CodeNumber, Objects
from shared.providers.wire import Inner, Many, Part, Text, Token, Word, read_mappings_if_any

# ── to a message ────────────────────────────────────────────────────────────────────────────────────────────────────


class AnsweredContact(Part):
    """wa_id, user_id, parent_user_id: the contact's names in webhooks. Its field `input` is the address of the request."""

    wa_id: Token = ""
    user_id: Token = ""
    parent_user_id: Token = ""


class AnsweredMessage(Part):
    id: Token = ""
    message_status: Token = ""


class Answer(Part):
    """To a message that was accepted."""

    contacts: Many[AnsweredContact] = ()
    messages: Many[AnsweredMessage] = ()


class PlainContact(AnsweredContact):
    wa_id: Word = ""
    user_id: Word = ""
    parent_user_id: Word = ""


class PlainMessage(AnsweredMessage):
    id: Word = ""
    message_status: Word = ""


class PlainAnswer(Answer):
    """As Meta documents it, for `parse_plain_json`."""

    contacts: tuple[PlainContact, ...] = ()
    messages: tuple[PlainMessage, ...] = ()


class TroubleData(Part):
    details: Text = ""


class Trouble(Part):
    """The code decides; title, message and details are for people, and error_subcode is being removed."""

    code: CodeNumber = None
    title: Text = ""
    message: Text = ""
    error_data: Inner[TroubleData] = TroubleData()

    @property
    def words(self) -> str:
        """The most exact sentence that it has."""
        return self.error_data.details or self.message or self.title


class ErrorAnswer(Part):
    error: Inner[Trouble] = Trouble()


# ── templates ───────────────────────────────────────────────────────────────────────────────────────────────────────


class QualityScore(Part):
    score: Token = ""


class TemplateButton(Part):
    type: Token = ""
    text: Text = ""
    url: Text = ""
    phone_number: Token = ""


class Component(Part):
    """format: of a HEADER. buttons: of BUTTONS."""

    type: Token = ""
    format: Token = ""
    text: Text = ""
    buttons: Many[TemplateButton] = ()


class TemplateResource(Part):
    id: Token = ""
    name: Token = ""
    language: Token = ""
    status: Token = ""
    category: Token = ""
    rejected_reason: Token = ""
    quality_score: Inner[QualityScore] = QualityScore()
    components: Many[Component] = ()


class Cursors(Part):
    after: Token = ""


class Paging(Part):
    """next: the URL of the next page, absent in the last."""

    cursors: Inner[Cursors] = Cursors()
    next: Token = ""


class TemplateList(Part):
    """data: None where the body is no list at all: an empty one would mean that every template is gone."""

    data: Annotated[tuple[TemplateResource, ...] | None, BeforeValidator(read_mappings_if_any)] = None
    paging: Inner[Paging] = Paging()


# ── numbers, subscriptions, files ───────────────────────────────────────────────────────────────────────────────────


class Throughput(Part):
    level: Token = ""


class NumberResource(Part):
    id: Token = ""
    display_phone_number: Token = ""
    verified_name: Text = ""
    status: Token = ""
    quality_rating: Token = ""
    platform_type: Token = ""
    name_status: Token = ""
    throughput: Inner[Throughput] = Throughput()
    whatsapp_business_manager_messaging_limit: Token = ""


class MediaResource(Part):
    url: Token = ""


class Subscriptions(Part):
    data: Objects = ()
