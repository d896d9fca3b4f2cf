"""Capabilities: content that a provider's wire can carry, and the configuration that it needs. Values only.

`free` and `shared.templates.filling` refuse a message by them before anything is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Feature(StrEnum):
    """Content that a wire may or may not carry. Each value completes the sentence "cannot carry …"."""

    TEXT = "free text"
    MEDIA = "files"
    QUICK_REPLIES = "quick replies"
    LISTS = "lists of choices"
    REPLY_TO = "answers to one message"
    NAMED_PARAMETERS = "templates with named placeholders"
    HEADERS = "template headers with placeholders"
    BUTTONS = "template buttons with parameters"
    LOCATIONS = "template headers with a location"


@dataclass(frozen=True, slots=True)
class Limits:
    """Characters (text, caption, titles, description) and counts (quick_replies, list_rows) beyond which the provider
    refuses. Source: each provider's own pages.
    """

    text: int
    caption: int = 1_024
    quick_replies: int = 3
    title: int = 20
    list_rows: int = 10
    row_title: int = 24
    row_description: int = 72


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Content that a provider's wire can carry, and configuration that its senders need.

    required_credentials: names that `credentials` must hold.  optional_credentials: names that it may hold.
    default_urls: bases used unless the sender's configuration moves them.
    webhook_status: the HTTP status that the provider expects; the body of our answer is empty.
    receipts_have_ids: whether a success without the message's id is in doubt; otherwise the id comes by webhook.
    takes_user_ids: whether a contact without a number may be named by its WhatsApp user id.
    templates_have_ids: whether a template is asked for by the provider's id of it, since its name may be another's, too.
    shares_webhooks: whether one URL receives events of numbers that are not ours; such an event is ignored.
    account_credentials: names of credentials; senders that share a value of one belong to one account, so that a webhook
    of one may be about the other.  Without any, all senders of a tenant do.
    names_answered: whether a contact's message names the message of ours that it answers.
    """

    required_credentials: tuple[str, ...]
    optional_credentials: tuple[str, ...]
    default_urls: Mapping[str, str]
    webhook_status: int = 200
    receipts_have_ids: bool = True
    takes_user_ids: bool = False
    templates_have_ids: bool = False
    shares_webhooks: bool = False
    account_credentials: tuple[str, ...] = ()
    names_answered: bool = False
    features: frozenset[Feature] = frozenset()
    limits: Limits = Limits(text=4_096)
